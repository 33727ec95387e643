"""The engine that runs ONNX files with ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.backends.converted_network import (
    INPUT,
    OUTPUT,
    Port,
    cannot_load,
    cannot_run,
    check_ports,
    checked_scores,
    missing_engine,
)
from roadfcn.backends.protocol import Running
from roadfcn.errors import ConfigError
from roadfcn.machine import usable_threads
from roadfcn.model_card import ModelCard

TITLE = "ONNX Runtime"

PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "cpu": "CPUExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}
"""Devices, and the parts of ONNX Runtime that compute on them. All but cpu are untested."""

_BY_ITSELF = ("cuda", "cpu")
"""What `auto` means, the first that is there; the others are taken when they are named."""

_NUMBERED = ("cuda", "tensorrt")
"""Devices of which a machine may have several."""


class OnnxBackend:
    """An ONNX file, ready to run; see `protocol.Backend`.

    Args:
        path: The file; its input and output are those of `converted_network`.
        card: What travels with the weights.
        device: "auto", "cpu", "cuda", "cuda:1", or another of `PROVIDERS`.
        precision: "auto" or "float32"; ONNX Runtime computes in what the file holds.
        threads: Of the processor; None for all that this process may use.

    Raises:
        ConfigError: No such device or precision, or its libraries do not load.
        ModelFileError: ONNX Runtime is missing or cannot read the file, or the network is
            another than its card says.
    """

    def __init__(
        self,
        path: Path,
        card: ModelCard,
        *,
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
    ) -> None:
        try:
            import onnxruntime
        except (ImportError, OSError) as problem:  # OSError: a shared library that does not fit
            raise missing_engine(TITLE, "onnx", path, problem) from problem
        if precision not in ("auto", "float32"):
            raise ConfigError(
                f"precision '{precision}' with {TITLE}",
                allowed="auto, float32: it computes in what the file holds",
                do="leave the precision out, or take another engine: --engine torch or openvino",
            )
        self.card = card
        self.path = Path(path)
        providers = _providers(device, onnxruntime.get_available_providers())
        options = onnxruntime.SessionOptions()
        # By itself it takes a thread for each core of the machine, in a container of two as well.
        options.intra_op_num_threads = threads or usable_threads()
        options.log_severity_level = 4  # what goes wrong comes as an exception
        try:
            self._session = onnxruntime.InferenceSession(
                self.path, options, providers=providers, enable_fallback=0
            )
        except Exception as problem:  # its errors have no other parent
            raise cannot_load(TITLE, self.path, problem) from problem
        first = _taken(device, self._session.get_providers())
        names = {provider: name for name, provider in PROVIDERS.items()}
        self.running = Running("onnx", names.get(first, first), "float32")
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        check_ports(self.path, _ports(inputs), _ports(outputs), len(card.label_set))

    def logits(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score every pixel: N,3,H,W float32 to N,C,H,W float32.

        Raises:
            ModelFileError: The engine fails, for lack of memory or for a fault in the file.
        """
        try:
            scores: NDArray[np.float32] = self._session.run([OUTPUT], {INPUT: batch})[0]
        except Exception as problem:  # its errors have no other parent
            raise cannot_run(TITLE, self.path, batch.shape, problem) from problem
        return checked_scores(self.path, scores, batch.shape, len(self.card.label_set))


def list_onnx_devices() -> list[str]:
    """Name the devices of the installed build of ONNX Runtime.

    Raises:
        ImportError: It is not installed.
        OSError: One of its shared libraries does not fit.
    """
    import onnxruntime

    here = onnxruntime.get_available_providers()
    return [name for name, provider in PROVIDERS.items() if provider in here]


def _providers(device: str, here: list[str]) -> list[str | tuple[str, dict[str, Any]]]:
    """Turn a device's name into an order of providers; the processor comes last.

    Raises:
        ConfigError: There is no such device in this build of ONNX Runtime.
    """
    names = [name for name, provider in PROVIDERS.items() if provider in here]
    kind, colon, index = device.partition(":")
    if device == "auto":
        kind = next(name for name in _BY_ITSELF if name in names)
    if kind not in names or (colon and not (index.isdecimal() and kind in _NUMBERED)):
        raise ConfigError(
            f"{TITLE} has no device '{device}' here",
            allowed=", ".join(["auto", *names]),
            do="use one of these, or install a build of onnxruntime for your device",
        )
    if kind == "cpu":
        return [PROVIDERS["cpu"]]
    return [(PROVIDERS[kind], {"device_id": index} if index else {}), PROVIDERS["cpu"]]


def _taken(device: str, providers: list[str]) -> str:
    """Give the provider that computes.

    ONNX Runtime leaves out a provider whose libraries do not load, and says so in its log alone.

    Args:
        device: As it was asked for.
        providers: Of the session, the first one computes.

    Raises:
        ConfigError: A device was named, and another one computes.
    """
    kind, first = device.partition(":")[0], providers[0]
    if device != "auto" and first != PROVIDERS[kind]:
        names = {provider: name for name, provider in PROVIDERS.items()}
        raise ConfigError(
            f"{TITLE} cannot use the device '{device}': it would compute on "
            f"{names.get(first, first)}",
            allowed="a device whose driver and libraries load",
            do=f"install what {PROVIDERS[kind]} needs in the versions that this build of "
            "onnxruntime names, or take --device auto",
        )
    return first


def _ports(declared: list[Any]) -> list[Port]:
    """Read ONNX Runtime's descriptions: names, and None, in a shape stand for any size."""
    return [
        Port(
            port.name,
            {"tensor(float)": "float32"}.get(port.type, port.type[len("tensor(") : -1]),
            tuple(size if isinstance(size, int) else None for size in port.shape),
        )
        for port in declared
    ]
