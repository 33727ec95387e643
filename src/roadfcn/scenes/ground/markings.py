"""Paint on the road: how much of each pixel is painted, without jagged edges.

A marking is narrower than a pixel not far ahead, so coverage is the overlap of the marking with
the piece of road that a pixel sees, along and across.
"""

from __future__ import annotations

import numpy as np

from roadfcn.scenes.description.conditions import Colour
from roadfcn.scenes.description.rays import Field, Hit
from roadfcn.scenes.description.scene import PAINT_WHITE, Crossing, Line, Road
from roadfcn.scenes.surfaces.textures import noise


def paint_coverage(road: Road, hit: Hit, colour: Colour = PAINT_WHITE) -> Field:
    """Give the share of paint of a colour at each hit, 0..1; crossings are white."""
    paint = np.zeros(hit.s_m.shape, np.float32)
    for line in road.lines:
        if line.colour == colour:
            _add_line(paint, line, hit)
    if colour == PAINT_WHITE:
        for crossing in road.crossings:
            _add_crossing(paint, crossing, hit)
    return paint


def _add_line(paint: Field, line: Line, hit: Hit) -> None:
    off_m = np.abs(hit.s_m - np.float32(line.s_m))
    near = np.flatnonzero(off_m < hit.across_m + np.float32(line.width_m))
    share = _overlap(off_m.take(near), line.width_m, hit.across_m.take(near))
    z_m, s_m = hit.z_m.take(near), hit.s_m.take(near)
    if np.isfinite(line.dash_m):
        from_dash_m = z_m - np.float32(line.phase_m)
        share *= _periodic(from_dash_m, line.dash_m, line.gap_m, hit.along_m.take(near))
    wear = noise(512, 512, 0.5, 9)[
        (z_m * 40).astype(np.int32) % 512, (s_m * 60).astype(np.int32) % 512
    ]
    share *= 1 - np.float32(line.wear) * np.clip(0.7 + 0.8 * wear, 0, 1.2)
    paint.put(near, np.maximum(paint.take(near), share))


def _add_crossing(paint: Field, crossing: Crossing, hit: Hit) -> None:
    depth_m = crossing.far_m - crossing.near_m
    off_m = np.abs(hit.z_m - np.float32((crossing.near_m + crossing.far_m) / 2))
    inside = (hit.s_m > crossing.left_m) & (hit.s_m < crossing.right_m)
    near = np.nonzero(inside & (off_m < hit.along_m + np.float32(depth_m)))
    share = _overlap(off_m[near], depth_m, hit.along_m[near])
    if np.isfinite(crossing.bar_m):
        from_left_m = hit.s_m[near] - np.float32(crossing.left_m)
        share *= _periodic(from_left_m, crossing.bar_m, crossing.gap_m, hit.across_m[near])
    paint[near] = np.maximum(paint[near], share * np.float32(0.85))


def _overlap(off_m: Field, width_m: float, pixel_m: Field) -> Field:
    """Give the share of a pixel `pixel_m` wide that a band covers whose middle is `off_m` away."""
    part = (np.float32(width_m / 2) - off_m) / pixel_m + np.float32(0.5)
    covered: Field = np.clip(part, 0, np.minimum(1, np.float32(width_m) / pixel_m))
    return covered


def _periodic(at_m: Field, on_m: float, off_m: float, pixel_m: Field) -> Field:
    """Give the share of paint around `at_m` where paint and gap take turns."""
    period_m = np.float32(on_m + off_m)
    # Distance to the middle of the dash whose period this is.
    from_middle = np.abs((at_m + np.float32(off_m / 2)) % period_m - period_m / 2)
    share = _overlap(from_middle, on_m, np.minimum(pixel_m, period_m))
    blurred = np.clip(pixel_m / period_m, 0, 1)
    mixed: Field = share * (1 - blurred) + np.float32(on_m) / period_m * blurred
    return mixed
