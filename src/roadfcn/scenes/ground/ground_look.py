"""What the ground looks like where a ray meets it: texture, wear, paint, leaves and snow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.description.conditions import RoadWear
from roadfcn.scenes.description.rays import Field, Hit
from roadfcn.scenes.description.scene import Road
from roadfcn.scenes.ground.decals import NEUTRAL, Layers
from roadfcn.scenes.surfaces.ground_atlas import TILE_M, TILE_PX, crazing, ground_atlas
from roadfcn.scenes.surfaces.textures import look_up_softly, noise

_PATCH_PX, _PATCH_M = 256, 48.0
_PROFILE_PER_M, _PROFILE_STEPS = 20, 2048
_CRAZING_PX_PER_M = np.float32(512 / 4.0)
_CRAZING_FADES_M = 0.12
_EARTH = (0.43, 0.36, 0.26)
_SNOW = (0.84, 0.87, 0.92)
_LEAVES = ((0.47, 0.32, 0.14), (0.56, 0.45, 0.20), (0.34, 0.26, 0.19), (0.62, 0.60, 0.55))


@dataclass(frozen=True, eq=False)
class Place:
    """Where the upper one of the two levels of the ground is met, and which it is.

    Args:
        x_m: Rows,W float32.
        z_m: Rows,W float32.
        s_m: Rows,W float32.
        along_m: Rows,W float32, extent away from the camera of what a pixel sees.
        on_top: Rows,W bool, whether the raised level is met.
    """

    x_m: Field
    z_m: Field
    s_m: Field
    along_m: Field
    on_top: NDArray[np.bool_]


def place(low: Hit, high: Hit, on_top: NDArray[np.bool_]) -> Place:
    """Take the raised level's hits where they are met, the road's elsewhere."""
    if high is low:
        return Place(low.x_m, low.z_m, low.s_m, low.along_m, on_top)
    return Place(
        x_m=np.where(on_top, high.x_m, low.x_m),
        z_m=np.where(on_top, high.z_m, low.z_m),
        s_m=np.where(on_top, high.s_m, low.s_m),
        along_m=low.along_m,
        on_top=on_top,
    )


def soft_spots(at: Place, phase: int) -> Field:
    """Give large soft spots of deviation 1, drawn out along the road."""
    per_m = np.float32(_PATCH_PX / _PATCH_M)
    return look_up_softly(
        noise(_PATCH_PX, _PATCH_PX, 1.0, 7),
        at.x_m * per_m + np.float32(phase % 251),
        at.z_m * (per_m * np.float32(0.4)),
    )


def brightness(at: Place, tile: Field, spots: Field, road: Road, wear: RoadWear) -> Field:
    """Give the factor of texture and wear, flattened where a pixel covers much ground.

    Args:
        at: Where the ground is met.
        tile: Rows,W place in the texture atlas.
        spots: Of `soft_spots`.
        road: Its edges.
        wear: Its mottle and bands.
    """
    per_m = np.float32(TILE_PX / TILE_M)
    # Half a pixel less, because the nearest of 255.6 would be the first of the next tile.
    across = _wrap(at.s_m * per_m, TILE_PX)
    across -= np.float32(0.5)
    along = _wrap(at.z_m * per_m, TILE_PX)
    along += tile
    grain = cv2.remap(
        ground_atlas(), across, along, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
    )
    # Contrast falls as the ground one pixel covers outgrows the grain.
    grain -= 1
    fading = at.along_m * np.float32(5)
    np.square(fading, out=fading)
    fading += 1
    grain /= fading
    grain += np.float32(wear.mottle) * spots
    grain += 1
    column = at.s_m * np.float32(_PROFILE_PER_M)
    column += np.float32(_PROFILE_STEPS / 2)
    grain *= profile(road, wear).take(column.astype(np.intp), mode="clip")
    if wear.crazing:
        _craze(grain, at, spots, wear)
    return np.asarray(grain, np.float32)


def profile(road: Road, wear: RoadWear) -> NDArray[np.float32]:
    """Give the brightness across the road that does not change along it, for steps of s."""
    s_m = (np.arange(_PROFILE_STEPS) - _PROFILE_STEPS / 2) / _PROFILE_PER_M
    streaks = np.roll(noise(_PROFILE_STEPS, 1, 0.8, 8)[:, 0], wear.phase % _PROFILE_STEPS)
    factor = 1 + 0.02 * streaks
    on_road = (s_m > road.left_m) & (s_m < road.right_m)
    for band in wear.bands:
        factor *= 1 + (band.factor - 1) * _bell(s_m, band.s_m, band.width_m)
    for left, right in pairwise(road.strips):
        if left.raised != right.raised:
            # Less of the sky is seen at the foot of a kerb; other carriageways have kerbs too.
            lower = (s_m < left.right_m) if right.raised else (s_m > left.right_m)
            factor *= 1 - 0.3 * _bell(s_m, left.right_m, 0.3) * lower
    factor[on_road] = np.maximum(factor[on_road], 0.4)
    return np.asarray(factor, np.float32)


def wear_down(texture: Field, layers: Layers, own: NDArray[np.bool_]) -> None:
    """Change the brightness where wear with outlines lies on the own road."""
    touched = np.flatnonzero((layers.tone != NEUTRAL) & own)
    tone = layers.tone.ravel()[touched].astype(np.float32)
    texture.ravel()[touched] *= tone * np.float32(1 / NEUTRAL)


def lay_paint(
    colour: Field, texture: Field, layers: Layers, own: NDArray[np.bool_], at: Place
) -> None:
    """Lay paint and surfacing onto the colours 3,rows,W of the own road."""
    for paint, layer in layers.paint.items():
        touched = np.flatnonzero((layer > 0) & own)
        share = layer.ravel()[touched].astype(np.float32) * np.float32(1 / 255)
        rubbed = noise(512, 512, 0.5, 9)[
            (at.z_m.ravel()[touched] * 40).astype(np.int32) % 512,
            (at.s_m.ravel()[touched] * 60).astype(np.int32) % 512,
        ]
        # Whole paint stays whole; worn paint goes where wheels and weather rub.
        share -= (1 - share) * np.clip(np.float32(0.8) * rubbed, -0.2, 1) * share
        _blend(colour, touched, paint, share, texture.ravel()[touched])


def cover(
    colour: Field,
    texture: Field,
    at: Place,
    spots: Field,
    grass: NDArray[np.bool_],
    road: Road,
    wear: RoadWear,
) -> None:
    """Lay bare earth, leaves and snow onto the colours 3,rows,W."""
    if wear.bare:
        where = np.flatnonzero(grass)
        share = np.clip(spots.ravel()[where] + np.float32(3 * wear.bare - 2), 0, 1)
        share += (1 - share) * np.clip(2 * texture.ravel()[where] - 2, 0, 1) * np.float32(wear.bare)
        _blend(colour, where, _EARTH, share, texture.ravel()[where])
    if wear.leaves:
        _litter(colour, texture, at, road, wear)
    if wear.snow:
        level = np.float32(2 * wear.snow - 1) + np.float32(0.5) * spots
        level += 2 * (texture - 1)
        for band in wear.bands:
            level -= np.float32(0.8) * _bell(at.s_m, band.s_m, 0.6) * ~at.on_top
        where = np.flatnonzero(level > 0)
        share = np.minimum(level.ravel()[where], 0.92)
        _blend(colour, where, _SNOW, share, np.sqrt(np.maximum(texture.ravel()[where], 0.2)))


def _litter(colour: Field, texture: Field, at: Place, road: Road, wear: RoadWear) -> None:
    """Strew leaves, densest at the edges of the road, where the wind leaves them."""
    middle = np.float32((road.left_m + road.right_m) / 2)
    beside = np.abs(np.abs(at.s_m - middle) - np.float32(road.right_m - middle))
    where = np.flatnonzero(beside < 1.6)
    dense = 2.6 - 1.7 * wear.leaves + np.square(beside.ravel()[where]) * np.float32(0.8)
    leaves = noise(256, 256, 0.35, 52)[
        (at.z_m.ravel()[where] * 55 + wear.phase % 256).astype(np.int32) % 256,
        (at.s_m.ravel()[where] * 55).astype(np.int32) % 256,
    ]
    share = np.clip((leaves - dense) * 3, 0, 0.9)
    share /= 1 + np.square(at.along_m.ravel()[where] * np.float32(3))
    paint = _LEAVES[wear.phase % len(_LEAVES)]
    _blend(colour, where, paint, share, texture.ravel()[where])


def _craze(texture: Field, at: Place, spots: Field, wear: RoadWear) -> None:
    """Darken a net of cracks where the spots are; only near the camera could one see it."""
    near = np.flatnonzero(at.along_m[:, at.along_m.shape[1] // 2] < _CRAZING_FADES_M)
    if not len(near):
        return
    rows = slice(int(near[0]), None)
    net = cv2.remap(
        crazing(),
        at.s_m[rows] * _CRAZING_PX_PER_M,
        at.z_m[rows] * _CRAZING_PX_PER_M,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    net *= np.clip(spots[rows] + np.float32(4 * wear.crazing - 1.5), 0, 1)
    net *= np.clip(1.5 - at.along_m[rows] / np.float32(_CRAZING_FADES_M), 0, 1)
    net *= ~at.on_top[rows]
    texture[rows] *= 1 - np.float32(0.3) * net


def _blend(
    colour: Field,
    where: NDArray[np.intp],
    paint: tuple[float, float, float],
    share: Field,
    texture: Field,
) -> None:
    for plane, part in zip(colour, paint, strict=True):
        flat = plane.reshape(-1)
        here = flat[where]
        flat[where] = here + (np.float32(part) * texture - here) * share


def _bell(s_m: NDArray[np.floating], middle_m: float, width_m: float) -> NDArray[np.floating]:
    """Give 1 in the middle of a band, 0.37 at half its width to either side, 0 far away."""
    bell: NDArray[np.floating] = np.exp(-np.square((s_m - middle_m) * (2 / width_m)))
    return bell


def _wrap(values: Field, period: int) -> Field:
    """Give `values` modulo `period`; several times as fast as the operator."""
    turns: Field = values * np.float32(1 / period)
    np.floor(turns, out=turns)
    turns *= np.float32(period)
    return np.subtract(values, turns, out=turns)
