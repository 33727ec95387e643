"""How often a 95 % interval holds the true score, on made-up pictures like those of roads.

    python benchmarks/interval_coverage.py

Each picture has a road of its own size, and shares of it missed and falsely called that are
log-normal: about 2 % on average, ten times that in some. The true road IoU is that of two million
pictures. The interval is the percentile one of `metrics.intervals`; beside it stands the
bias-corrected and accelerated one (BCa) of Efron and Tibshirani, 1993, chapter 14, from as many
draws. Then the same where pictures come in drives of ten, whose frames share most of their
difficulty, with and without telling so.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from roadfcn.metrics.intervals import interval

TRIALS, DRAWS = 1000, 1000
FRAMES = 10  # of a drive
Counts = NDArray[np.float64]


def pictures(
    random: np.random.Generator, drives: int, frames: int = 1, common: float = 0.0
) -> Counts:
    """Make pixels found, falsely called and missed: drives * frames, 3.

    Args:
        random: Where the numbers come from.
        drives: How many.
        frames: Of each drive, one after another.
        common: Share of the variance of the errors' logarithms that the drive decides.
    """

    def errors(mean: float, deviation: float) -> NDArray[np.float64]:
        of_drive = random.normal(0, np.sqrt(common), (drives, 1))
        own = random.normal(0, np.sqrt(1 - common), (drives, frames))
        return np.minimum(0.9, np.exp(mean + deviation * (of_drive + own))).ravel()

    road = random.uniform(60e3, 160e3, drives * frames)
    missed, false = road * errors(-4.6, 1.1), road * errors(-4.4, 1.2)
    return np.stack([road - missed, false, missed], axis=1)


def iou(counts: Counts) -> NDArray[np.float64]:
    """Give road IoU from ...,3 counts."""
    return np.asarray(counts[..., 0] / counts.sum(axis=-1))


def bca(rows: Counts, seed: int) -> tuple[float, float]:
    """Give the bias-corrected and accelerated interval."""
    chosen = np.random.default_rng(seed).integers(len(rows), size=(DRAWS, len(rows)))
    drawn, normal = iou(rows[chosen].sum(axis=1)), NormalDist()
    below = np.clip((drawn < iou(rows.sum(axis=0))).mean(), 1 / DRAWS, 1 - 1 / DRAWS)
    bias = normal.inv_cdf(float(below))
    without = iou(rows.sum(axis=0) - rows)
    pull = without.mean() - without
    acceleration = (pull**3).sum() / (6 * (pull**2).sum() ** 1.5)
    moved = [bias + normal.inv_cdf(share) for share in (0.025, 0.975)]
    shares = [normal.cdf(bias + end / (1 - acceleration * end)) for end in moved]
    low, high = np.quantile(drawn, shares)
    return float(low), float(high)


def main() -> None:
    """Measure and print."""
    random = np.random.default_rng(0)
    truth = float(iou(pictures(random, 2_000_000).sum(axis=0)))
    print(f"true road IoU {truth:.4f}; share of {TRIALS} intervals that hold it")
    for count in (10, 20, 58, 233):
        held = np.zeros(2)
        for trial in range(TRIALS):
            rows = pictures(random, count)
            plain = interval(rows, iou, seed=trial, resamples=DRAWS)
            low, high = bca(rows, trial)
            held += np.array([plain.low <= truth <= plain.high, low <= truth <= high])
        kinds = f"percentile {held[0] / TRIALS:.3f}  BCa {held[1] / TRIALS:.3f}"
        print(f"{count:4d} pictures              {kinds}")
    for drives in (6, 20):
        groups, held = np.repeat(np.arange(drives), FRAMES).tolist(), np.zeros(2)
        for trial in range(TRIALS):
            rows = pictures(random, drives, FRAMES, common=0.7)
            for index, known in enumerate((groups, None)):
                found = interval(rows, iou, groups=known, seed=trial, resamples=DRAWS)
                held[index] += found.low <= truth <= found.high
        print(
            f"{drives:4d} drives of {FRAMES:3d} frames   drives drawn {held[0] / TRIALS:.3f}  "
            f"frames drawn {held[1] / TRIALS:.3f}"
        )


if __name__ == "__main__":
    main()
