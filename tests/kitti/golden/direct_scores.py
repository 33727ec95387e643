"""The benchmark's scores as its formulas read: 256 thresholds in turn, with boolean masks.

The second implementation that tests compare with, and that `benchmarks/kitti_scores.py` is faster
than. It shares no code with the package.
"""

import numpy as np


def direct_counts(quantised, road, valid):
    """Count at every threshold in turn, in probabilities, as the benchmark defines it."""
    probability = (quantised[valid].astype(np.float32) / np.float32(255)).astype(np.float64)
    positive = road[valid]
    misses, alarms = [], []
    for k in range(256):
        called = probability >= k / 255
        misses.append(int((positive & ~called).sum()))
        alarms.append(int((~positive & called).sum()))
    return misses, alarms


def direct_scores(misses, alarms, positives, negatives):
    """Compute (MaxF, AP, threshold) with plain floats, threshold by threshold."""
    points = []
    for k in range(256):
        hits = positives - misses[k]
        points.append((hits / positives, hits / (hits + alarms[k] + 1e-10)))
    best_f, best_k = -1.0, -1
    for k, (recall, precision) in enumerate(points):
        if recall == 0 and precision == 0:
            break
        f1 = 2 * (precision * recall) / (precision + recall + 1e-10)
        if f1 > best_f:
            best_f, best_k = f1, k
    average = 0.0
    for step in range(11):
        average += max(precision for recall, precision in points if recall >= step * 0.1)
    return best_f, average / 11, best_k / 255
