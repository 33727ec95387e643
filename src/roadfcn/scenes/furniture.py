"""Furnish a street at random: fronts, trees, lamp posts, signs, traffic, people."""

from __future__ import annotations

import numpy as np

from roadfcn.scenes.frontage import LEAVES, draw_frontage
from roadfcn.scenes.placing import Placer
from roadfcn.scenes.scene import Obstacle
from roadfcn.scenes.streets import Street
from roadfcn.scenes.traffic import draw_parked_cars, draw_traffic, draw_walkers
from roadfcn.scenes.variety import Variety

_STEEL = ((0.48, 0.49, 0.48), (0.36, 0.38, 0.37))
_WHITE = ((1.0, 1.0, 1.0),)
_LEFT, _RIGHT = -1, 1


def furnish(rng: np.random.Generator, street: Street, variety: Variety) -> tuple[Obstacle, ...]:
    """Draw everything that stands on the ground of a street."""
    placer = Placer(rng, street, variety)
    obstacles: list[Obstacle] = []
    for sign in (_LEFT, _RIGHT):
        obstacles += draw_frontage(placer, sign)
        obstacles += _plant_trees(placer, sign)
        obstacles += _set_posts(placer, sign)
        obstacles += draw_parked_cars(placer, sign)
        obstacles += draw_walkers(placer, sign)
    obstacles += draw_traffic(placer)
    return tuple(obstacles)


def _plant_trees(placer: Placer, sign: int) -> list[Obstacle]:
    """Plant a row of trees of one kind along the road, in some streets."""
    if not placer.chance(0.35):
        return []
    height, spacing = placer.between(4.5, 9), placer.between(8, 16)
    palette = (LEAVES[int(placer.rng.integers(len(LEAVES)))],)
    trees = []
    for z_m in placer.steps(placer.between(6, 16), 100, spacing):
        if placer.is_free(z_m, 2):
            grown = height * placer.between(0.85, 1.15)
            size = (grown * 0.62, grown, 0.4)
            verge = placer.side(sign).verge
            trees.append(placer.beside(sign, verge, z_m, "tree", size, palette))
    return trees


def _set_posts(placer: Placer, sign: int) -> list[Obstacle]:
    """Set lamp posts or masts at equal distances, and perhaps a traffic sign."""
    verge = placer.side(sign).verge
    posts = []
    if placer.chance(0.6):
        kind = "lamp" if placer.chance(0.6) else "mast"
        size = (0.16, placer.between(5, 8), 0.16)
        start, spacing = placer.between(7, 30), placer.between(22, 32)
        posts = [
            placer.beside(sign, verge + 0.1, z_m, kind, size, _STEEL)
            for z_m in placer.steps(start, 110, spacing)
        ]
    if placer.chance(0.5):
        size = (0.65, placer.between(2.2, 2.9), 0.1)
        posts.append(placer.beside(sign, verge, placer.between(9, 35), "sign", size, _WHITE))
    return posts
