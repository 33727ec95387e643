"""Which engine runs a model: the one asked for, or the fastest that is worth its conversion.

A model of ours (`.safetensors`) is run by PyTorch as it is, and by the other engines once it has
been converted, which takes about as long as some dozens of pictures. `auto` weighs this:

- On a GPU it is PyTorch.
- A converted model that is in the cache is taken, and PyTorch is not even loaded.
- For `WORTH_CONVERTING` pictures and frames or more, or a camera, the model is converted.
- Else it is PyTorch.

Which engine is the fastest is not measured each time, so that the same call gives the same
labels. On processors it is OpenVINO, which computes in bfloat16 or float32 faster than the others
(`benchmarks/inference.py` measures it), then ONNX Runtime. ONNX Runtime computes in float32 only:
where bfloat16 is fast, PyTorch comes before it.
"""

from __future__ import annotations

import logging
import platform
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from roadfcn.backends.converted_network import missing_engine
from roadfcn.backends.opening import open_backend
from roadfcn.backends.protocol import Backend
from roadfcn.errors import ConfigError, ModelFileError, RoadfcnError
from roadfcn.machine import has_nvidia_driver, read_processor
from roadfcn.model_files import model_kind
from roadfcn.prediction.converted_models import ConvertedModel, OtherEngine, converted_model
from roadfcn.weights.shipped_models import find_model

WORTH_CONVERTING = 50
"""Pictures from which on `auto` converts. `slim` of KITTI's size has paid for it after some 25."""

_RUNS: dict[OtherEngine, str] = {"openvino": "openvino", "onnx": "onnxruntime"}
"""The package that runs a converted model, the fastest engine first."""

_CONVERT = ("torch", "onnx")
"""What a conversion needs besides."""

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
        engine: "auto", "torch", "onnx" or "openvino".
        device: "auto", "cpu", "cuda", ...
        precision: "auto", "float32" or "bfloat16".
        pictures: How many are going to be predicted; None if that is not known, as of a camera.
        say: Called with a line for the user before what takes long.

    Raises:
        ModelFileError: No usable model, or the engine asked for is not installed.
        LabelSetError: The label set in the model's card is unusable.
        ConfigError: No such engine, device or precision.
        ExportError: Converted for the engine that was asked for, the model answers otherwise.
        OutputError: The engine was asked for, and the cache cannot be written.
    """
    path = find_model(path)
    if engine not in ("auto", *_RUNS) or model_kind(path) != "safetensors":
        return open_backend(path, device=device, precision=precision, engine=engine)
    say = say or _log.info
    for candidate in _RUNS:
        if engine == candidate:
            computed = _precision(candidate, device, precision)
            return _open_converted(converted_model(path, candidate, computed), device, say)
    many = pictures is None or pictures >= WORTH_CONVERTING
    for candidate in _faster_than_torch(device, precision):
        computed = _precision(candidate, device, precision)
        model = converted_model(path, candidate, computed)
        backend = _try_converted(model, device, many, say)
        if backend is not None:
            return backend
    return open_backend(path, device=device, precision=precision, engine="torch")


def _faster_than_torch(device: str, precision: str) -> list[OtherEngine]:
    """List the engines that are here and beat PyTorch on the device, the fastest first."""
    on_processor = device == "cpu" or (device == "auto" and not _may_have_gpu())
    if not on_processor or precision not in ("auto", "float32", "bfloat16"):
        return []
    in_float32 = _precision("openvino", device, precision) == "float32"
    engines: tuple[OtherEngine, ...] = ("openvino", "onnx") if in_float32 else ("openvino",)
    return [engine for engine in engines if _is_here(_RUNS[engine])]


def _may_have_gpu() -> bool:
    """Tell whether PyTorch may find a GPU, without loading it."""
    is_apple_silicon = sys.platform == "darwin" and platform.machine() == "arm64"
    return is_apple_silicon or has_nvidia_driver()


def _precision(engine: OtherEngine, device: str, wanted: str) -> str:
    """Give what an engine computes in: "float32" or "bfloat16".

    Raises:
        ConfigError: It does not compute in that.
    """
    allowed = ("auto", "float32") if engine == "onnx" else ("auto", "float32", "bfloat16")
    if wanted not in allowed:
        raise ConfigError(
            f"precision '{wanted}' with engine '{engine}'",
            allowed=", ".join(allowed),
            do="use one of these, or another engine",
        )
    if wanted != "auto":
        return wanted
    is_processor = device in ("auto", "cpu")
    fast = engine == "openvino" and is_processor and read_processor().has_bfloat16
    return "bfloat16" if fast else "float32"


def _try_converted(
    model: ConvertedModel, device: str, may_convert: bool, say: _Say
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
        return _open_converted(model, device, say)
    except RoadfcnError as problem:
        _log.warning("%s is not run by %s: %s", model.source, model.engine, problem.found)
        return None


def _open_converted(model: ConvertedModel, device: str, say: _Say) -> Backend:
    """Open a converted model, which is made if it is not there, or anew if it is damaged.

    Raises:
        RoadfcnError: See `open_model`.
    """
    if not _is_here(_RUNS[model.engine]):
        raise missing_engine(model.engine, model.engine, model.source)
    if model.is_here:
        try:
            return _open(model, device)
        except ModelFileError as problem:
            _log.warning("converted anew, as it was damaged: %s", problem.found)
            model.discard()
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
    model.convert()
    return _open(model, device)


def _open(model: ConvertedModel, device: str) -> Backend:
    model.mark_used()
    return open_backend(model.path, device=device, precision=model.precision, engine=model.engine)


def _is_here(package: str) -> bool:
    """Tell whether a package is installed, without loading it."""
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):  # something stands in its place
        return False
