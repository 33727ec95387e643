"""What an engine must offer so that the rest of the package can run any saved model.

Everything above this line speaks numpy: whether PyTorch or another engine does the arithmetic is
decided once, when a model is opened.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from roadfcn.model_card import ModelCard


class Backend(Protocol):
    """A model that is ready to run.

    Its `card` says what it wants to be fed (`card.input_format`) and what the channels of its
    output mean (`card.label_set`).
    """

    @property
    def card(self) -> ModelCard:
        """The card that came with the weights."""
        ...

    def logits(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score every pixel.

        Args:
            batch: N,3,H,W float32 normalised pictures, see `InputFormat.normalise`.

        Returns:
            N,C,H,W float32 scores before softmax, of the same height and width.
        """
        ...
