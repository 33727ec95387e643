"""The suite: which corruptions there are, at which three severities each.

A corrupted frame is a function of (seed, frame's name, corruption, severity) alone. Chance is
drawn anew for each frame and corruption, but not for each severity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corruptions.camera import defocus, exposure, jpeg, motion, noise, pitch
from corruptions.light import Image
from corruptions.weather import dusk, fog, rain

SEVERITIES = (1, 2, 3)
Mask = NDArray[np.uint8]
"""H,W uint8 truth with void."""


@dataclass(frozen=True)
class Corruption:
    """One way to make pictures worse.

    Args:
        levels: What it is given at severity 1, 2 and 3.
        unit: What these numbers are.
        apply: (image, level, random) to image; None for `pitch`, which moves the truth too.
    """

    levels: tuple[float, float, float]
    unit: str
    apply: Callable[[Image, float, np.random.Generator], Image] | None


SUITE = {
    "rain": Corruption((10, 30, 100), "mm/h", rain),
    "fog": Corruption((300, 120, 50), "m of visibility", fog),
    "dusk": Corruption((1 / 2, 1 / 4, 1 / 8), "of the light", dusk),
    "motion blur": Corruption((1 / 40, 1 / 20, 1 / 10), "s exposure", motion),
    "defocus": Corruption((0.005, 0.01, 0.02), "of the height as radius", defocus),
    "noise": Corruption((400, 100, 25), "electrons", noise),
    "jpeg": Corruption((20, 10, 5), "of 100 in quality", jpeg),
    "overexposure": Corruption((1, 2, 3), "EV", exposure),
    "underexposure": Corruption((-1, -2, -3), "EV", exposure),
    "pitch": Corruption((3, 6, 9), "degrees", None),
}
"""By name, in the order in which tables list them."""


def corrupt(
    name: str, image: Image, mask: Mask, severity: int, *, seed: int, frame: str
) -> tuple[Image, Mask]:
    """Give a frame as a corruption of the suite leaves it: picture and truth.

    Args:
        name: Of the corruption.
        image: H,W,3 uint8 RGB; is not changed.
        mask: H,W uint8 truth with void; is not changed.
        severity: 1, 2 or 3.
        seed: Of the whole suite.
        frame: The frame's name.
    """
    corruption = SUITE[name]
    level = corruption.levels[SEVERITIES.index(severity)]
    text = "\n".join([name, frame]).encode(errors="surrogateescape")
    words = np.frombuffer(hashlib.blake2b(text, digest_size=16).digest(), np.uint32)
    random = np.random.default_rng([seed, *words.tolist()])
    if corruption.apply is None:
        return pitch(image, mask, level, random)
    return corruption.apply(image, level, random), mask
