"""A model with its preprocessing inside, behind the protocol of all engines: for the parity gate.

It takes 8-bit pictures, and the gate, as everyone here, hands over normalised ones. Normalising
is undone exactly: 256 values of a channel stay 256 different numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.backends.converted_network import (
    INPUT,
    OUTPUT,
    cannot_load,
    cannot_run,
    checked_scores,
)
from roadfcn.backends.onnx_engine import TITLE as ONNX_RUNTIME
from roadfcn.backends.openvino_core import openvino_core
from roadfcn.backends.openvino_engine import TITLE as OPENVINO
from roadfcn.backends.protocol import Running
from roadfcn.input_format import InputFormat
from roadfcn.machine import usable_threads
from roadfcn.model_card import ModelCard

Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""N,H,W,3 uint8 RGB to N,C,H,W float32 logits."""


class EightBitBackend:
    """See `protocol.Backend`.

    Args:
        path: The model, an `.onnx` or an OpenVINO `.xml` file.
        card: What travels with the weights.
        precision: What OpenVINO computes in, "float32" or "bfloat16".

    Raises:
        ModelFileError: The engine cannot read the file.
    """

    def __init__(self, path: Path, card: ModelCard, precision: str = "float32") -> None:
        self.card = card
        is_onnx = path.suffix == ".onnx"
        self.running = Running("onnx" if is_onnx else "openvino", "cpu", precision)
        self._path, self._title = path, ONNX_RUNTIME if is_onnx else OPENVINO
        try:
            self._run = _onnx(path) if is_onnx else _openvino(path, precision)
        except Exception as problem:  # engines' errors have no other parent
            raise cannot_load(self._title, path, problem) from problem

    def logits(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score every pixel: N,3,H,W float32 to N,C,H,W float32.

        Raises:
            ModelFileError: The engine fails.
        """
        try:
            scores = self._run(denormalise(batch, self.card.input_format))
        except Exception as problem:  # as above
            raise cannot_run(self._title, self._path, batch.shape, problem) from problem
        return checked_scores(self._path, scores, batch.shape, len(self.card.label_set))


def denormalise(batch: NDArray[np.float32], input_format: InputFormat) -> NDArray[np.uint8]:
    """Give back the pictures that `InputFormat.normalise` made a batch of: N,H,W,3 uint8 RGB."""
    weight, bias = (values.astype(np.float64) for values in input_format.affine())
    values = (batch.transpose(0, 2, 3, 1) - bias) / weight
    if input_format.channel_order == "bgr":
        values = values[..., ::-1]
    return np.ascontiguousarray(np.rint(values).clip(0, 255).astype(np.uint8))


def _onnx(path: Path) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = usable_threads()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(session.run([OUTPUT], {INPUT: images})[0], np.float32)

    return run


def _openvino(path: Path, precision: str) -> Run:
    hint = "bf16" if precision == "bfloat16" else "f32"
    settings: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": hint,
        "INFERENCE_NUM_THREADS": usable_threads(),
    }
    compiled = openvino_core().compile_model(path, "CPU", settings)

    def run(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.array(compiled({INPUT: images})[OUTPUT], np.float32)

    return run
