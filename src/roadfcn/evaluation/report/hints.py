"""What to fix first, in plain words, where the numbers support it.

Each rule looks at one thing, has a limit below which it is silent, and says the numbers that it
speaks from. The limits are choices, not theory: they are set so that a well-trained model of a
common data set draws two to four hints.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from roadfcn.evaluation.details import Details
from roadfcn.evaluation.drives import Drawn
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.report.numbers import counted, percent, points, rough
from roadfcn.evaluation.report.road_hints import Hint, road_hints
from roadfcn.label_sets import drivable_class
from roadfcn.metrics.calibration_error import ReliabilityDiagram
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.metrics.intervals import FEWEST
from roadfcn.metrics.trimap import RADII_PX

_OF_MISTAKES, _OF_CLASS = 0.08, 0.05  # what a confusion is worth speaking of
_CONFUSIONS = 3
_RARE, _BEHIND = 0.02, 0.6  # of all pixels; of the mean IoU
_NEAR_PX, _AT_EDGES, _IN_AREAS = 5, 0.6, 0.25
_MISCALIBRATED = 0.03
_FEW = 30
_COARSE = ("32s", "16s")


def find_hints(rows: PerImageCounts, details: Details, drawn: Drawn, head: str = "") -> list[Hint]:
    """Give what the numbers say should be looked at, the weightiest first.

    Args:
        rows: The counts of each picture.
        details: The further counts of the same pictures.
        drawn: What intervals are drawn from.
        head: Of the network, "32s", "16s" or "8s"; "" if it has none of these.
    """
    matrix = rows.pooled_confusion()
    road = drivable_class(rows.label_set)
    found = list(road_hints(rows, road, drawn)) if road is not None else []
    if len(rows.label_set) > 2:
        found += [*_confusions(matrix), *_rare_classes(matrix)]
    found += [*_edges(rows, details, matrix, head), *_confidence(details), *_few_pictures(drawn)]
    return found


def _confusions(matrix: ConfusionMatrix) -> Iterator[Hint]:
    """Name the pairs of classes that most mistakes are made between."""
    wrong = matrix.counts.copy()
    np.fill_diagonal(wrong, 0)
    everything = wrong.sum()
    for flat in np.argsort(-wrong, axis=None, kind="stable")[:_CONFUSIONS]:
        true, called = (int(index) for index in np.unravel_index(flat, wrong.shape))
        pixels, of_class = int(wrong[true, called]), int(matrix.pixels[true])
        if not pixels or pixels < _OF_MISTAKES * everything or pixels < _OF_CLASS * of_class:
            continue
        truth, label = matrix.label_set.classes[true], matrix.label_set.classes[called]
        yield Hint(
            f"{truth} is taken for {label}",
            f"{rough(pixels / of_class)} % of the pixels of {truth} are called {label}. That is "
            f"{rough(pixels / everything)} % of all mistakes: look at the pictures where it "
            "happens, and whether the truth draws the line between the two in the same way "
            "everywhere.",
        )


def _rare_classes(matrix: ConfusionMatrix) -> Iterator[Hint]:
    shares = matrix.pixels / max(1, matrix.pixels.sum())
    weak = [
        index
        for index in np.argsort(matrix.iou)
        if 0 < shares[index] < _RARE and matrix.iou[index] < _BEHIND * matrix.mean_iou
    ]
    if weak:
        named = ", ".join(
            f"{matrix.label_set.classes[index]} ({percent(matrix.iou[index])} %)" for index in weak
        )
        yield Hint(
            "rare classes are weak",
            f"Far below the mean IoU of {percent(matrix.mean_iou)} % are classes that together "
            f"make up {rough(float(shares[weak].sum()))} % of the pixels: {named}. More pictures "
            "of them, or weights (loss.class_weights in a recipe), let them count for more.",
        )


def _edges(
    rows: PerImageCounts, details: Details, matrix: ConfusionMatrix, head: str
) -> Iterator[Hint]:
    """Say whether mistakes sit at outlines or are whole areas."""
    band = details.trimaps.sum(axis=0)[RADII_PX.index(_NEAR_PX)]
    mistakes = int(matrix.counts.sum() - np.trace(matrix.counts))
    known = int(matrix.counts.sum())
    if not mistakes:
        return
    near, wide = (int(band.sum()) - int(np.trace(band))) / mistakes, int(band.sum()) / known
    told = (
        f"{rough(near)} % of the wrong pixels lie within {_NEAR_PX} px of a true outline, where "
        f"{rough(wide)} % of all pixels are"
    )
    if near >= _AT_EDGES:
        yield Hint(
            "mistakes sit at edges",
            f"{told}. What is there is mostly found; its outline is not sharp. "
            "Pictures that are scaled down less help more than longer training"
            + (f", and so does a finer head than {head}." if head in _COARSE else "."),
        )
    elif near <= _IN_AREAS:
        yield Hint(
            "whole areas are wrong",
            f"{told}. So the trouble is not the outlines: the worst pictures below show which "
            "areas are misread. More, and more varied, pictures of such places help.",
        )


def _confidence(details: Details) -> Iterator[Hint]:
    diagram = ReliabilityDiagram(details.reliability.sum(axis=0))
    error, surplus = diagram.expected_error, diagram.overconfidence
    if error >= _MISCALIBRATED:
        kind = "too sure of itself" if surplus > 0 else "less sure than it might be"
        yield Hint(
            f"the model is {kind}",
            f"Its probabilities are off by {percent(error)} % on average "
            f"({points(surplus)} points of confidence against accuracy). Whoever reads them as "
            "probabilities should correct them first; labels do not change by that.",
        )


def _few_pictures(drawn: Drawn) -> Iterator[Hint]:
    if drawn.single_drive:
        yield Hint(
            "all pictures are of one drive",
            "Intervals and averages speak of this drive alone: how the model does on another road "
            "they cannot say.",
        )
    elif drawn.count < _FEW:
        noun = drawn.unit.removesuffix("s")
        yield Hint(
            f"the scores rest on {counted(drawn.count, noun)}",
            f"{_so_few(drawn)}, and single pictures weigh much. Compare models with care.",
        )


def _so_few(drawn: Drawn) -> str:
    if drawn.count < FEWEST:
        return f"Intervals take {FEWEST}, so there are none"
    return "From so few, intervals come out too narrow"
