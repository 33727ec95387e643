"""What an engine must offer so that the rest of the package can run any saved model.

Everything above this line speaks numpy: whether PyTorch or another engine does the arithmetic is
decided once, when a model is opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from roadfcn.model_card import ModelCard


@dataclass(frozen=True)
class Running:
    """On what a model runs.

    Args:
        engine: "torch", "torch-compiled", "onnx" or "openvino".
        device: By the engine's own name, in lower case: "cpu", "cuda:0", ...
        precision: What it computes in, "float32", "bfloat16", ...; layers that are quantised to 8
            bits apart.
    """

    engine: str
    device: str
    precision: str


class Backend(Protocol):
    """A model that is ready to run.

    Its `card` says what it wants to be fed (`card.input_format`) and what the channels of its
    output mean (`card.label_set`).
    """

    @property
    def card(self) -> ModelCard:
        """The card that came with the weights."""
        ...

    @property
    def running(self) -> Running:
        """Engine, device and precision, as they turned out to be."""
        ...

    def logits(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score every pixel.

        Args:
            batch: N,3,H,W float32 normalised pictures, see `InputFormat.normalise`.

        Returns:
            N,C,H,W float32 scores before softmax, of the same height and width.
        """
        ...
