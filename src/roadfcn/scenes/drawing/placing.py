"""Standing things on a street: from the road's own terms to the scene's coordinates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from roadfcn.scenes.description.colours import Palette, vary
from roadfcn.scenes.description.scene import KERB_HEIGHT_M, Obstacle
from roadfcn.scenes.description.variety import Variety
from roadfcn.scenes.drawing.sides import Side
from roadfcn.scenes.drawing.streets import Street

Size = tuple[float, float, float]
"""Width, height and length in metres; the length runs along the road."""


@dataclass(frozen=True, eq=False)
class Placer:
    """Stands obstacles on a street; what is not given is drawn at random.

    Args:
        rng: Where chance comes from.
        street: Where to put things.
        variety: How unusual they may be.
    """

    rng: np.random.Generator
    street: Street
    variety: Variety

    def at(
        self,
        s_m: float,
        z_m: float,
        kind: str,
        size: Size,
        palette: Palette,
        *,
        raised: bool = False,
    ) -> Obstacle:
        """Stand something at (s, Z), its length along the road."""
        curve, relief = self.street.road.curve, self.street.road.relief
        width, height, length = size
        return Obstacle(
            kind=kind,
            x_m=curve.lateral(z_m) + s_m,
            z_m=z_m,
            heading_rad=curve.heading(z_m),
            width_m=width,
            height_m=height,
            length_m=length,
            colour=vary(self.rng, palette),
            variant=int(self.rng.integers(1000)),
            base_m=relief.height(z_m) + (KERB_HEIGHT_M if raised else 0.0),
            grade=relief.grade(z_m),
        )

    def beside(
        self, sign: int, from_edge_m: float, z_m: float, kind: str, size: Size, palette: Palette
    ) -> Obstacle:
        """Stand something `from_edge_m` outside the left (-1) or right (1) edge of the road."""
        raised = self.side(sign).is_raised(from_edge_m)
        s_m = self.edge_m(sign) + sign * from_edge_m
        return self.at(s_m, z_m, kind, size, palette, raised=raised)

    def edge_m(self, sign: int) -> float:
        """Give s of the left (-1) or right (1) edge of the road."""
        return self.street.road.right_m if sign > 0 else self.street.road.left_m

    def side(self, sign: int) -> Side:
        """Give what lies on the left (-1) or the right (1)."""
        return self.street.right if sign > 0 else self.street.left

    def is_free(self, z_m: float, half_m: float) -> bool:
        """Tell whether no junction or crossing is within `half_m` of `z_m`."""
        return not any(
            near < z_m + half_m and z_m - half_m < far for near, far in self.street.occupied
        )

    def chance(self, probability: float) -> bool:
        """Throw a coin."""
        return bool(self.rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        """Draw a number, all of the range alike."""
        return float(self.rng.uniform(low, high))

    def near(self, middle: float, spread: float) -> float:
        """Draw a number from a normal distribution."""
        return float(self.rng.normal(middle, spread))

    def steps(self, start: float, stop: float, spacing: float) -> list[float]:
        """Give positions `spacing` apart."""
        return [start + spacing * k for k in range(math.ceil((stop - start) / spacing))]
