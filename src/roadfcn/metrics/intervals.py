"""How far a score may be trusted: bootstrap intervals over pictures, and two models compared.

A data set is a sample of the roads that a model will meet. Had other pictures been taken, the
score would be another; by how much, the bootstrap estimates by drawing as many pictures from the
set again, with repetition, and scoring each such draw. Every score here is a function of counts
added over pictures, so a draw is a weighted sum of rows, and a thousand draws are one matrix
product; no picture is looked at twice.

Frames of one drive are alike, so they are no independent pictures: where the drive is known, give
it as the group, and whole drives are drawn. Intervals are then wider, and right.

Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. Its percentile
intervals are taken, not the corrected ones (BCa) of chapter 14: on scores like ours those hold the
truth in 0 to 3 cases of a hundred more (`benchmarks/interval_coverage.py`), and want a second kind
of draw, and rules of their own for ties and for few pictures.

Of very few pictures (or drives) the bootstrap knows no doubt: with two there are three different
draws, and where both say the same all three do. So below `FEWEST` there is no interval and no
p-value, and a p-value is never below what the signs of so many differences could prove.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from roadfcn.errors import DatasetError

Score = Callable[[NDArray[Any]], ArrayLike]
"""From counts added over pictures (of a row's shape; whole numbers stay int64) to a number or an
array of numbers."""

FEWEST = 6
"""So many pictures, or groups of them, must speak of a score. If n of them all favour one model,
the exact two-sided sign test has p = 2 ** (1 - n): 0.0625 with 5, 0.03125 with 6. With fewer than
6 nothing that can be seen would be beyond chance at 5 %."""

_BLOCK = 1 << 22  # numbers in one block of draws: 32 MB


@dataclass(frozen=True, eq=False)
class Interval:
    """A score with its interval; each field has the shape of what the score function gives.

    Args:
        estimate: The score over all pictures.
        low: Lower end; NaN where fewer than `FEWEST` pictures, or groups of them, have such a
            score by themselves: a class, for one, must be seen in as many.
        high: Upper end.
    """

    estimate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Difference(Interval):
    """The score of one model less that of another on the same pictures.

    Args:
        p_value: Two-sided; how easily pictures like these make such a difference by chance. NaN
            where there is no interval.
    """

    p_value: NDArray[np.float64]


def interval(
    rows: NDArray[np.number],
    score: Score,
    *,
    groups: Sequence[Hashable] | None = None,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """Give a score and its percentile interval.

    Args:
        rows: N,... counts of each picture.
        score: From added counts to a number or an array. Draws in which it is NaN (none of the
            drawn pictures shows the class) are left out.
        groups: Of each picture, such as its drive; None: each picture is its own.
        level: The share of such intervals that hold the true score, 0..1.
        resamples: How many draws.
        seed: The same seed gives the same draws, for any score and model.

    Raises:
        DatasetError: There is not one group for each picture.
    """
    estimate, drawn, _ = _scores(rows, score, groups, resamples, seed)
    return Interval(estimate, *_ends(drawn, level))


def difference(
    rows: NDArray[np.number],
    other_rows: NDArray[np.number],
    score: Score,
    *,
    groups: Sequence[Hashable] | None = None,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Difference:
    """Compare two models on the same pictures: the first one's score less the second one's.

    Both are scored on the same draws. What makes a draw hard is hard for both and cancels out, so
    this finds differences far smaller than the two intervals are wide.

    Args:
        rows: N,... counts of each picture with the first model.
        other_rows: N,... those with the second, in the same order.
        score: As in `interval`, and so are the rest.
        groups: See there.
        level: See there.
        resamples: See there. No p-value is below 2 / (resamples + 1), nor below 2 ** (1 - n) of
            the n pictures, or groups, that have such a score with both models.
        seed: See there.

    Raises:
        DatasetError: The numbers of pictures differ, or there is not one group for each.
    """
    if rows.shape != other_rows.shape:
        raise DatasetError(
            f"counts of shape {rows.shape} to be compared with counts of shape {other_rows.shape}",
            allowed="counts of the same pictures and classes",
            do="score both models on the same split",
        )
    estimate, drawn, units = _scores(rows, score, groups, resamples, seed)
    other_estimate, other_drawn, other_units = _scores(other_rows, score, groups, resamples, seed)
    drawn -= other_drawn  # NaN where either is
    least = 2.0 ** (1 - np.minimum(units, other_units))
    p_value = np.maximum(_p_value(drawn), least)
    return Difference(estimate - other_estimate, *_ends(drawn, level), p_value)


def _scores(
    rows: NDArray[np.number],
    score: Score,
    groups: Sequence[Hashable] | None,
    resamples: int,
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Score all pictures and every draw.

    Returns:
        The score, ... float64; that of each draw, R,..., NaN where too few groups have such a
        score, R being 0 with nothing to draw; and how many groups have it, see `_units`.
    """
    # Products of float64 matrices are fast, and exact for whole numbers below 2**53.
    kind = np.dtype(np.int64 if np.issubdtype(rows.dtype, np.integer) else np.float64)
    sums = _group_sums(rows, groups)
    flat = sums.reshape(len(sums), -1)
    estimate = _scored(sums.sum(axis=0), score, kind)
    enough = max(FEWEST, math.ceil(math.log2(resamples + 1)))  # from here draws bound p, not signs
    units = _units(sums, score, kind, np.isfinite(estimate), enough)
    scores = [
        _scored(total.reshape(sums.shape[1:]), score, kind)
        for weights in _draws(len(sums), flat.shape[1], resamples, seed)
        for total in weights @ flat
    ]
    drawn = np.stack(scores) if scores else np.empty((0, *estimate.shape))
    drawn[:, units < FEWEST] = np.nan
    return estimate, drawn, units


def _units(
    sums: NDArray[np.float64],
    score: Score,
    kind: np.dtype[Any],
    wanted: NDArray[np.bool_],
    enough: int,
) -> NDArray[np.float64]:
    """Count the groups that have a score by themselves, for each number of a score: ... float64.

    Only until all that are wanted have enough, which most have soon.
    """
    found = np.zeros(wanted.shape)
    if len(sums) < FEWEST:
        return found
    for of_group in sums:
        found += np.isfinite(_scored(of_group, score, kind))
        if (found[wanted] >= enough).all():
            break
    return found


def _group_sums(rows: NDArray[np.number], groups: Sequence[Hashable] | None) -> NDArray[np.float64]:
    """Add up the rows of each group: G,... float64, groups in the order of their first picture."""
    if groups is None:
        return rows.astype(np.float64)
    if len(groups) != len(rows):
        raise DatasetError(
            f"{len(groups)} groups for {len(rows)} pictures",
            allowed="one group for each picture",
            do="give the group of every picture, or none",
        )
    number = {group: index for index, group in enumerate(dict.fromkeys(groups))}
    sums = np.zeros((len(number), *rows.shape[1:]))
    np.add.at(sums, [number[group] for group in groups], rows)
    return sums


def _draws(
    groups: int, row_length: int, resamples: int, seed: int
) -> Iterator[NDArray[np.float64]]:
    """Give blocks of draws, r,G float64: how often each group is in each draw.

    The blocks bound the memory, whatever the number of pictures and classes; the numbers do not
    depend on them.
    """
    if groups < FEWEST:
        return
    random = np.random.default_rng(seed)
    block = max(1, _BLOCK // max(groups, row_length))
    for start in range(0, resamples, block):
        count = min(block, resamples - start)
        chosen = random.integers(groups, size=(count, groups))
        chosen += groups * np.arange(count)[:, None]
        weights = np.bincount(chosen.ravel(), minlength=count * groups)
        yield weights.reshape(count, groups).astype(np.float64)


def _scored(counts: NDArray[np.float64], score: Score, kind: np.dtype[Any]) -> NDArray[np.float64]:
    return np.asarray(score(counts.astype(kind)), np.float64)


def _ends(
    drawn: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the quantiles between which the middle share of the draws lies."""
    tail = (1 - level) / 2
    known = np.isfinite(drawn).any(axis=0) if len(drawn) else np.zeros(drawn.shape[1:], np.bool_)
    ends = np.full((2, *drawn.shape[1:]), np.nan)
    ends[:, known] = np.nanquantile(drawn[:, known], [tail, 1 - tail], axis=0)
    return ends[0, ...], ends[1, ...]


def _p_value(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give twice the smaller share of the draws in which a model is not ahead.

    So it is below 5 % about when the 95 % interval leaves out 0. One is added to both counts, as
    if the data had been one of the draws: a thousand of them cannot rule chance out (Davison and
    Hinkley, "Bootstrap Methods and their Application", 1997, section 4.2).
    """
    known = np.isfinite(drawn).sum(axis=0)
    behind = np.minimum((drawn <= 0).sum(axis=0), (drawn >= 0).sum(axis=0))
    return np.where(known > 0, np.minimum(1, 2 * (behind + 1) / (known + 1)), np.nan)
