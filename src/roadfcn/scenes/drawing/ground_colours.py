"""Colours of what the ground is made of: in fair scenes by its kind, in varied ones hardly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roadfcn.scenes.description.colours import Palette
from roadfcn.scenes.description.scene import Colour

# Asphalt is neutral grey; whatever else is paved is warmer or lighter, so that the edge of the road
# can be told even where no kerb is seen.
_PAVEMENTS = ((0.68, 0.61, 0.52), (0.74, 0.67, 0.56), (0.60, 0.43, 0.36), (0.64, 0.54, 0.43))
_GRASSES = ((0.27, 0.36, 0.16), (0.35, 0.39, 0.20), (0.22, 0.33, 0.14), (0.42, 0.40, 0.24))
_GRAVELS = ((0.60, 0.50, 0.37), (0.52, 0.41, 0.29))
_KERBS = ((0.74, 0.73, 0.70), (0.68, 0.66, 0.62), (0.78, 0.75, 0.70))
_BAYS = ((0.50, 0.37, 0.33), (0.56, 0.46, 0.38))

# Real pavements are as often as grey as the road, dark after rain or bleached by the sun.
_ANY_PAVEMENTS = (
    *_PAVEMENTS,
    (0.55, 0.55, 0.55),
    (0.46, 0.46, 0.47),
    (0.66, 0.66, 0.65),
    (0.36, 0.36, 0.37),
    (0.56, 0.53, 0.49),
    (0.50, 0.34, 0.29),
)
_ANY_GRASSES = (*_GRASSES, (0.52, 0.47, 0.30), (0.18, 0.24, 0.12), (0.40, 0.36, 0.26))
_ANY_GRAVELS = (*_GRAVELS, (0.45, 0.44, 0.42), (0.38, 0.31, 0.24), (0.66, 0.63, 0.58))
_ANY_KERBS = (*_KERBS, (0.50, 0.50, 0.50), (0.40, 0.40, 0.41), (0.58, 0.54, 0.50))
_ANY_BAYS = (*_BAYS, (0.45, 0.45, 0.45), (0.34, 0.34, 0.35), (0.62, 0.58, 0.52))


@dataclass(frozen=True, eq=False)
class GroundColours:
    """Draws colours; each call takes as many chance numbers, whatever the variety is.

    Args:
        rng: Where chance comes from.
        wide: Whether colours may be anything usual, so that they do not tell what a place is.
    """

    rng: np.random.Generator
    wide: bool

    def asphalt(self) -> Colour:
        """Draw the grey of a road: new asphalt is near black, old or dry asphalt pale."""
        level, warm, cool = self.rng.random(), self.rng.normal(), self.rng.normal()
        if self.wide:
            # Middle greys are usual, both ends rarer.
            grey = 0.16 + 0.5 * (0.5 * level + 0.5 * level**2)
            return grey * (1 + 0.045 * warm), grey, grey * (1 + 0.05 * cool)
        grey = 0.32 + 0.14 * level
        return grey * (1 + 0.01 * warm), grey, grey * (1.02 + 0.015 * cool)

    def paving(self) -> Colour:
        """Draw the colour of a pavement."""
        return self._pick(_PAVEMENTS, _ANY_PAVEMENTS)

    def grass(self) -> Colour:
        """Draw the colour of a lawn or verge."""
        return self._pick(_GRASSES, _ANY_GRASSES)

    def gravel(self) -> Colour:
        """Draw the colour of gravel or bare earth."""
        return self._pick(_GRAVELS, _ANY_GRAVELS)

    def kerb(self) -> Colour:
        """Draw the colour of kerb stones and gutters."""
        return self._pick(_KERBS, _ANY_KERBS)

    def bay(self) -> Colour:
        """Draw the colour of parking bays."""
        return self._pick(_BAYS, _ANY_BAYS)

    def _pick(self, usual: Palette, any_usual: Palette) -> Colour:
        """Pick a colour and change its brightness and, in varied scenes, its tint."""
        place, level, warm, cool = (*self.rng.random(2), *self.rng.normal(size=2))
        palette = any_usual if self.wide else usual
        red, green, blue = palette[int(place * len(palette))]
        if not self.wide:
            factor = 0.87 + 0.23 * level
            return red * factor, green * factor, blue * factor
        factor = 0.7 + 0.5 * level
        return red * factor * (1 + 0.05 * warm), green * factor, blue * factor * (1 + 0.06 * cool)
