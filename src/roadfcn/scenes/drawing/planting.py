"""What grows on a street in a season: single trees, rows of them, bushes, woods."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from roadfcn.scenes.description.colours import Palette
from roadfcn.scenes.description.scene import Obstacle
from roadfcn.scenes.drawing.placing import Placer

LEAVES: Palette = ((0.24, 0.34, 0.14), (0.30, 0.38, 0.16), (0.18, 0.29, 0.14), (0.38, 0.36, 0.16))
_ANY_LEAVES: Palette = (
    *LEAVES,
    (0.20, 0.24, 0.12),
    (0.32, 0.36, 0.24),
    (0.26, 0.30, 0.20),
    (0.36, 0.42, 0.22),
    (0.14, 0.20, 0.10),
)
_AUTUMN: Palette = (
    (0.50, 0.36, 0.12),
    (0.46, 0.26, 0.10),
    (0.40, 0.20, 0.12),
    (0.52, 0.44, 0.18),
    (0.36, 0.34, 0.16),
)
_NEEDLES: Palette = ((0.13, 0.22, 0.12), (0.17, 0.26, 0.17), (0.20, 0.26, 0.14))
_TWIGS: Palette = ((0.25, 0.21, 0.18), (0.32, 0.28, 0.24), (0.20, 0.17, 0.15), (0.38, 0.34, 0.30))
_RED_LEAVES: Palette = ((0.24, 0.12, 0.12),)


FAR_END_M = 115.0
"""From here on, trees may stand across the road."""


@dataclass(frozen=True)
class Season:
    """What trees look like at the time of a scene.

    Args:
        leaves: Colours of foliage.
        bare: Share of the broadleaved trees that have lost theirs.
    """

    leaves: Palette = LEAVES
    bare: float = 0.0


def draw_season(rng: np.random.Generator, *, any_season: bool) -> Season:
    """Draw a season; without `any_season`, it is summer."""
    kind, share = rng.random(), float(rng.random())
    if not any_season or kind < 0.3:
        return Season()
    if kind < 0.62:
        return Season(_ANY_LEAVES)
    if kind < 0.8:
        return Season((*_AUTUMN, *LEAVES), 0.25 * share)
    return Season((*_ANY_LEAVES, *_AUTUMN), 0.5 + 0.5 * share)


@dataclass(frozen=True, eq=False)
class Gardener:
    """Plants things on a street.

    Args:
        placer: Where, and where chance comes from.
        season: What they look like.
    """

    placer: Placer
    season: Season

    def tree(self, sign: int, from_edge_m: float, z_m: float, height_m: float) -> Obstacle:
        """Plant a tree of any kind."""
        placer = self.placer
        if placer.chance(0.14):
            size = (height_m * placer.between(0.4, 0.6), height_m * placer.between(0.8, 1.3), 0.5)
            return placer.beside(sign, from_edge_m, z_m, "conifer", size, _NEEDLES)
        return self.broadleaved(sign, from_edge_m, z_m, height_m)

    def broadleaved(
        self, sign: int, from_edge_m: float, z_m: float, height_m: float, habit: int | None = None
    ) -> Obstacle:
        """Plant a broadleaved tree; those of the same habit look alike."""
        placer = self.placer
        size = (height_m * placer.between(0.6, 0.85), height_m, 0.5)
        if placer.chance(self.season.bare):
            tree = placer.beside(sign, from_edge_m, z_m, "bare tree", size, _TWIGS)
        else:
            palette = _RED_LEAVES if placer.chance(0.03) else self.season.leaves
            tree = placer.beside(sign, from_edge_m, z_m, "tree", size, palette)
        return tree if habit is None else replace(tree, variant=tree.variant // 4 * 4 + habit)

    def bush(self, sign: int, from_edge_m: float, z_m: float) -> Obstacle:
        """Plant a bush."""
        placer = self.placer
        height = placer.between(0.8, 2.6)
        size = (height * placer.between(1.0, 1.7), height, 0.6)
        return placer.beside(sign, from_edge_m, z_m, "bush", size, self.season.leaves)

    def row(self, sign: int, from_edge_m: float) -> list[Obstacle]:
        """Plant a row of trees of one kind along the road."""
        placer = self.placer
        height, spacing = placer.between(4.5, 10), placer.between(8, 16)
        habit = int(placer.rng.integers(4))
        return [
            self.broadleaved(sign, from_edge_m, z_m, height * placer.between(0.8, 1.2), habit)
            for z_m in placer.steps(placer.between(6, 16), 90, spacing)
            if placer.is_free(z_m, 2) and placer.chance(0.9)
        ]

    def wood(self, sign: int, from_edge_m: float) -> list[Obstacle]:
        """Plant the edge of a wood: bushes before two rows of trees."""
        placer = self.placer
        plants = []
        tall = placer.between(7, 14)
        for z_m in placer.steps(placer.between(4, 8), 100, placer.between(3.6, 5)):
            if not placer.is_free(z_m, 2.5):
                continue
            height = tall * placer.between(0.75, 1.25)
            # Further away, the rows hide one another.
            if z_m < 60 or placer.chance(0.5):
                plants.append(self.tree(sign, from_edge_m + placer.between(1, 3.5), z_m, height))
            if placer.chance(0.5):
                behind = from_edge_m + placer.between(5, 10)
                plants.append(self.tree(sign, behind, z_m, height * 1.2))
            if z_m < 50 and placer.chance(0.6):
                plants.append(self.bush(sign, from_edge_m + placer.between(0.3, 1.5), z_m))
        return plants + self._thicket(sign, from_edge_m + placer.between(9, 15), 0.35 * tall)

    def backdrop(self, sign: int, from_edge_m: float) -> list[Obstacle]:
        """Close the view over open land: a far wood, trees before it."""
        placer = self.placer
        leaf = self.season.leaves[int(placer.rng.integers(len(self.season.leaves)))]
        hazy = (0.75 * leaf[0], 0.75 * leaf[1], 0.8 * leaf[2])
        plants = [
            placer.beside(
                sign,
                from_edge_m + placer.between(4, 9),
                z_m,
                "hedge",
                (3.0, placer.between(3, 7.5), 23.0),
                (hazy,),
            )
            for z_m in placer.steps(12, 130, 22)
            if placer.is_free(z_m, 12)
        ]
        for _ in range(int(placer.rng.integers(3, 8))):
            z_m = placer.between(15, 120)
            if placer.is_free(z_m, 3):
                plants.append(self.tree(sign, from_edge_m, z_m, placer.between(6, 12)))
        return plants

    def far_end(self) -> list[Obstacle]:
        """Let trees close the view where the road is lost from sight, as if it turned away."""
        placer = self.placer
        z_m, height = placer.between(FAR_END_M, 160), placer.between(7, 13)
        leaf = self.season.leaves[int(placer.rng.integers(len(self.season.leaves)))]
        wood = placer.at(0.0, z_m + 6, "hedge", (110.0, 0.45 * height, 3.0), (leaf,))
        trees = []
        for s_m in placer.steps(-40, 40, placer.between(6, 11)):
            size = (0.75 * height, height * placer.between(0.7, 1.2), 0.5)
            at_m = z_m + placer.between(-4, 4)
            trees.append(placer.at(s_m, at_m, "tree", size, self.season.leaves))
        return [wood, *trees]

    def _thicket(self, sign: int, from_edge_m: float, height_m: float) -> list[Obstacle]:
        """Close the view below the crowns with undergrowth."""
        leaf = self.season.leaves[int(self.placer.rng.integers(len(self.season.leaves)))]
        dark = (0.62 * leaf[0], 0.6 * leaf[1], 0.62 * leaf[2])
        size = (2.0, height_m, 11.0)
        return [
            self.placer.beside(sign, from_edge_m, z_m, "hedge", size, (dark,))
            for z_m in self.placer.steps(8, 100, 10)
            if self.placer.is_free(z_m, 6)
        ]
