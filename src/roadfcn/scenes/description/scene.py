"""What a street scene is made of: frozen records, and nothing of how they are drawn or painted.

Road frame, as in KITTI's calibration: X right, Y down, Z forward, metres; the road near the camera
is Y = 0 and the camera stands near (0, -1.6, 0.3). Along the road, `s` is the distance to the right
of the road's reference line, s = X - curve(Z); strips, lines and lanes are given in s. Colours are
red, green, blue in 0..1 as a camera would show them in full light.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from roadfcn.kitti.calibration import Calibration
from roadfcn.scenes.description.conditions import FLAWLESS, PRISTINE, Light, RoadWear, Sensor
from roadfcn.scenes.description.conditions import Colour as Colour

FULL_SIZE = (375, 1242)
"""Height and width of most KITTI Road pictures (those of the first recording day)."""

PAINT_WHITE: Colour = (0.86, 0.86, 0.86)
KERB_HEIGHT_M = 0.12
"""How far raised strips (kerbs, pavements, medians) stand above the road."""


class State(IntEnum):
    """What the truth says about a surface."""

    NOT_ROAD = 0
    ROAD = 1
    VOID = 2


class Material(IntEnum):
    """Kinds of ground; the value is the row in the texture atlas."""

    ASPHALT = 0
    SLABS = 1
    COBBLES = 2
    GRASS = 3
    GRAVEL = 4
    KERB = 5


@dataclass(frozen=True)
class Curve:
    """The course of the reference line, X = offset + slope Z + bend Z^2 / 2.

    Args:
        offset_m: X of the line at Z = 0.
        slope: Tangent of the angle between road and camera axis.
        bend_per_m: Curvature; 0.005 is a bend of 200 m radius to the right.
    """

    offset_m: float
    slope: float
    bend_per_m: float

    def lateral(self, z_m: float) -> float:
        """Give X of the reference line at `z_m`."""
        return self.offset_m + z_m * (self.slope + 0.5 * self.bend_per_m * z_m)

    def lateral_field(self, z_m: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give X of the reference line for an array of Z."""
        x_m = z_m * np.float32(0.5 * self.bend_per_m)
        x_m += np.float32(self.slope)
        x_m *= z_m
        x_m += np.float32(self.offset_m)
        return x_m

    def heading(self, z_m: float) -> float:
        """Give the road's direction at `z_m` in radians, positive to the right."""
        return float(np.arctan(self.slope + self.bend_per_m * z_m))


@dataclass(frozen=True)
class Relief:
    """How the ground climbs or falls ahead: level, then a parabola, then a steady slope.

    Args:
        start_m: Z at which the parabola begins; the ground before it is level.
        rise_per_m: Curvature of the parabola: 0.001 is a sag of 1000 m radius, negative a crest.
        length_m: Length of the parabola; the ground goes on in a straight line behind it.
    """

    start_m: float = 20.0
    rise_per_m: float = 0.0
    length_m: float = 60.0

    def height(self, z_m: float) -> float:
        """Give the height of the ground at `z_m` above that near the camera."""
        beyond = max(0.0, z_m - self.start_m)
        bent = min(beyond, self.length_m)
        return self.rise_per_m * (0.5 * bent * bent + bent * (beyond - bent))

    def heights(self, z_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the height of the ground at each of an array of Z."""
        beyond = np.maximum(z_m - self.start_m, 0.0)
        bent = np.minimum(beyond, self.length_m)
        risen: NDArray[np.float64] = self.rise_per_m * bent * (beyond - 0.5 * bent)
        return risen

    def grade(self, z_m: float) -> float:
        """Give the rise per metre forward at `z_m`."""
        return self.rise_per_m * min(max(0.0, z_m - self.start_m), self.length_m)


LEVEL = Relief()


@dataclass(frozen=True)
class Strip:
    """A band of ground along the road, from the right edge of the strip before it.

    Args:
        right_m: Its right edge in s; infinite for the last strip.
        material: What it is made of.
        colour: Its mean colour.
        state: What the truth says of it.
        raised: Whether it stands `KERB_HEIGHT_M` above the road.
    """

    right_m: float
    material: Material
    colour: Colour
    state: State = State.NOT_ROAD
    raised: bool = False


@dataclass(frozen=True)
class Line:
    """A painted line along the road.

    Args:
        s_m: Its middle.
        width_m: Its width.
        dash_m: Length of a dash; infinite for a solid line.
        gap_m: Length of the gap between dashes.
        phase_m: Z at which a dash begins.
        wear: Share of the paint that is gone, 0..1.
        colour: Of the paint.
    """

    s_m: float
    width_m: float
    dash_m: float = np.inf
    gap_m: float = 0.0
    phase_m: float = 0.0
    wear: float = 0.2
    colour: Colour = PAINT_WHITE


@dataclass(frozen=True)
class Crossing:
    """Bars painted across the road: a zebra crossing, or a stop line (one bar, no gaps).

    Args:
        left_m: Its left limit in s.
        right_m: Its right limit in s.
        near_m: Its near limit in Z.
        far_m: Its far limit in Z.
        bar_m: Width of a bar across the road; infinite for a stop line.
        gap_m: Width of the gaps between bars.
    """

    left_m: float
    right_m: float
    near_m: float
    far_m: float
    bar_m: float = np.inf
    gap_m: float = 0.0


@dataclass(frozen=True)
class SideRoad:
    """A road that leaves the road at a right angle; its truth is void.

    Args:
        right: Whether it leaves on the right side.
        z_m: Its middle.
        width_m: Its width, to which rounded corners are added at the mouth.
        reach_m: How far it goes.
    """

    right: bool
    z_m: float
    width_m: float
    reach_m: float = 60.0


@dataclass(frozen=True)
class RoadEnd:
    """A crossing road at which the own road ends; its truth is void.

    Args:
        z_m: Its near edge.
        width_m: Its width; beyond it lies what lies at the right of the own road.
    """

    z_m: float
    width_m: float


@dataclass(frozen=True)
class Road:
    """The ground from far left to far right, and what is painted on it.

    Args:
        curve: Its course seen from above.
        left_m: Left edge of the road in s.
        right_m: Right edge of the road in s.
        strips: All of the ground, left to right.
        lines: Painted lines.
        crossings: Painted bars.
        side_roads: Junctions.
        lane: Left and right limit of the own lane in s, for um scenes.
        relief: Its ups and downs; they are those of all the ground.
        end: Where it ends; None if it goes on as far as can be seen.
    """

    curve: Curve
    left_m: float
    right_m: float
    strips: tuple[Strip, ...]
    lines: tuple[Line, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    side_roads: tuple[SideRoad, ...] = ()
    lane: tuple[float, float] | None = None
    relief: Relief = LEVEL
    end: RoadEnd | None = None


@dataclass(frozen=True)
class Obstacle:
    """Something that stands on the ground and hides what is behind it.

    Args:
        kind: One of the builders in `objects.KINDS`.
        x_m: Middle of its footprint.
        z_m: Middle of its footprint.
        heading_rad: Direction of its length, 0 ahead, positive to the right.
        width_m: Extent across its heading.
        height_m: Extent upwards.
        length_m: Extent along its heading.
        colour: Its main colour.
        variant: Picks among looks; builders take it modulo what they have.
        base_m: Height of the ground it stands on.
        grade: Rise of that ground per metre forward in Z.
    """

    kind: str
    x_m: float
    z_m: float
    heading_rad: float
    width_m: float
    height_m: float
    length_m: float
    colour: Colour
    variant: int = 0
    base_m: float = 0.0
    grade: float = 0.0


@dataclass(frozen=True, eq=False)
class Scene:
    """A street, ready to be painted.

    Args:
        calibration: Pose and optics of the camera for a full-size picture.
        road: The ground.
        light: Sun, sky and weather.
        obstacles: What stands on the ground, in any order.
        look: A number that picks clouds and grain.
        size: Height and width of a full-size picture.
        sensor: The camera's own part in the picture.
        wear: What the ground has been through.
        casters: What is out of view, but throws shadows.
    """

    calibration: Calibration
    road: Road
    light: Light
    obstacles: tuple[Obstacle, ...]
    look: int
    size: tuple[int, int] = FULL_SIZE
    sensor: Sensor = FLAWLESS
    wear: RoadWear = PRISTINE
    casters: tuple[Obstacle, ...] = ()
