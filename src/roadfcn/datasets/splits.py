"""Which frames are held out for validation where a data set names none.

The choice depends on names alone: it is the same on every machine, in every order, and frames
added to one category leave the others' split as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_ONE_IN = 6
"""One frame in six is held out: on KITTI Road's 95 + 96 + 98 training frames that gives 16 of
each category, 48 of 289, as many as the split that KittiSeg publishes."""


def held_out(names: Iterable[str]) -> set[str]:
    """Choose the validation frames of one category.

    Of n frames n/6, rounded, are held out, at least one if there are two: those whose names have
    the smallest SHA-256.
    """
    ranked = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    count = (2 * len(ranked) + _ONE_IN) // (2 * _ONE_IN)  # n/6, halves rounded up
    if len(ranked) >= 2:
        count = max(1, count)
    return set(ranked[:count])
