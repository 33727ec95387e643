"""The engine that runs OpenVINO models, float or quantised to 8 bits."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Literal

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
from roadfcn.backends.export_facts import compared_in
from roadfcn.backends.openvino_core import openvino_core
from roadfcn.backends.protocol import Running
from roadfcn.converted_files.openvino_header import check_weights, inspect_openvino
from roadfcn.errors import ConfigError
from roadfcn.machine import usable_threads
from roadfcn.model_card import ModelCard

TITLE = "OpenVINO"

_PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
"""What OpenVINO calls them. Layers that are quantised stay so in both."""


class OpenVinoBackend:
    """An OpenVINO model, ready to run; see `protocol.Backend`.

    Calls from several threads wait for each other: one picture takes all of the processor.

    Args:
        path: The `.xml` file, its `.bin` beside it; input and output are those of
            `converted_network`.
        card: What travels with the weights.
        device: "auto" and "cpu" are the processor; others by OpenVINO's names, such as "gpu".
        precision: "auto" is what OpenVINO takes by itself: on processors that are fast at it
            bfloat16, but only if the card says that the model was compared so, else float32.
        threads: Of the processor; None for all that this process may use.
        hint: "latency" computes one picture with all threads, "throughput" prefers several at
            once. One after another, as `logits` is called, the first is faster.

    Raises:
        ConfigError: No such device or precision.
        ModelFileError: OpenVINO is missing or cannot read the model, its weights are others, or
            the network is another than its card says.
    """

    def __init__(
        self,
        path: Path,
        card: ModelCard,
        *,
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
        hint: Literal["latency", "throughput"] = "latency",
    ) -> None:
        try:
            core = openvino_core()
        except (ImportError, OSError) as problem:  # OSError: a shared library that does not fit
            raise missing_engine(TITLE, "openvino", path, problem) from problem
        self.card = card
        self.path = Path(path)
        check_weights(inspect_openvino(self.path))
        name = _device(device, core.available_devices)
        if precision == "auto" and name == "CPU" and usual_precision() not in compared_in(card):
            precision = "float32"
        settings = {"PERFORMANCE_HINT": hint.upper(), **_precision(precision)}
        if name == "CPU":
            settings["INFERENCE_NUM_THREADS"] = str(threads or usable_threads())
        try:
            network = core.read_model(self.path)
            check_ports(
                *(self.path, _ports(network.inputs), _ports(network.outputs)), len(card.label_set)
            )
            compiled = core.compile_model(network, name, settings)
            self._request = compiled.create_infer_request()
            computed = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        except RuntimeError as problem:
            raise cannot_load(TITLE, self.path, problem) from problem
        self.running = Running("openvino", name.lower(), _by_our_name(computed))
        self._one_at_a_time = threading.Lock()

    def logits(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score every pixel: N,3,H,W float32 to N,C,H,W float32.

        Raises:
            ModelFileError: The engine fails, for lack of memory or for a fault in the file.
        """
        with self._one_at_a_time:
            try:
                self._request.infer({INPUT: batch}, share_inputs=True)
                # The request's own memory is written again by the next picture.
                scores = np.array(self._request.get_tensor(OUTPUT).data, np.float32)
            except RuntimeError as problem:
                raise cannot_run(TITLE, self.path, batch.shape, problem) from problem
        return checked_scores(self.path, scores, batch.shape, len(self.card.label_set))


def list_openvino_devices() -> list[str]:
    """Name the devices that OpenVINO finds.

    Raises:
        ImportError: It is not installed.
        OSError: One of its shared libraries does not fit.
    """
    return [name.lower() for name in openvino_core().available_devices]


def check_openvino_device(wanted: str) -> None:
    """Refuse a device that OpenVINO does not find.

    Raises:
        ConfigError: It does not.
        ImportError: It is not installed.
        OSError: One of its shared libraries does not fit.
    """
    _device(wanted, openvino_core().available_devices)


def usual_precision() -> str:
    """Say what OpenVINO computes in on this processor if nobody tells it: "bfloat16" if it is fast.

    Raises:
        ImportError: It is not installed.
        OSError: One of its shared libraries does not fit.
    """
    hint = openvino_core().get_property("CPU", "INFERENCE_PRECISION_HINT")
    return _by_our_name(hint.to_string())


def _by_our_name(precision: str) -> str:
    """Turn OpenVINO's name of a precision into ours, where we have one."""
    return {theirs: ours for ours, theirs in _PRECISIONS.items()}.get(precision, precision)


def _device(wanted: str, here: list[str]) -> str:
    """Turn a device's name into OpenVINO's, such as "GPU.1".

    Raises:
        ConfigError: OpenVINO finds no such device.
    """
    name = "CPU" if wanted == "auto" else wanted.upper().replace(":", ".")
    if name in here or f"{name}.0" in here:
        return name
    raise ConfigError(
        f"{TITLE} finds no device '{wanted}' here",
        allowed=", ".join(["auto", *(found.lower() for found in here)]),
        do="use one of these, or install the driver of your device",
    )


def _precision(wanted: str) -> dict[str, str]:
    """Give the setting for a precision; without one OpenVINO takes what is fast.

    Raises:
        ConfigError: No such precision.
    """
    if wanted == "auto":
        return {}
    if wanted not in _PRECISIONS:
        raise ConfigError(
            f"precision '{wanted}'",
            allowed=", ".join(["auto", *_PRECISIONS]),
            do="use one of these; for 8 bits export the model so: roadfcn export --int8",
        )
    return {"INFERENCE_PRECISION_HINT": _PRECISIONS[wanted]}


def _ports(declared: list[Any]) -> list[Port]:
    """Read OpenVINO's descriptions of inputs or outputs, whose sizes may be ranges."""
    return [
        Port(
            min(port.get_names(), default="an unnamed one"),
            port.element_type.to_dtype().name,
            tuple(
                size.get_length() if size.is_static else None for size in port.get_partial_shape()
            ),
        )
        for port in declared
    ]
