"""Where the rays of a camera meet the ground, in the road's own terms.

The point of a ray at depth t is C + t D, D linear over the picture. Along Z its height above a
level of the ground falls in a straight line, and the ground below rises by `Relief`: level, then
a parabola, then a slope. So each ray takes one square root, and no search.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.description.camera import linear_field
from roadfcn.scenes.description.scene import Relief, Road

HORIZON_M = 300.0
"""Rays that have not met the ground by then meet the backdrop."""

_FLATTEST_VIEW = np.float32(1e-7)

Field = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Hit:
    """Where the rays of some picture rows meet one level of the ground.

    Args:
        x_m: Rows,W float32.
        z_m: Rows,W float32.
        s_m: Rows,W float32, distance to the right of the reference line.
        inverse_depth: Rows,W float32; 0 where there is no hit nearer than `HORIZON_M`.
        across_m: Rows,W float32, width of the ground that one pixel sees.
        along_m: Rows,W float32, its extent away from the camera.
    """

    x_m: Field
    z_m: Field
    s_m: Field
    inverse_depth: Field
    across_m: Field
    along_m: Field


@dataclass(frozen=True, eq=False)
class Rays:
    """The rays of some picture rows.

    Args:
        centre: The camera's X, Y, Z in the road frame.
        right: Rows,W float32, how far X goes for a metre of Z.
        down: Rows,W float32, how far Y goes for a metre of Z.
        ahead: Rows,W float32, how far Z goes for a metre of depth.
        pixel: Extent of a pixel across and down, in metres at a depth of one metre.
    """

    centre: tuple[float, float, float]
    right: Field
    down: Field
    ahead: Field
    pixel: tuple[float, float]


def make_rays(projection: NDArray[np.float64], rows: slice, columns: slice) -> Rays:
    """Give the rays through the centres of pixels; none of them may look back."""
    inverse = np.linalg.inv(projection[:, :3])
    x, y, z = (float(part) for part in -inverse @ projection[:, 3])
    ahead = linear_field(inverse[2], rows, columns)
    return Rays(
        centre=(x, y, z),
        right=linear_field(inverse[0], rows, columns) / ahead,
        down=linear_field(inverse[1], rows, columns) / ahead,
        ahead=ahead,
        pixel=(float(np.linalg.norm(inverse[:, 0])), float(np.linalg.norm(inverse[:, 1]))),
    )


def cast_rays(rays: Rays, road: Road, height_m: float) -> Hit:
    """Give where rays meet the level `height_m` above the road."""
    x, y, z = rays.centre
    from_camera = _reach(rays.down, np.float32(-y - height_m), z, road.relief)
    inverse_depth: Field = rays.ahead / from_camera
    missed = ~(from_camera < HORIZON_M)
    np.copyto(from_camera, 2 * HORIZON_M, where=missed)
    np.copyto(inverse_depth, 0, where=missed)
    z_m: Field = from_camera + np.float32(z)
    x_m: Field = rays.right * from_camera
    x_m += np.float32(x)
    falling = _bent(z_m, road.relief)
    falling *= np.float32(road.relief.rise_per_m)
    falling += rays.down
    np.maximum(falling, _FLATTEST_VIEW, out=falling)
    along_m: Field = from_camera * np.float32(rays.pixel[1])
    along_m /= falling
    return Hit(
        x_m=x_m,
        z_m=z_m,
        s_m=x_m - road.curve.lateral_field(z_m),
        inverse_depth=inverse_depth,
        across_m=from_camera * np.float32(rays.pixel[0]),
        along_m=along_m,
    )


def _reach(down: Field, above_m: np.float32, z: float, relief: Relief) -> Field:
    """Give how far ahead rays meet the ground; infinite or negative where they never do.

    With e the height of a ray above the level part where the parabola begins, w the way from there
    and r its curvature, e - q w = r w^2 / 2 gives w = 2 e / (q + sqrt(q^2 + 2 r e)), a form that
    holds for r = 0 too and loses no digits.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        level: Field = above_m / down
        np.copyto(level, np.inf, where=down <= 0)
        if relief.rise_per_m == 0:
            return level
        bend = np.float32(relief.rise_per_m)
        to_start = np.float32(relief.start_m - z)
        above = down * to_start
        np.subtract(above_m, above, out=above)
        root = above * (2 * bend)
        root += np.square(down)
        over = root < 0
        np.sqrt(np.maximum(root, 0, out=root), out=root)
        root += down
        way: Field = 2 * above
        way /= root
        length = np.float32(relief.length_m)
        # Rays that pass over a crest have no root; a slope behind it may still meet them.
        over |= way > length
        over |= way < 0
        if over.any():
            np.copyto(way, _beyond(down, above, bend, length), where=over)
        way += to_start
        np.copyto(way, level, where=above <= 0)
    return way


def _beyond(down: Field, above: Field, bend: np.float32, length: np.float32) -> Field:
    """Give how far behind the start of the parabola rays meet the slope that follows it."""
    left = above - down * length
    left -= bend * length * length / 2
    closing = down + bend * length
    beyond: Field = left / closing
    beyond += length
    np.copyto(beyond, np.inf, where=~((closing > 0) & (left >= 0)))
    return beyond


def _bent(z_m: Field, relief: Relief) -> Field:
    """Give how much of the parabola lies before each Z."""
    bent: Field = np.clip(z_m - np.float32(relief.start_m), 0, np.float32(relief.length_m))
    return bent


def first_ground_row(projection: NDArray[np.float64], size: tuple[int, int], relief: Relief) -> int:
    """Give the first picture row with ground in it (the horizon may be tilted)."""
    ends = end_of_ground(projection, np.array([0, size[1] - 1]), relief)
    return int(np.clip(np.floor(ends.min()), 0, size[0] - 1))


def end_of_ground(
    projection: NDArray[np.float64], columns: NDArray[np.intp], relief: Relief
) -> NDArray[np.float64]:
    """Give for each column the picture row at which the farthest ground ends.

    Over a crest that is where level ground would end: what is seen of the ground ends below.
    """
    rise = max(0.0, relief.height(HORIZON_M))
    return _rows_of_level(projection, columns, rise, HORIZON_M)


def last_backdrop_row(
    projection: NDArray[np.float64], size: tuple[int, int], relief: Relief
) -> int:
    """Give the row from which on downwards ground is seen in every column."""
    # Over a crest, ground may end where the parabola begins, and not before.
    nearest = relief.start_m if relief.rise_per_m < 0 else HORIZON_M
    rows = _rows_of_level(projection, np.array([0, size[1] - 1]), 0.0, nearest)
    return int(np.clip(np.ceil(rows.max()) + 2, 1, size[0]))


def _rows_of_level(
    projection: NDArray[np.float64], columns: NDArray[np.intp], height_m: float, z_m: float
) -> NDArray[np.float64]:
    """Give the rows in which columns see what is `height_m` high at Z = `z_m`."""
    inverse = np.linalg.inv(projection[:, :3])
    camera = -inverse @ projection[:, 3]
    # Y / Z of the ray of a pixel p = (u, v, 1) is (inverse[1] p) / (inverse[2] p); solve for v.
    fall = (-height_m - camera[1]) / (z_m - camera[2])
    across, down, constant = inverse[1] - fall * inverse[2]
    rows: NDArray[np.float64] = -(across * columns + constant) / down
    return rows
