"""Which engine runs a model: the one asked for, or the fastest that is worth its conversion.

A model of ours (`.safetensors`) is run by PyTorch as it is, and by the other engines once it has
been converted, which takes about as long as some dozens of pictures. `auto` weighs this:

- On a GPU it is PyTorch, not compiled: that is taken only where it is asked for.
- A converted model that is in the cache is taken, and PyTorch is not even loaded.
- For `WORTH_CONVERTING` pictures and frames or more, or a camera, the model is converted; large
  pictures count as several (`expected_work`).
- Else it is PyTorch.

Which engine is the fastest is not measured each time. On processors it is OpenVINO, which computes
in bfloat16 or float32 faster than the others (`benchmarks/inference.py` measures it), then PyTorch
in bfloat16 where that is fast, then ONNX Runtime, which computes in float32 only. On the processor
`auto` takes bfloat16 only of what has passed the parity gate in it: of OpenVINO a converted model,
whose card says so, and of PyTorch what `torch_in_bfloat16` has compared.
"""

from __future__ import annotations

import logging
import platform
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from roadfcn.backends.converted_network import missing_engine
from roadfcn.backends.device_check import check_device
from roadfcn.backends.export_facts import compared_in, export_facts
from roadfcn.backends.opening import open_backend
from roadfcn.backends.protocol import Backend
from roadfcn.errors import ConfigError, LabelSetError, ModelFileError, RoadfcnError
from roadfcn.machine import has_nvidia_driver, read_processor
from roadfcn.model_files import model_kind
from roadfcn.prediction.engines.converted_models import (
    PACKAGES,
    ConvertedModel,
    OtherEngine,
    converted_model,
)
from roadfcn.prediction.engines.torch_in_bfloat16 import answers_alike
from roadfcn.weights.shipped_models import find_model

WORTH_CONVERTING = 50
"""Pictures from which on `auto` converts. `slim` of KITTI's size has paid for it after some 45."""

_CONVERT = ("torch", "onnx")
"""What a conversion needs besides the engine."""

_OF_PYTORCH = ("torch", "torch-compiled")

_log = logging.getLogger(__name__)
_Say = Callable[[str], None]


def open_model(
    path: str | Path,
    *,
    engine: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    pictures: int | None = 1,
    say: _Say | None = None,
) -> Backend:
    """Open a model with an engine, converting it first if that is asked for or worth it.

    Args:
        path: See `backends.opening.open_backend`.
        engine: "auto", "torch", "torch-compiled", "onnx" or "openvino".
        device: "auto", "cpu", "cuda", ...
        precision: "auto", "float32" or "bfloat16". Who names it gets it, whatever the gate found.
        pictures: How many are going to be predicted, as `expected_work` counts them; None if that
            is not known, as of a camera.
        say: Called with a line for the user before what takes long.

    Raises:
        ModelFileError: No usable model, or the engine asked for is not installed.
        LabelSetError: The label set in the model's card is unusable.
        ConfigError: No such engine, device or precision.
        ExportError: Converted for the engine that was asked for, the model answers otherwise.
        OutputError: The engine was asked for, and the cache cannot be written.
    """
    path = find_model(path)
    say = say or _log.info
    many = pictures is None or pictures >= WORTH_CONVERTING
    if engine not in ("auto", *PACKAGES) or model_kind(path) != "safetensors":
        return _open_as_it_is(path, engine, device, precision, many, say)
    for other in PACKAGES:
        if engine == other:
            _check_precision(other, precision)
            check_device(other, device)
            return _open_converted(converted_model(path, other), device, precision, say)
    for candidate in _candidates(device, precision):
        if candidate == "torch":
            if answers_alike(path, may_compare=many, say=say):
                return open_backend(path, device="cpu", precision="bfloat16", engine="torch")
            continue
        model = converted_model(path, candidate)
        backend = _try_converted(model, device, precision, many, say)
        if backend is not None:
            return backend
    if precision == "auto" and _on_processor(device):
        precision = "float32"
    return open_backend(path, device=device, precision=precision, engine="torch")


def _open_as_it_is(
    path: Path, engine: str, device: str, precision: str, may_compare: bool, say: _Say
) -> Backend:
    """Open a model with the engine that its file is for, or an engine of PyTorch's."""
    if engine in _OF_PYTORCH and precision == "auto" and _on_processor(device):
        fast = model_kind(path) == "safetensors" and read_processor().has_bfloat16
        alike = fast and answers_alike(path, may_compare=may_compare, say=say)
        precision = "bfloat16" if alike else "float32"
    opened = open_backend(path, device=device, precision=precision, engine=engine)
    if engine == "torch-compiled":
        say("the network is compiled for each size of pictures, which takes half a minute")
    return opened


def _candidates(device: str, precision: str) -> list[OtherEngine | Literal["torch"]]:
    """List what is here and faster than PyTorch in float32 on the device, the fastest first.

    "torch" is PyTorch in bfloat16.
    """
    if not _on_processor(device):
        return []
    engines: list[OtherEngine | Literal["torch"]] = []
    if precision in ("auto", "float32", "bfloat16"):
        engines.append("openvino")
    if precision == "auto" and read_processor().has_bfloat16:
        engines.append("torch")
    if precision in ("auto", "float32"):
        engines.append("onnx")
    return [one for one in engines if _is_here("torch" if one == "torch" else PACKAGES[one])]


def _on_processor(device: str) -> bool:
    return device == "cpu" or (device == "auto" and not _has_gpu())


def _has_gpu() -> bool:
    """Tell whether PyTorch finds a GPU; it is loaded only where there may be one."""
    is_apple_silicon = sys.platform == "darwin" and platform.machine() == "arm64"
    if not (is_apple_silicon or has_nvidia_driver()) or not _is_here("torch"):
        return False
    # A driver is there where PyTorch has no CUDA, or a container was not given the GPU.
    try:
        from roadfcn.backends.torch_device import choose_device
    except (ImportError, OSError):  # it is told where a model is opened
        return False
    return choose_device("auto").type != "cpu"


def _check_precision(engine: OtherEngine, wanted: str) -> None:
    """Refuse, before anything is converted, what an engine does not compute in.

    Raises:
        ConfigError: It does not.
    """
    allowed = ("auto", "float32") if engine == "onnx" else ("auto", "float32", "bfloat16")
    if wanted not in allowed:
        raise ConfigError(
            f"precision '{wanted}' with engine '{engine}'",
            allowed=", ".join(allowed),
            do="use one of these, or another engine",
        )


def _try_converted(
    model: ConvertedModel, device: str, precision: str, may_convert: bool, say: _Say
) -> Backend | None:
    """Open a converted model that is there, or worth to be made; None if it is neither.

    What stands in the way of it is no reason to give up: PyTorch is still there.
    """
    if not model.is_here:
        if not may_convert or not all(map(_is_here, _CONVERT)):
            return None
        if model.refusal is not None:
            _log.warning("%s is not run by %s: %s", model.source, model.engine, model.refusal)
            return None
    try:
        return _open_converted(model, device, precision, say)
    except RoadfcnError as problem:
        _log.warning("%s is not run by %s: %s", model.source, model.engine, problem.found)
        return None


def _open_converted(model: ConvertedModel, device: str, precision: str, say: _Say) -> Backend:
    """Open a converted model, which is made if it is not there, or anew if it is of no use.

    Raises:
        RoadfcnError: See `open_model`.
    """
    if not _is_here(PACKAGES[model.engine]):
        raise missing_engine(model.engine, model.engine, model.source)
    state = model.state
    if state is not None:
        try:
            return _open(model, device, precision)
        except (ModelFileError, LabelSetError) as problem:
            _log.warning("converted anew, as it was damaged: %s", problem.found)
    if not _is_here("torch"):
        raise ModelFileError(
            f"{model.source} has not been converted for {model.engine} yet, which needs PyTorch",
            allowed="a converted model, or an installation with PyTorch",
            do="convert it where PyTorch is, by roadfcn export, and give the .onnx or .xml file",
        )
    say(
        f"converting {model.source.name} for {model.engine}, once, which takes as long as some "
        f"dozens of pictures; it is kept in {model.folder}"
    )
    model.convert(unusable=state)
    backend = _open(model, device, precision)
    if precision == "auto" and (reason := _reason(backend)):
        say(f"it is run in float32, as in bfloat16 {reason}")
    return backend


def _open(model: ConvertedModel, device: str, precision: str) -> Backend:
    model.mark_used()
    backend = open_backend(model.path, device=device, precision=precision, engine=model.engine)
    model.check(backend.card)
    if precision == "bfloat16" and precision not in compared_in(backend.card):
        _log.warning("%s in bfloat16: %s", model.source, _reason(backend) or "not compared here")
    return backend


def _reason(backend: Backend) -> str:
    """Say what speaks against a converted model in bfloat16; "" if nothing, or it was not tried."""
    found = export_facts(backend.card).get("bfloat16")
    reasons = found.get("reasons") if isinstance(found, dict) else None
    return str(reasons[0]) if isinstance(reasons, list) and reasons else ""


def _is_here(package: str) -> bool:
    """Tell whether a package is installed, without loading it."""
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):  # something stands in its place
        return False
