"""Picking colours: from a short list of usual ones, a little lighter or darker."""

from __future__ import annotations

import numpy as np

from roadfcn.scenes.description.scene import Colour

Palette = tuple[Colour, ...]


def vary(rng: np.random.Generator, palette: Palette) -> Colour:
    """Pick a colour of `palette` and change its brightness by up to about a tenth."""
    red, green, blue = palette[int(rng.integers(len(palette)))]
    factor = rng.uniform(0.87, 1.1)
    return red * factor, green * factor, blue * factor
