"""What stands beyond a crossing road where the own road ends: houses, walls, trees, traffic."""

from __future__ import annotations

import math
from dataclasses import replace

from roadfcn.scenes.description.scene import Obstacle, RoadEnd
from roadfcn.scenes.drawing.frontage import NEAREST_M, draw_frontage
from roadfcn.scenes.drawing.placing import Placer
from roadfcn.scenes.drawing.planting import LEAVES
from roadfcn.scenes.drawing.traffic import draw_vehicle

_REACH_M = 60.0
_CLEAR_M = 2.5
"""Nothing of the own road's stands so near the crossing road's edge."""


def close_view(placer: Placer, end: RoadEnd, along: list[Obstacle]) -> list[Obstacle]:
    """Give what stands along the road up to its end, and what is seen beyond it.

    Args:
        placer: Where chance comes from.
        end: The crossing road.
        along: Obstacles drawn as if the road went on.
    """
    kept = [one for one in along if one.z_m + one.length_m / 2 < end.z_m - _CLEAR_M]
    far_m = end.z_m + end.width_m
    height_m = placer.street.road.relief.height(far_m)
    fronts = [_across(one, far_m, height_m) for one in draw_frontage(placer, 1)]
    trees = [
        placer.at(s_m, far_m + placer.between(14, 25), "tree", (6.0, 8.0, 0.4), LEAVES)
        for s_m in placer.steps(-_REACH_M, _REACH_M, placer.between(7, 15))
    ]
    return kept + fronts + trees + _draw_crossing_cars(placer, end)


def _across(one: Obstacle, far_m: float, height_m: float) -> Obstacle:
    """Turn something from the right side of the road to the far side of the crossing road."""
    side_m = max(2.5, one.x_m - 3.0)
    return replace(
        one,
        x_m=one.z_m - NEAREST_M - _REACH_M,
        z_m=far_m + side_m,
        heading_rad=one.heading_rad + math.pi / 2,
        base_m=height_m,
        grade=0.0,
    )


def _draw_crossing_cars(placer: Placer, end: RoadEnd) -> list[Obstacle]:
    """Let a few cars pass from left to right, and from right to left on the near lane."""
    cars = []
    for share, turn in ((0.27, math.pi / 2), (0.73, -math.pi / 2)):
        s_m = placer.between(-30, -10)
        while s_m < 30:
            z_m = end.z_m + share * end.width_m
            car = draw_vehicle(placer, s_m, z_m, ahead=True, lorries=0.1)
            if placer.chance(0.4):
                cars.append(replace(car, z_m=z_m, heading_rad=turn))
            s_m += car.length_m + placer.between(3, 25)
    return cars
