"""A picture in, its labels out: the one path from uint8 RGB to classes.

Every command that runs a model goes through here, so that scores, pictures and served answers
come from the same arithmetic. This module knows nothing of files, nor which engine does the work.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.backends.protocol import Backend
from roadfcn.errors import ModelFileError
from roadfcn.label_sets import LabelSet
from roadfcn.label_translation import translate
from roadfcn.prediction.views import PLAIN, Views


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says about one picture, at the picture's own size.

    Args:
        labels: H,W uint8 class indices, the most probable class of each pixel.
        probabilities: C,H,W float32 in 0..1; they sum to 1 over the classes.
        label_set: What the indices mean.
    """

    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    label_set: LabelSet

    def probability(self, class_name: str) -> NDArray[np.float32]:
        """Give the probability of one class: H,W float32.

        Raises:
            LabelSetError: There is no such class.
        """
        result: NDArray[np.float32] = self.probabilities[self.label_set.index(class_name)]
        return result


class Predictor:
    """Runs a model on pictures of any size.

    Args:
        backend: The model, see `backends.opening.open_backend`.
        label_set: Classes to answer in, coarser than or equal to the model's own: probabilities
            of the classes that fold together are added before the decision. None: the model's.
        views: Mirrored and at which scales each picture is looked at; see `views`.

    Raises:
        LabelSetError: The model's classes do not translate to `label_set`.
    """

    def __init__(
        self, backend: Backend, label_set: LabelSet | None = None, *, views: Views = PLAIN
    ) -> None:
        own = backend.card.label_set
        self.backend = backend
        self.views = views
        self.label_set = own if label_set is None else label_set
        self._translation = (
            None if self.label_set.classes == own.classes else translate(own, self.label_set)
        )

    def in_classes_of(self, label_set: LabelSet) -> Predictor:
        """Give a predictor of the same model that answers in another, coarser label set.

        Raises:
            LabelSetError: The model's classes do not translate to `label_set`.
        """
        return Predictor(self.backend, label_set, views=self.views)

    def predict(self, image: NDArray[np.uint8]) -> Prediction:
        """Label every pixel of H,W,3 uint8 RGB.

        If the model wants a fixed size, the picture is resized to it and the scores (before
        softmax) are brought back bilinearly. The probabilities of several views are averaged,
        and labels are the likeliest classes of that average; one view is in memory at a time.

        Raises:
            ModelFileError: The model's scores are not finite.
        """
        first, *others = self.views
        probabilities = self._probabilities(image, *first)
        for view in others:
            # No name for what is added: it would be kept while the next is computed.
            probabilities += self._probabilities(image, *view)
        if others:
            probabilities /= 1 + len(others)
        if self._translation is not None:
            probabilities = self._translation.sum_probabilities(probabilities)
        labels = probabilities.argmax(axis=0).astype(np.uint8)
        return Prediction(labels, probabilities, self.label_set)

    def _probabilities(
        self, image: NDArray[np.uint8], scale: float, mirrored: bool
    ) -> NDArray[np.float32]:
        """Give the model's own probabilities for one view: C,H,W float32 at the picture's size."""
        if mirrored:
            # OpenCV wants pixels in their order.
            turned = np.ascontiguousarray(image[:, ::-1])
            return self._probabilities(turned, scale, False)[..., ::-1]
        input_format = self.backend.card.input_format
        batch = input_format.normalise(input_format.resize(image, scale))[None]
        logits = self.backend.logits(batch)[0]
        if not np.isfinite(logits).all():
            raise ModelFileError(
                "the model gives scores that are not finite",
                allowed="finite numbers",
                do="train the model again with a lower learning rate, or run it in float32",
            )
        return softmax(_resize(logits, image.shape[:2]))


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn C,H,W scores into probabilities over the first axis."""
    exponentials: NDArray[np.float32] = np.exp(logits - logits.max(axis=0))
    exponentials /= exponentials.sum(axis=0)
    return exponentials


def _resize(logits: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    if logits.shape[1:] == size:
        return logits
    height, width = size
    return np.stack(
        [cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) for plane in logits]
    )
