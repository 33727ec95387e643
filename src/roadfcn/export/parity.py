"""The parity gate: a converted model answers as the one it came from, or there is no conversion.

The same pictures go through both engines at three sizes, none of which fits the network's stride,
because that is where padding and cropping go wrong. Figures taken at each size: the largest
difference of two scores, the share of equal labels, and the IoU that is lost, against the first
engine's labels and against truth where there is one; of a model that knows more than road, the
mean IoU over its classes too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from roadfcn.backends.protocol import Backend
from roadfcn.errors import ExportError, ModelFileError
from roadfcn.export.bounds import Bounds
from roadfcn.export.figures import MeanIou, Parity, SizeFigures
from roadfcn.export.pictures import Picture, PictureSet, awkward_size
from roadfcn.export.yardstick import Yardstick
from roadfcn.metrics.confusion_matrix import ConfusionMatrix

SCALES = (1.0, 0.75, 0.5)
"""Of the size in which the model sees a picture."""


class ParityError(ExportError):
    """A model that answers otherwise than the one it came from, and the figures that say so.

    Args:
        found: See `RoadfcnError`.
        allowed: The same.
        do: The same.
        parity: All figures.
        failures: Which of them are out of bounds, in words.
    """

    def __init__(
        self, found: str, *, allowed: str, do: str, parity: Parity, failures: Sequence[str]
    ) -> None:
        super().__init__(found, allowed=allowed, do=do)
        self.parity, self.failures = parity, list(failures)

    def __reduce__(self) -> tuple[object, ...]:
        rebuild = functools.partial(
            ParityError,
            self.found,
            allowed=self.allowed,
            do=self.do,
            parity=self.parity,
            failures=self.failures,
        )
        return (rebuild, ())


def measure_parity(
    reference: Backend,
    candidate: Backend,
    pictures: PictureSet,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Parity:
    """Compare two engines on pictures at three sizes; arguments as in `measure_all`.

    Raises:
        ModelFileError: The reference's scores are not finite, or an engine fails.
    """
    return measure_all(reference, [candidate], pictures, progress=progress)[0]


def measure_all(
    reference: Backend,
    candidates: Sequence[Backend],
    pictures: PictureSet,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Parity]:
    """Compare engines with one on pictures at three sizes.

    Args:
        reference: The model as it was, in float32; its scores are computed once.
        candidates: What is compared with it.
        pictures: At least one.
        progress: Called with (pictures compared, pictures in all), a picture once for each size.

    Raises:
        ModelFileError: The reference's scores are not finite, or an engine fails.
    """
    yardstick = Yardstick(reference.card.label_set)
    sizes: list[list[SizeFigures]] = [[] for _ in candidates]
    count, done = len(pictures.pictures), 0
    for scale in SCALES:
        counts = [_Count(yardstick) for _ in candidates]
        for picture in pictures.pictures:
            scaled = _at_scale(reference, picture, scale)
            batch = reference.card.input_format.normalise(scaled.image)[None]
            before = _finite(reference.logits(batch)[0])
            for counted, candidate in zip(counts, candidates, strict=True):
                counted.add(before, candidate.logits(batch)[0], scaled)
            done += 1
            if progress is not None:
                progress(done, len(SCALES) * count)
        for figures, counted in zip(sizes, counts, strict=True):
            figures.append(counted.figures())
    return [
        Parity(yardstick.name, pictures.name, count, tuple(figures), yardstick.sought)
        for figures in sizes
    ]


def insist(parity: Parity, bounds: Bounds) -> None:
    """Let pass what is within the bounds.

    Raises:
        ParityError: A figure is out of bounds; the message names all of them.
    """
    failures = parity.failures(bounds)
    if failures:
        raise ParityError(
            f"the converted model does not answer as the one it came from: {'; '.join(failures)}",
            allowed="the bounds named above, on "
            f"{parity.count} picture{'s' * (parity.count != 1)} ({parity.pictures})",
            do="export in a higher precision: f32 before f16, f16 before int8; int8 also loses "
            "less if --calibrate names pictures like yours",
            parity=parity,
            failures=failures,
        )


def _finite(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the reference's scores.

    Raises:
        ModelFileError: They are not finite.
    """
    if not np.isfinite(logits).all():
        raise ModelFileError(
            "the model gives scores that are not finite",
            allowed="finite numbers",
            do="train the model again with a lower learning rate",
        )
    return logits


class _Count:
    """Adds up what two engines say about pictures of one size."""

    def __init__(self, yardstick: Yardstick) -> None:
        self.pictures = 0
        self._yardstick = yardstick
        self._first = (0, 0)
        self._pixels = self._equal = 0
        self._logit = self._difference = 0.0
        self._found = False
        self._iou = _Iou(yardstick.matrix, yardstick.iou)
        self._mean = _Iou(yardstick.class_matrix, yardstick.mean_iou)

    def add(
        self, before: NDArray[np.float32], after: NDArray[np.float32], picture: Picture
    ) -> None:
        self._first = self._first if self.pictures else picture.image.shape[:2]
        self.pictures += 1
        self._pixels += before[0].size
        self._logit = max(self._logit, float(np.abs(before).max()))
        apart = float(np.abs(after - before).max())
        self._difference = max(self._difference, apart if np.isfinite(apart) else np.inf)
        self._count_labels(self._yardstick.labels(before), self._yardstick.labels(after), picture)

    def _count_labels(
        self, before: NDArray[np.uint8], after: NDArray[np.uint8], picture: Picture
    ) -> None:
        scored = self._yardstick.scored
        self._equal += int((before == after).sum())
        self._found = self._found or self._yardstick.is_found(before)
        self._iou.add(scored(before), scored(after), picture.truth)
        if self._yardstick.has_classes:
            self._mean.add(before, after, picture.classes)

    def figures(self) -> SizeFigures:
        height, width = self._first
        return SizeFigures(
            height,
            width,
            self._pixels,
            self._logit,
            self._difference,
            self._equal / self._pixels,
            *self._iou.figures(),
            self._found,
            MeanIou(*self._mean.figures()) if self._yardstick.has_classes else None,
        )


class _Iou:
    """Adds up labels of two engines for one kind of IoU, against each other and against truth."""

    def __init__(
        self, matrix: Callable[[], ConfusionMatrix], iou: Callable[[ConfusionMatrix], float]
    ) -> None:
        self._each_other, self._before, self._after = matrix(), matrix(), matrix()
        self._iou = iou
        self._has_truth = False

    def add(
        self,
        before: NDArray[np.uint8],
        after: NDArray[np.uint8],
        truth: NDArray[np.uint8] | None,
    ) -> None:
        self._each_other.add(before, after)
        if truth is not None:
            self._has_truth = True
            self._before.add(truth, before)
            self._after.add(truth, after)

    def figures(self) -> tuple[float, float | None, float | None]:
        """Give what is lost, and the IoU against truth before and after."""
        lost = 1 - self._iou(self._each_other)
        if not self._has_truth:
            return lost, None, None
        return lost, self._iou(self._before), self._iou(self._after)


def _at_scale(backend: Backend, picture: Picture, scale: float) -> Picture:
    seen = backend.card.input_format.input_size(*picture.image.shape[:2])
    return picture.at(*awkward_size(*seen, scale))
