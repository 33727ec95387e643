"""How videos are looked at, known before any is opened."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Watching:
    """How videos are looked at.

    Args:
        every: Only every so-manieth frame is taken, beginning with the first.
        seconds: How much of each video is taken; None for all.
        smooth: Weight of the frames before, see `smoothing`; 0 for none.
    """

    every: int = 1
    seconds: float | None = None
    smooth: float = 0.0
