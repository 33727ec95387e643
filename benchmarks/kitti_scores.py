"""How fast road is scored, against the direct numpy form of the benchmark's formulas.

    python benchmarks/kitti_scores.py [--pictures 12] [--runs 3]

Generated probability maps of 375 x 1242 pixels, all of them pooled, decoding left out. The direct
form is the tests' second implementation: 256 thresholds in turn, with boolean masks. Both run one
after the other on the same arrays and must give the same scores; processor time of one thread,
the fastest run of each.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from roadfcn.evaluation.road_counting import count_from_above, count_in_picture
from roadfcn.kitti.birds_eye import to_birds_eye
from roadfcn.kitti.calibration import Calibration, read_calibration
from roadfcn.kitti.scores import RoadCounts, road_scores
from roadfcn.label_sets import VOID

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "kitti" / "golden"))
from direct_scores import direct_counts, direct_scores
from golden_frame import calibration_text, golden_frame

_SIZE = (375, 1242)
_Frame = tuple[np.ndarray, np.ndarray]  # quantised probability and mask


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=12)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    frames = [_frame(seed) for seed in range(options.pictures)]
    calibration = _calibration()
    view = to_birds_eye(calibration, _SIZE)
    above = [(view.apply(values), view.apply(mask, outside=VOID)) for values, mask in frames]
    ways: dict[str, tuple[Callable[[], tuple[float, ...]], Callable[[], tuple[float, ...]]]] = {
        "in the picture": (lambda: _ours(frames), lambda: _direct(frames)),
        # The direct form is spared the warp; ours makes a new one for each frame.
        "from above": (lambda: _ours_from_above(frames, calibration), lambda: _direct(above)),
    }
    for name, pair in ways.items():
        best = [float("inf")] * 2
        scores: list[tuple[float, ...]] = [(), ()]
        for _ in range(options.runs):
            for which, score in enumerate(pair):
                start = time.process_time()
                scores[which] = score()
                best[which] = min(best[which], time.process_time() - start)
        assert scores[0] == scores[1], scores
        ours, direct = (1000 * seconds / options.pictures for seconds in best)
        print(
            f"{name:15s} {ours:6.2f} ms a picture; direct form {direct:7.1f} ms; "
            f"{direct / ours:.0f} times as fast; MaxF {scores[0][0]:.6f} by both"
        )


def _frame(seed: int) -> _Frame:
    """Give a map and truth like the golden frame's, but for noise."""
    values, road, valid = golden_frame()
    noise = np.random.default_rng(seed).integers(-40, 41, values.shape)
    mask = np.where(valid, road, VOID).astype(np.uint8)
    return (values + noise).clip(0, 255).astype(np.uint8), mask


def _calibration() -> Calibration:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "um_000000.txt"
        path.write_text(calibration_text(), encoding="utf-8")
        return read_calibration(path)


def _ours(frames: list[_Frame]) -> tuple[float, ...]:
    rows = [count_in_picture(values, mask, 1) for values, mask in frames]
    return _told(np.sum(rows, axis=0))


def _ours_from_above(frames: list[_Frame], calibration: Calibration) -> tuple[float, ...]:
    rows = [
        count_from_above(values, mask, 1, to_birds_eye(calibration, _SIZE))
        for values, mask in frames
    ]
    return _told(np.sum(rows, axis=(0, 1)))


def _told(counts: np.ndarray) -> tuple[float, ...]:
    scores = road_scores(RoadCounts(*counts))
    return scores.max_f, scores.average_precision, scores.threshold


def _direct(frames: list[_Frame]) -> tuple[float, ...]:
    misses, alarms = np.zeros(256, np.int64), np.zeros(256, np.int64)
    positives = negatives = 0
    for values, mask in frames:
        found = direct_counts(values, mask == 1, mask != VOID)
        misses += found[0]
        alarms += found[1]
        positives += int((mask == 1).sum())
        negatives += int((mask == 0).sum())
    scores: tuple[float, ...] = direct_scores(
        misses.tolist(), alarms.tolist(), positives, negatives
    )
    return scores


if __name__ == "__main__":
    main()
