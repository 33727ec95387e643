"""A picture in, its labels out: the one path from uint8 RGB to classes.

Every command that runs a model goes through here, so that scores, pictures and served answers
come from the same arithmetic. This module knows nothing of files, nor which engine does the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, groupby

import numpy as np
from numpy.typing import NDArray

from roadfcn.backends.protocol import Backend
from roadfcn.errors import ImageFileError
from roadfcn.input_format import quantise_probability
from roadfcn.label_sets import LabelSet
from roadfcn.label_translation import translate
from roadfcn.machine import read_memory
from roadfcn.prediction.network.decision import Decision
from roadfcn.prediction.network.scores import ViewScores
from roadfcn.prediction.network.tiling import Tiling, check_tiling
from roadfcn.prediction.network.views import PLAIN, Views, check_views
from roadfcn.prediction.sources.pictures import check_image

_ALWAYS_FITS = 2**30  # bytes


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says about one picture, at the picture's own size.

    Args:
        labels: H,W uint8 class indices, as the predictor's `Decision` chooses them.
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


@dataclass(frozen=True, eq=False)
class LabelMap:
    """What is kept of a picture of any size: a byte a pixel, or two.

    Args:
        labels: H,W uint8 class indices, as the predictor's `Decision` chooses them.
        probability: H,W uint8, 255 times the probability of the class that was asked for,
            rounded; None if none was.
        label_set: What the indices mean.
    """

    labels: NDArray[np.uint8]
    probability: NDArray[np.uint8] | None
    label_set: LabelSet


class Predictor:
    """Runs a model on pictures of any size.

    Args:
        backend: The model, see `backends.opening.open_backend`.
        label_set: Classes to answer in, coarser than or equal to the model's own: probabilities
            of the classes that fold together are added before the decision. None: the model's.
        views: Mirrored and at which scales each picture is looked at; see `views`.
        tiling: Whether, and how, large pictures are cut into windows; see `tiling`.
        threshold: From which probability on a pixel is labelled road; None: where road is the
            likeliest class. See `decision`.

    Attributes:
        windows: Called with (done, total) after each window of a picture that `label` cuts into
            some; None, as it is at first: nobody is.

    Raises:
        LabelSetError: The model's classes do not translate to `label_set`.
        ConfigError: `views` or `tiling` is of another type, or the threshold out of range or for
            classes without road.
    """

    def __init__(
        self,
        backend: Backend,
        label_set: LabelSet | None = None,
        *,
        views: Views = PLAIN,
        tiling: Tiling | None = None,
        threshold: float | None = None,
    ) -> None:
        check_views(views)
        check_tiling(tiling)
        own = backend.card.label_set
        self.backend = backend
        self.views = views
        self.windows: Callable[[int, int], None] | None = None
        self.tiling = Tiling() if tiling is None else tiling
        self._scores = ViewScores(backend, self.tiling)
        self.label_set = own if label_set is None else label_set
        self.decision = Decision(self.label_set, threshold)
        self._translation = (
            None if self.label_set.classes == own.classes else translate(own, self.label_set)
        )

    def in_classes_of(self, label_set: LabelSet) -> Predictor:
        """Give a predictor of the same model that answers in another, coarser label set.

        Raises:
            LabelSetError: The model's classes do not translate to `label_set`.
            ConfigError: There is a threshold, and no road among the classes.
        """
        return Predictor(
            self.backend,
            label_set,
            views=self.views,
            tiling=self.tiling,
            threshold=self.decision.threshold,
        )

    def predict(self, image: NDArray[np.uint8]) -> Prediction:
        """Label every pixel of H,W,3 uint8 RGB, and keep the probabilities of all classes.

        If the model wants another size, the picture is resized to it and the scores (before
        softmax) are brought back bilinearly. The probabilities of several views are averaged,
        and labels are chosen by that average; one view is in memory at a time.

        Raises:
            ImageFileError: It is no such picture, or there is no memory for the probabilities.
            ModelFileError: The model's scores are not finite.
        """
        return self.predict_batch([image])[0]

    def predict_batch(self, images: Sequence[NDArray[np.uint8]]) -> list[Prediction]:
        """Label several pictures; the answers are those of `predict`.

        Neighbours of equal size go through the network together, which some devices do faster;
        so give as many as there is memory for. Pictures that are cut into windows go alone.

        Raises:
            ImageFileError: See `predict`.
            ModelFileError: See `predict`.
        """
        for image in images:
            check_image(image)
            self._check_memory(image.shape[0], image.shape[1])
        return [
            prediction
            for _, group in groupby(images, key=lambda image: image.shape)
            for prediction in self._predict_equal(list(group))
        ]

    def label(self, image: NDArray[np.uint8], probability_of: str | None = None) -> LabelMap:
        """Label every pixel of H,W,3 uint8 RGB, and keep a byte for each.

        For large pictures: what `predict` would answer, written down a few rows at a time. With
        several views, scores of each are in memory together: as many as a row of windows has.

        Args:
            image: The picture.
            probability_of: A class whose probability is kept too, as a byte.

        Raises:
            ImageFileError: It is no such picture.
            LabelSetError: There is no such class.
            ModelFileError: The model's scores are not finite.
        """
        check_image(image)
        height, width = image.shape[:2]
        index = None if probability_of is None else self.label_set.index(probability_of)
        labels = np.empty((height, width), np.uint8)
        probability = None if index is None else np.empty((height, width), np.uint8)
        ran = self._counted((height, width))
        streams = [next(self._scores.streams([image], *view, ran)) for view in self.views]
        top = 0
        for first, *others in zip(*streams, strict=True):
            for other in others:
                first += other
            probabilities = self._in_own_classes(first)
            rows = slice(top, top + probabilities.shape[1])
            labels[rows] = self.decision.labels(probabilities)
            if probability is not None and index is not None:
                probability[rows] = quantise_probability(probabilities[index])
            top = rows.stop
        return LabelMap(labels, probability, self.label_set)

    def _counted(self, size: tuple[int, int]) -> Callable[[], None] | None:
        """Give what is to be called after each window of all views, if somebody listens."""
        told = self.windows
        if told is None:
            return None
        total = sum(self._scores.count_windows(size, scale) for scale, _ in self.views)
        numbers = count(1)
        return lambda: told(next(numbers), total)

    def _predict_equal(self, images: list[NDArray[np.uint8]]) -> Iterator[Prediction]:
        shape = (len(self.backend.card.label_set), *images[0].shape[:2])
        sums = [np.empty(shape, np.float32) for _ in images]
        for number, view in enumerate(self.views):
            for total, stream in zip(sums, self._scores.streams(images, *view), strict=True):
                top = 0
                for block in stream:
                    rows = slice(top, top + block.shape[1])
                    if number == 0:
                        total[:, rows] = block
                    else:
                        total[:, rows] += block
                    top = rows.stop
        for total in sums:
            probabilities = self._in_own_classes(total)
            yield Prediction(self.decision.labels(probabilities), probabilities, self.label_set)

    def _in_own_classes(self, total: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn the sum over all views into the answer's probabilities; `total` is changed."""
        if len(self.views) > 1:
            total /= len(self.views)
        return total if self._translation is None else self._translation.sum_probabilities(total)

    def _check_memory(self, height: int, width: int) -> None:
        """Refuse a picture whose probabilities there is no memory for, before the work."""
        needed = 4 * len(self.backend.card.label_set) * height * width
        if needed > _ALWAYS_FITS and needed > read_memory().available:
            raise ImageFileError(
                f"the probabilities of all classes of a picture of {height} x {width} pixels take "
                f"{needed / 1e9:.1f} GB, and there is less memory than that",
                allowed="pictures whose probabilities fit into memory",
                do="ask for labels, and for one class's probability: Predictor.label",
            )
