"""The parity gate: a converted model answers as the one it came from, or there is no conversion.

The same pictures go through both engines at three sizes, none of which fits the network's stride,
because that is where padding and cropping go wrong. Three figures are taken at each size: the
largest difference of two scores, the share of equal labels, and the IoU that is lost, against
the first engine's labels and against truth where there is one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from roadfcn.backends.protocol import Backend
from roadfcn.errors import ExportError, ModelFileError
from roadfcn.export.bounds import Bounds
from roadfcn.export.figures import Parity, SizeFigures
from roadfcn.export.pictures import Picture, PictureSet, awkward_size
from roadfcn.export.yardstick import Yardstick

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


def check_parity(
    reference: Backend,
    candidate: Backend,
    pictures: PictureSet,
    bounds: Bounds,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Parity:
    """Compare two engines, and insist on the bounds.

    Args:
        reference: The model as it was, in float32.
        candidate: The converted one.
        pictures: At least one.
        bounds: See `bounds.BOUNDS`.
        progress: Called with (pictures compared, pictures in all), a picture once for each size.

    Raises:
        ParityError: A figure is out of bounds; the message names all of them.
        ModelFileError: The reference's scores are not finite, or an engine fails.
    """
    parity = measure_parity(reference, candidate, pictures, progress=progress)
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
    return parity


def measure_parity(
    reference: Backend,
    candidate: Backend,
    pictures: PictureSet,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Parity:
    """Compare two engines on pictures at three sizes; arguments as in `check_parity`.

    Raises:
        ModelFileError: The reference's scores are not finite, or an engine fails.
    """
    yardstick = Yardstick(reference.card.label_set)
    sizes: list[SizeFigures] = []
    total = len(SCALES) * len(pictures.pictures)
    for scale in SCALES:
        count = _Count(yardstick)
        for picture in pictures.pictures:
            count.add(reference, candidate, _at_scale(reference, picture, scale))
            if progress is not None:
                progress(len(sizes) * len(pictures.pictures) + count.pictures, total)
        sizes.append(count.figures())
    return Parity(yardstick.name, pictures.name, len(pictures.pictures), tuple(sizes))


class _Count:
    """Adds up what two engines say about pictures of one size."""

    def __init__(self, yardstick: Yardstick) -> None:
        self.pictures = 0
        self._yardstick = yardstick
        self._first = (0, 0)
        self._pixels = self._equal = 0
        self._logit = self._difference = 0.0
        self._to_reference = yardstick.matrix()
        self._to_truth = {"reference": yardstick.matrix(), "candidate": yardstick.matrix()}
        self._has_truth = False

    def add(self, reference: Backend, candidate: Backend, picture: Picture) -> None:
        batch = reference.card.input_format.normalise(picture.image)[None]
        before, after = reference.logits(batch)[0], candidate.logits(batch)[0]
        if not np.isfinite(before).all():
            raise ModelFileError(
                "the model gives scores that are not finite",
                allowed="finite numbers",
                do="train the model again with a lower learning rate",
            )
        self._first = self._first if self.pictures else picture.image.shape[:2]
        self.pictures += 1
        self._pixels += before[0].size
        self._logit = max(self._logit, float(np.abs(before).max()))
        apart = float(np.abs(after - before).max())
        self._difference = max(self._difference, apart if np.isfinite(apart) else np.inf)
        labels = {"reference": before, "candidate": after}
        self._count_labels(
            {name: self._yardstick.labels(logits) for name, logits in labels.items()},
            picture.truth,
        )

    def _count_labels(
        self, labels: dict[str, NDArray[np.uint8]], truth: NDArray[np.uint8] | None
    ) -> None:
        self._equal += int((labels["reference"] == labels["candidate"]).sum())
        scored = {name: self._yardstick.scored(values) for name, values in labels.items()}
        self._to_reference.add(scored["reference"], scored["candidate"])
        if truth is not None:
            self._has_truth = True
            for name, values in scored.items():
                self._to_truth[name].add(truth, values)

    def figures(self) -> SizeFigures:
        iou = self._yardstick.iou
        against = {
            name: iou(matrix) if self._has_truth else None
            for name, matrix in self._to_truth.items()
        }
        height, width = self._first
        return SizeFigures(
            height,
            width,
            self._pixels,
            self._logit,
            self._difference,
            self._equal / self._pixels,
            1 - iou(self._to_reference),
            against["reference"],
            against["candidate"],
        )


def _at_scale(backend: Backend, picture: Picture, scale: float) -> Picture:
    seen = backend.card.input_format.input_size(*picture.image.shape[:2])
    return picture.at(*awkward_size(*seen, scale))
