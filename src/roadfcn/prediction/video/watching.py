"""How videos are looked at, known before any is opened."""

from __future__ import annotations

import math
from dataclasses import dataclass

from roadfcn.errors import ConfigError, shown


@dataclass(frozen=True)
class Watching:
    """How videos are looked at.

    Args:
        every: Only every so-manieth frame is taken, beginning with the first.
        seconds: How much of each video is taken; None for all.
        smooth: Weight of the frames before, see `smoothing`; 0 for none.

    Raises:
        ConfigError: A number that makes no sense.
    """

    every: int = 1
    seconds: float | None = None
    smooth: float = 0.0

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ConfigError(
                f"every {shown(self.every)}th frame of a video is wanted",
                allowed="a whole number from 1 on, which takes every frame",
                do="try --every 25 for one frame a second of most videos",
            )
        if self.seconds is not None and not (math.isfinite(self.seconds) and self.seconds > 0):
            raise ConfigError(
                f"{shown(self.seconds)} seconds of a video are wanted",
                allowed="a number above 0",
                do="leave it out for all of the video",
            )
