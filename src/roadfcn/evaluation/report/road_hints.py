"""What to fix first about road: its amount, its threshold, far road, single categories."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadfcn.evaluation.drives import Drawn
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.picture_table import f1_at
from roadfcn.evaluation.report.numbers import percent, rough
from roadfcn.kitti.distances import BANDS
from roadfcn.kitti.scores import RoadCounts, road_scores
from roadfcn.metrics.intervals import difference

_FAR_FROM_HALF, _GAIN = 0.1, 0.005  # of a threshold; in F
_AMOUNT = 0.05
_BAND, _CHANCE = 0.02, 0.05
_HALF = 128 / 255  # the first threshold at which road is the likelier of two


@dataclass(frozen=True)
class Hint:
    """One thing to look at.

    Args:
        title: A few words.
        text: What the numbers are, and what may help.
    """

    title: str
    text: str


def road_hints(rows: PerImageCounts, road: str, drawn: Drawn) -> Iterator[Hint]:
    """Give what the numbers say about road.

    Args:
        rows: The counts of each picture.
        road: The class that is road.
        drawn: What intervals are drawn from.
    """
    if rows.road is None or rows.road_by_distance is None:
        return
    counts = RoadCounts(*rows.road.sum(axis=0))
    if not counts.positives:
        return
    yield from _amount(rows, road)
    yield from _threshold(counts, road)
    seen = rows.calibrated
    if seen.any():
        yield from _distance(rows.road_by_distance[seen], drawn.of(np.flatnonzero(seen).tolist()))


def _amount(rows: PerImageCounts, road: str) -> Iterator[Hint]:
    """Say whether too much or too little is labelled road."""
    index = rows.label_set.index(road)
    matrix = rows.confusion.sum(axis=0)
    true, called = int(matrix[index].sum()), int(matrix[:, index].sum())
    missed, wrong = true - int(matrix[index, index]), called - int(matrix[index, index])
    if abs(called - true) < _AMOUNT * true:
        return
    much = called > true
    yield Hint(
        f"too {'much' if much else 'little'} is called {road}",
        f"{rough(called / true)} % as many pixels are labelled {road} as are {road}: "
        f"{rough(missed / true)} % of it is missed, and {rough(wrong / max(1, called))} % of "
        f"what is called {road} is none. "
        + (
            "Pavement, parking bays and verges are the usual suspects."
            if much
            else "Shadows, markings and the far end of the road are the usual suspects."
        ),
    )


def _threshold(counts: RoadCounts, road: str) -> Iterator[Hint]:
    """Say whether another threshold than one half would be worth it."""
    scores = road_scores(counts)
    plain = f1_at(counts, _HALF)
    gain = scores.max_f - plain
    if abs(scores.threshold - 0.5) < _FAR_FROM_HALF or math.isnan(plain) or gain < _GAIN:
        return
    low = scores.threshold < 0.5
    yield Hint(
        f"{road} is {'under' if low else 'over'}estimated",
        f"F is highest if pixels are called {road} from a probability of {scores.threshold:.3f} "
        f"on: {percent(scores.max_f)} %, against {percent(plain)} % at one half. The model ranks "
        f"pixels better than it labels them: predict with such a threshold (--threshold), found on "
        f"other pictures than these, or train it with {road} weighing "
        f"{'more' if low else 'less'}.",
    )


def _distance(bands: NDArray[np.int64], groups: tuple[str, ...] | None) -> Iterator[Hint]:
    """Name the band that is worst, if it is so beyond chance."""
    pooled = bands.sum(axis=0)
    scores = np.array([_max_f(counts) for counts in pooled])
    if np.isnan(scores).all():
        return
    worst, best = int(np.nanargmin(scores)), int(np.nanargmax(scores))
    if scores[best] - scores[worst] < _BAND:
        return
    found = difference(bands[:, best], bands[:, worst], _max_f, groups=groups)
    if not found.p_value < _CHANCE:
        return
    far = worst == len(BANDS) - 1
    yield Hint(
        f"{'far road' if far else 'road'} is weakest at {BANDS[worst]}",
        f"From above, MaxF is {percent(float(scores[worst]))} % there and "
        f"{percent(float(scores[best]))} % at {BANDS[best]}. "
        + (
            "Far road is a few rows of the picture: a larger input size is the first thing to try."
            if far
            else "That is not the far end, where one expects it: look at what lies there."
        ),
    )


def _max_f(counts: NDArray[np.int64]) -> float:
    return road_scores(RoadCounts(*counts)).max_f
