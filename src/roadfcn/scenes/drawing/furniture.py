"""Furnish a street at random: fronts, trees, lamp posts, signs, traffic, people."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from roadfcn.scenes.description.scene import Obstacle
from roadfcn.scenes.description.variety import Variety
from roadfcn.scenes.drawing.closing import close_view
from roadfcn.scenes.drawing.clutter import draw_clutter, draw_crossing_posts, draw_spans
from roadfcn.scenes.drawing.frontage import draw_frontage
from roadfcn.scenes.drawing.placing import Placer
from roadfcn.scenes.drawing.planting import Gardener, draw_season
from roadfcn.scenes.drawing.streets import Street
from roadfcn.scenes.drawing.traffic import draw_parked_cars, draw_traffic
from roadfcn.scenes.drawing.walkers import draw_crossing_people, draw_walkers

_STEEL = ((0.48, 0.49, 0.48), (0.36, 0.38, 0.37), (0.14, 0.18, 0.15), (0.10, 0.10, 0.11))
_POLES = ((0.30, 0.24, 0.19), (0.48, 0.49, 0.48))
_WHITE = ((1.0, 1.0, 1.0),)
_LEFT, _RIGHT = -1, 1


def furnish(rng: np.random.Generator, street: Street, variety: Variety) -> tuple[Obstacle, ...]:
    """Draw everything that stands on the ground of a street."""
    placer = Placer(rng, street, variety)
    season = draw_season(rng, any_season=variety.colours)
    gardener = Gardener(placer, season)
    obstacles: list[Obstacle] = []
    for sign in (_LEFT, _RIGHT):
        obstacles += draw_frontage(placer, sign, season)
        obstacles += _plant_trees(gardener, sign)
        obstacles += _set_posts(placer, sign)
        obstacles += draw_parked_cars(placer, sign)
        obstacles += draw_walkers(placer, sign)
        if variety.clutter:
            obstacles += draw_clutter(placer, sign)
    obstacles += draw_traffic(placer)
    obstacles += draw_crossing_people(placer)
    obstacles += draw_crossing_posts(placer)
    obstacles += _set_signals(placer)
    if variety.clutter:
        obstacles += draw_spans(placer)
    if placer.chance(0.5):
        obstacles += gardener.far_end()
    if street.road.end is not None:
        obstacles = close_view(placer, street.road.end, obstacles)
    return tuple(obstacles)


def _plant_trees(gardener: Gardener, sign: int) -> list[Obstacle]:
    """Plant a row of trees along some streets, and here and there a tall one over the road."""
    placer = gardener.placer
    verge = placer.side(sign).verge
    trees = gardener.row(sign, verge) if placer.chance(0.3) else []
    if placer.variety.clutter and placer.chance(0.14):
        for _ in range(int(placer.rng.integers(1, 4))):
            z_m, height = placer.between(7, 40), placer.between(9, 15)
            if placer.is_free(z_m, 2):
                trees.append(gardener.broadleaved(sign, verge + 0.3, z_m, height))
    return trees


def _set_posts(placer: Placer, sign: int) -> list[Obstacle]:
    """Set lamp posts or masts at equal distances, and perhaps a few traffic signs."""
    verge = placer.side(sign).verge
    posts = []
    if placer.chance(0.6):
        kind = "lamp" if placer.chance(0.75) else "mast"
        size = (placer.between(0.13, 0.2), placer.between(5, 9.5), 0.16)
        start, spacing = placer.between(6, 30), placer.between(20, 34)
        palette = _STEEL if kind == "lamp" else _POLES
        look, colour = (
            int(placer.rng.integers(1000)),
            palette[int(placer.rng.integers(len(palette)))],
        )
        for z_m in placer.steps(start, 110, spacing):
            post = placer.beside(sign, verge + 0.1, z_m, kind, size, (colour,))
            # Arms reach over the road.
            turn = math.pi if sign > 0 else 0.0
            posts.append(replace(post, variant=look, heading_rad=post.heading_rad + turn))
    if placer.chance(0.55):
        for _ in range(int(placer.rng.integers(1, 4))):
            size = (placer.between(0.5, 0.8), placer.between(2.1, 3.0), 0.1)
            sign_post = placer.beside(sign, verge, placer.between(7, 45), "sign", size, _WHITE)
            turn = math.pi if placer.chance(0.25) else 0.0
            turn += placer.near(0, 0.12)
            posts.append(replace(sign_post, heading_rad=sign_post.heading_rad + turn))
    return [post for post in posts if placer.is_free(post.z_m, 0.5)]


def _set_signals(placer: Placer) -> list[Obstacle]:
    """Set traffic lights before some junctions."""
    signals = []
    for side in placer.street.road.side_roads:
        if placer.chance(0.3):
            for sign, z_m in ((_RIGHT, side.z_m - side.width_m), (_LEFT, side.z_m + side.width_m)):
                post = placer.beside(sign, 0.6, z_m, "signal", (0.4, 3.3, 0.4), _STEEL)
                turn = 0.0 if sign == _RIGHT or placer.chance(0.4) else math.pi
                signals.append(replace(post, heading_rad=post.heading_rad + turn))
    return signals
