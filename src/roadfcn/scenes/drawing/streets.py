"""Draw the ground of a street at random: course, cross-section, markings, junctions.

Lengths are those of German town streets (guideline RASt 06: lanes 2.75 to 3.75 m, pavements from
1.5 m, centre dashes 3 m with gaps of 6 m), drawn somewhat wider than the guideline has them.
Traffic keeps to the right. s = 0 is the line between the two directions, or the middle of an
unmarked road.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from roadfcn.kitti.layout import Category
from roadfcn.scenes.description.scene import (
    Crossing,
    Curve,
    Line,
    Material,
    Relief,
    Road,
    RoadEnd,
    SideRoad,
    State,
    Strip,
)
from roadfcn.scenes.description.variety import Variety
from roadfcn.scenes.drawing.ground_colours import GroundColours
from roadfcn.scenes.drawing.sides import Side, draw_carriageway, draw_side
from roadfcn.scenes.drawing.tracks import lay_tracks


@dataclass(frozen=True)
class Street:
    """A road together with what furnishing it needs to know.

    Args:
        road: The ground.
        left: The left side.
        right: The right side.
        camera_s_m: Where the camera drives.
        ahead: Middles of the lanes that lead away, in s.
        oncoming: Middles of the lanes that come towards the camera, in s.
        parking: Middles of rows of cars parked on the road itself, in s.
        occupied: Crossings and junctions, near and far limits in Z.
    """

    road: Road
    left: Side
    right: Side
    camera_s_m: float
    ahead: tuple[float, ...]
    oncoming: tuple[float, ...]
    parking: tuple[float, ...] = ()
    occupied: tuple[tuple[float, float], ...] = ()


def draw_street(rng: np.random.Generator, category: Category, variety: Variety) -> Street:
    """Draw a street of a category."""
    draw = {"um": _draw_marked, "umm": _draw_multi_lane, "uu": _draw_unmarked}[category]
    street = draw(rng, GroundColours(rng, variety.colours))
    road = _end_road(rng, street.road)
    relief = _draw_relief(rng)  # always drawn: what follows shall not depend on the variety
    if variety.relief:
        road = replace(road, relief=relief)
    left, right = street.left, street.right
    if variety.tracks:
        # The last to take chance numbers: without tracks, the street is the same but for them.
        road, left, right = lay_tracks(rng, road, left, right, GroundColours(rng, variety.colours))
    return replace(street, road=road, left=left, right=right, occupied=_occupied(road))


def _end_road(rng: np.random.Generator, road: Road) -> Road:
    """Let some roads end at a crossing road; junctions near it or beyond it go."""
    ends, z_m, width = rng.random() < 0.1, rng.uniform(16, 55), rng.uniform(5.5, 8.5)
    if not ends:
        return road
    return replace(
        road,
        side_roads=tuple(side for side in road.side_roads if side.z_m < z_m - 15),
        crossings=tuple(one for one in road.crossings if one.far_m < z_m - 4),
        end=RoadEnd(z_m, width),
    )


def _draw_relief(rng: np.random.Generator) -> Relief:
    """Draw a slope, a sag or a crest; every other road is level.

    Vertical curves of town streets have radii of some hundred metres (RASt 06 asks for 250 m in
    sags and on crests at least), grades up to 8 %.
    """
    is_level = rng.random() < 0.5
    start_m, length_m = rng.uniform(5, 45), rng.uniform(15, 80)
    grade = float(np.clip(rng.normal(0, 0.03), -0.07, 0.08))
    if is_level:
        return Relief()
    bend = float(np.clip(grade / length_m, -1 / 600, 1 / 500))
    return Relief(start_m, bend, length_m)


def _draw_marked(rng: np.random.Generator, colours: GroundColours) -> Street:
    """Two marked lanes, one for each direction; sometimes another carriageway beyond a strip."""
    lane = rng.uniform(2.8, 3.8)
    edge = rng.uniform(0.0, 0.5)
    half = lane + edge
    lines = [_centre_line(rng)]
    if rng.random() < 0.45:
        lines += [Line(side * lane, 0.14, wear=rng.uniform(0, 0.5)) for side in (-1, 1)]
    beyond = rng.random() < 0.25
    left = draw_carriageway(rng, colours) if beyond else draw_side(rng, colours)
    camera = lane / 2 + rng.normal(0, 0.2)
    road = _assemble(
        rng, colours, -half, half, left, right := draw_side(rng, colours), lines, camera, 0.012
    )
    road = replace(road, lane=(0.0, half))
    return Street(road, left, right, camera, (lane / 2,), (-lane / 2,))


def _draw_multi_lane(rng: np.random.Generator, colours: GroundColours) -> Street:
    """Two or three lanes ahead; the other direction beyond a median, or beyond a double line."""
    count, lane = int(rng.integers(2, 4)), rng.uniform(3.0, 3.7)
    divided = bool(rng.random() < 0.6)
    opposite = 0 if divided else int(rng.integers(1, 3))
    margin = rng.uniform(0.1, 0.5)
    dash, gap = (3.0, 6.0) if rng.random() < 0.6 else (4.0, 8.0)
    wear = rng.uniform(0, 0.5)
    phase = rng.uniform(0, dash + gap)
    lines = [
        Line(k * lane, 0.13, dash, gap, phase, wear) for k in range(1 - opposite, count) if k != 0
    ]
    lines.append(Line(count * lane, 0.14, wear=wear))
    if divided:
        lines.append(Line(0.0, 0.14, wear=wear))
        left_edge, left = -margin, draw_carriageway(rng, colours)
    else:
        lines += [Line(s, 0.12, wear=wear) for s in (-0.14, 0.14)]
        lines.append(Line(-opposite * lane, 0.14, wear=wear))
        left_edge, left = -opposite * lane - margin, draw_side(rng, colours)
    ahead = tuple((k + 0.5) * lane for k in range(count))
    oncoming = tuple(-(k + 0.5) * lane for k in range(opposite))
    camera = ahead[int(rng.integers(count))] + rng.normal(0, 0.2)
    right = draw_side(rng, colours)
    road = _assemble(
        rng, colours, left_edge, count * lane + margin, left, right, lines, camera, 0.006
    )
    return Street(road, left, right, camera, ahead, oncoming)


def _draw_unmarked(rng: np.random.Generator, colours: GroundColours) -> Street:
    """A narrow road without markings, often with cars parked on it."""
    half = rng.uniform(2.2, 4.0)
    parking = []
    if half > 2.9 and rng.random() < 0.7:
        parking = [side * (half - 1.0) for side in ((1,), (-1,), (-1, 1))[int(rng.integers(3))]]
    camera = rng.normal(0.25 * half, 0.25) if len(parking) != 1 else -np.sign(parking[0]) * 0.6
    left, right = draw_side(rng, colours), draw_side(rng, colours)
    road = _assemble(rng, colours, -half, half, left, right, [], float(camera), 0.014)
    lanes = () if parking else (0.25 * half,)
    return Street(road, left, right, float(camera), lanes, (), tuple(parking))


def _centre_line(rng: np.random.Generator) -> Line:
    wear = rng.uniform(0, 0.55)
    if rng.random() < 0.2:
        return Line(0.0, 0.14, wear=wear)
    dash, gap = ((3.0, 6.0), (3.0, 3.0), (4.0, 8.0))[int(rng.integers(3))]
    return Line(0.0, rng.uniform(0.11, 0.16), dash, gap, rng.uniform(0, dash + gap), wear)


def _assemble(
    rng: np.random.Generator,
    colours: GroundColours,
    left_m: float,
    right_m: float,
    left: Side,
    right: Side,
    lines: list[Line],
    camera_s_m: float,
    bend: float,
) -> Road:
    """Put sides, road and course together."""
    strips: list[Strip] = []
    edge = left_m - sum(width for width, *_ in left.bands[:-1])
    for width, material, colour, state, raised in reversed(left.bands):
        edge += width if np.isfinite(width) else 0.0
        strips.append(Strip(edge, material, colour, state, raised))
    strips.append(Strip(right_m, Material.ASPHALT, colours.asphalt(), State.ROAD))
    edge = right_m
    for width, material, colour, state, raised in right.bands:
        edge += width
        strips.append(Strip(edge, material, colour, state, raised))
    slope = rng.normal(0, 0.012)
    turn = float(np.clip(rng.normal(0, bend), -2 * bend, 2 * bend)) if rng.random() < 0.6 else 0.0
    curve = Curve(-camera_s_m, slope, turn)
    side_roads, crossings = _draw_junction(rng, left, left_m, right_m)
    return Road(curve, left_m, right_m, tuple(strips), tuple(lines), crossings, side_roads)


def _draw_junction(
    rng: np.random.Generator, left: Side, left_m: float, right_m: float
) -> tuple[tuple[SideRoad, ...], tuple[Crossing, ...]]:
    """Draw side roads, and paint across the road."""
    side_roads: tuple[SideRoad, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    divided = any(state == State.VOID for *_, state, _ in left.bands)
    if rng.random() < 0.34:
        z_m, width = rng.uniform(14, 45), rng.uniform(4.5, 7)
        right = divided or bool(rng.random() < 0.6)
        side_roads = (SideRoad(right, z_m, width),)
        if not divided and rng.random() < 0.45:  # a crossroads, its far arm now and then shifted
            side_roads = (*side_roads, SideRoad(not right, z_m + rng.choice([0.0, 3.0]), width))
    if rng.random() < 0.14:
        near = rng.uniform(10, 30)
        if not any(abs(side.z_m - near) < 12 for side in side_roads):
            crossings = (Crossing(left_m + 0.3, right_m - 0.3, near, near + 3.5, 0.5, 0.5),)
    return side_roads, crossings


def _occupied(road: Road) -> tuple[tuple[float, float], ...]:
    junctions = [(side.z_m - side.width_m, side.z_m + side.width_m) for side in road.side_roads]
    return (*junctions, *((one.near_m - 1, one.far_m + 1) for one in road.crossings))
