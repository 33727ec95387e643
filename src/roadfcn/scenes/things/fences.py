"""Fences along the road: iron railings, chain link, boards, guard rails; and walls."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from roadfcn.scenes.bodies.facets import Facet
from roadfcn.scenes.bodies.meshes import Mesh
from roadfcn.scenes.bodies.shapes import PAINT, Finish, Moulder, Shape
from roadfcn.scenes.bodies.solids import Place, Slab, sides
from roadfcn.scenes.description.scene import Obstacle
from roadfcn.scenes.surfaces import facades
from roadfcn.scenes.surfaces.textures import Pyramid, noise, pyramid

_TILE_M = 2.0
_COPING = (0.62, 0.60, 0.56)


def build_railing(railing: Obstacle) -> list[Facet]:
    """Build a railing or a chain-link fence along the heading, seen from both sides."""
    return _sheet(railing, _railing(railing.variant % 4))


def build_board_fence(fence: Obstacle) -> list[Facet]:
    """Build a fence of upright boards."""
    return _sheet(fence, _boards(fence.variant % 2))


def _sheet(fence: Obstacle, texture: Pyramid) -> list[Facet]:
    end = fence.length_m / 2
    wall = Place.of(fence).corners(
        (0, 0, -end), (0, 0, end), (0, fence.height_m, end), (0, fence.height_m, -end)
    )
    repeat = (fence.length_m / _TILE_M, 1.0)
    # Seen from the other side, the same corners run the other way round.
    return [
        Facet(wall, fence.colour, texture, repeat),
        Facet(wall[[1, 0, 3, 2]], fence.colour, texture, repeat),
    ]


def build_guard_rail(rail: Obstacle) -> list[Mesh]:
    """Build a steel guard rail on posts, 4 m long as moulded."""
    scale = (rail.width_m / 0.3, rail.height_m / 0.78, rail.length_m / 4)
    return [Mesh(Place.of(rail), _mould_guard_rail(), rail.colour, scale=scale)]


def build_wall(wall: Obstacle) -> list[Facet]:
    """Build a garden wall of brick or stone with a coping."""
    half, end = wall.width_m / 2, wall.length_m / 2
    coping = min(0.1, 0.2 * wall.height_m)
    index, bright = facades.nearest_wall(wall.colour)
    texture = facades.bare(index, "stone" if wall.variant % 3 == 0 else "brick")
    tone = (bright, bright, bright)
    place = Place.of(wall)
    top = wall.height_m
    body = sides(place, Slab(half, -end, end, 0.0), Slab(half, -end, end, top - coping))
    seen = place.seen_sides(half, end)
    facets = []
    for name, corners in body.items():
        if name in seen:
            along = wall.length_m if name in ("left", "right") else wall.width_m
            repeat = (along / 12 + 0.0001, (top - coping) / 6)
            facets.append(Facet(corners, tone, texture, repeat))
    lid = sides(place, Slab(half, -end, end, top - coping), Slab(half, -end, end, top))
    return facets + [
        Facet(corners, _COPING) for name, corners in lid.items() if name in seen or name == "top"
    ]


@lru_cache(maxsize=4)
def _railing(look: int) -> Pyramid:
    """Give two metres of railing, 128,256: bars between rails, or wire mesh; gaps are clear."""
    picture = np.full((128, 256, 4), 1.0, np.float32)
    picture[..., 3] = 0
    bar = (1.0, 1.0, 1.0, 1.0)
    if look == 3:  # chain link
        for start in range(-128, 256, 16):
            cv2.line(picture, (start, 0), (start + 128, 128), bar, 1)
            cv2.line(picture, (start + 128, 0), (start, 128), bar, 1)
        for x in (0, 255):
            cv2.line(picture, (x, 0), (x, 128), bar, 7)
        cv2.line(picture, (0, 2), (256, 2), bar, 4)
        return pyramid(picture)
    for x in range(8, 256, (16, 32, 16)[look]):
        cv2.line(picture, (x, 8 if look != 2 else 0), (x, 127), bar, 5)
        if look == 2:  # spearheads
            cv2.circle(picture, (x, 6), 5, bar, -1)
    for y in (14, 106) if look != 1 else (12, 60, 106):
        cv2.line(picture, (-8, y), (264, y), (0.9, 0.9, 0.9, 1.0), 7)
    for x in (0, 255):
        cv2.line(picture, (x, 0), (x, 128), (0.9, 0.9, 0.9, 1.0), 12)
    return pyramid(picture)


@lru_cache(maxsize=2)
def _boards(look: int) -> Pyramid:
    """Give two metres of boards, 128,256, some gaps between them if `look` is 1."""
    step = 16 if look == 0 else 21
    x = np.arange(256)
    tones = np.random.default_rng([look, 79]).normal(1, 0.1, 256 // step + 1)[x // step]
    picture = np.ones((128, 256, 4), np.float32)
    grain = cv2.resize(noise(8, 256, 0.4, 80 + look), (256, 128))
    picture[..., :3] = (tones[None, :] + 0.07 * grain)[..., None]
    seam = x % step < (2 if look == 0 else 5)
    if look == 0:
        picture[:, seam, :3] = 0.45
    else:
        picture[:, seam, 3] = 0
        picture[20:30] = picture[96:106] = 0.8
        picture[20:30, :, 3] = picture[96:106, :, 3] = 1
    return pyramid(picture)


@lru_cache(maxsize=1)
def _mould_guard_rail() -> Shape:
    moulder = Moulder()
    steel = Finish(PAINT, gloss=0.2)
    moulder.box((-0.02, 0.46, -2.0), (0.06, 0.57, 2.0), steel, cells=8, taper=1.0)
    moulder.box((-0.02, 0.66, -2.0), (0.06, 0.78, 2.0), steel, cells=8)
    moulder.box((-0.03, 0.57, -2.0), (0.03, 0.66, 2.0), Finish(PAINT, shade=0.75), cells=8)
    for z in (-1.5, 0.5):
        moulder.box((-0.12, 0.0, z - 0.06), (-0.03, 0.7, z + 0.06), Finish(PAINT, shade=0.7))
    return moulder.finished()
