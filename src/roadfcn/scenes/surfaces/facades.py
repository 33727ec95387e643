"""Fronts of houses as tileable pictures in their own colours: walls, windows, doors, shops.

A tile shows `BAYS` window bays; `upper` ones two floors of them, `ground` and `shops` one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.description.scene import Colour
from roadfcn.scenes.surfaces.lettering import write_word
from roadfcn.scenes.surfaces.textures import Pyramid, noise, pyramid

BAYS = 4
_BAY_PX = 76
_FLOOR_PX = 76
_WIDTH_PX = BAYS * _BAY_PX
_TILES = 96
"""Kept of each kind, up to 0.7 MB apiece; streets draw on some 120, and few of them often."""

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Style:
    """How a kind of house looks.

    Args:
        wall: brick, render, stone, concrete, metal or glass.
        window: Left, top, right and bottom limit in a bay, as shares.
        panes: Panes across and down.
        frame: Brightness of the frames.
        lintel: Whether a light stone lies over and under each window.
        ribbon: Whether windows join into a band.
    """

    wall: str
    window: tuple[float, float, float, float]
    panes: tuple[int, int]
    frame: float
    lintel: bool = False
    ribbon: bool = False


STYLES = (
    Style("brick", (0.28, 0.2, 0.72, 0.8), (2, 2), 0.92, lintel=True),
    Style("render", (0.25, 0.22, 0.75, 0.74), (2, 1), 0.88),
    Style("brick", (0.18, 0.26, 0.82, 0.72), (3, 1), 0.9),
    Style("stone", (0.3, 0.12, 0.7, 0.82), (2, 3), 0.9, lintel=True),
    Style("concrete", (0.0, 0.3, 1.0, 0.75), (2, 1), 0.35, ribbon=True),
    Style("glass", (0.02, 0.04, 0.98, 0.97), (2, 2), 0.3, ribbon=True),
    Style("render", (0.32, 0.24, 0.68, 0.78), (2, 2), 0.3, lintel=True),
    Style("render", (0.14, 0.2, 0.62, 0.95), (2, 1), 0.28),
    Style("metal", (0.2, 0.3, 0.8, 0.55), (3, 1), 0.4),
)

WALLS: tuple[Colour, ...] = (
    (0.86, 0.82, 0.72),
    (0.90, 0.89, 0.86),
    (0.80, 0.68, 0.52),
    (0.72, 0.52, 0.44),
    (0.74, 0.74, 0.72),
    (0.84, 0.76, 0.62),
    (0.46, 0.24, 0.17),
    (0.55, 0.33, 0.24),
    (0.62, 0.50, 0.36),
    (0.38, 0.24, 0.20),
    (0.42, 0.42, 0.42),
    (0.33, 0.34, 0.35),
    (0.22, 0.21, 0.21),
    (0.56, 0.55, 0.52),
    (0.64, 0.68, 0.72),
    (0.70, 0.72, 0.60),
)
"""The colours that tiles are made in."""

_DOORS = ((0.25, 0.06, 0.06), (0.08, 0.12, 0.25), (0.08, 0.2, 0.12), (0.12, 0.12, 0.12), (0.8,) * 3)
_FASCIAS = (
    (0.55, 0.08, 0.08),
    (0.08, 0.16, 0.42),
    (0.06, 0.28, 0.16),
    (0.10, 0.10, 0.10),
    (0.85, 0.65, 0.12),
    (0.82, 0.82, 0.80),
    (0.35, 0.12, 0.35),
    (0.10, 0.42, 0.50),
)
_WORDS = ("CAFE", "BANK", "PIZZA", "SHOP", "HAIR", "BOOKS", "BAKER", "NEWS", "PHARMA", "TAXI")


def nearest_wall(colour: Colour) -> tuple[int, float]:
    """Give the index in `WALLS` of the most similar colour, and how much brighter this one is."""
    away = [sum((a - b) ** 2 for a, b in zip(colour, wall, strict=True)) for wall in WALLS]
    index = away.index(min(away))
    return index, sum(colour) / sum(WALLS[index])


@lru_cache(maxsize=_TILES)
def upper(style: int, wall: int) -> Pyramid:
    """Give two floors of a style, in a colour of `WALLS`."""
    rng = np.random.default_rng([style, wall, 11])
    picture = _wall(STYLES[style], WALLS[wall], 2 * _FLOOR_PX)
    for floor in range(2):
        for bay in range(BAYS):
            _window(picture, rng, STYLES[style], bay, floor * _FLOOR_PX)
    return pyramid(np.clip(picture, 0.01, 1.2))


@lru_cache(maxsize=_TILES)
def ground(style: int, wall: int) -> Pyramid:
    """Give the ground floor of a style: windows, and a door in every other bay or so."""
    rng = np.random.default_rng([style, wall, 13])
    picture = _wall(STYLES[style], WALLS[wall], _FLOOR_PX)
    for bay in range(BAYS):
        if bay % 2 == style % 2 and STYLES[style].wall != "glass":
            _door(picture, rng, bay)
        elif STYLES[style].wall == "metal":
            _gate(picture, rng, bay)
        else:
            _window(picture, rng, STYLES[style], bay, 0)
    plinth = picture[round(0.9 * _FLOOR_PX) :]
    plinth *= np.float32(0.72)
    return pyramid(np.clip(picture, 0.01, 1.2))


@lru_cache(maxsize=8)
def shops(look: int) -> Pyramid:
    """Give a row of shop fronts: sign boards, show windows with goods, doors."""
    rng = np.random.default_rng([look, 17])
    picture = np.full((_FLOOR_PX, _WIDTH_PX, 3), 0.3, np.float32)
    left = 0
    while left < _WIDTH_PX:
        width = min(_WIDTH_PX - left, _BAY_PX * int(rng.integers(1, 3)))
        _shop(picture[:, left : left + width], rng)
        left += width
    return pyramid(np.clip(picture, 0.01, 1.3))


@lru_cache(maxsize=len(WALLS) * 2)
def bare(wall: int, kind: str) -> Pyramid:
    """Give a wall without windows, a tile of `BAYS` bays by two floors."""
    style = next(one for one in STYLES if one.wall == kind)
    return pyramid(_wall(style, WALLS[wall], 2 * _FLOOR_PX))


@lru_cache(maxsize=4)
def roof_tiles(look: int) -> Pyramid:
    """Give rows of roof tiles or slates, 128,128 brightness factors, some moss."""
    rows = np.arange(128)[:, None] % 8 / 8
    shade = 0.88 + 0.2 * rows + 0.07 * noise(128, 128, 0.3, 91 + look)
    shade = shade + 0.08 * noise(128, 128, 1.0, 95 + look)
    columns = (np.arange(128)[None, :] + (np.arange(128)[:, None] // 8 % 2) * 4) % 8
    shade = np.where(columns == 0, shade * 0.88, shade)
    return pyramid(np.repeat(shade[..., None], 3, axis=2).astype(np.float32))


def _wall(style: Style, colour: Colour, height_px: int) -> Picture:
    """Give the bare wall."""
    shade = _relief(style.wall, height_px)
    return np.asarray(cv2.merge([shade * np.float32(part) for part in colour]), np.float32)


@lru_cache(maxsize=16)
def _relief(wall: str, height_px: int) -> Picture:
    """Give the brightness of a kind of wall: grain, joints, ribs."""
    shape = (height_px, _WIDTH_PX)
    seed = len(wall)
    soft = cv2.resize(noise(128, 256, 1.0, 12 + seed), shape[::-1])
    fine = cv2.resize(noise(128, 256, 0.2, 22 + seed), shape[::-1], interpolation=cv2.INTER_NEAREST)
    shade = 1 + 0.05 * soft + 0.02 * fine
    y, x = np.indices(shape)
    if wall == "brick":
        shade += 0.06 * fine
        shade[(y % 4 == 0) | ((x + (y // 4 % 2) * 4) % 9 == 0)] *= 1.22
    elif wall == "stone":
        shade += 0.03 * fine
        shade[(y % 13 == 0) | ((x + (y // 13 % 2) * 12) % 25 == 0)] *= 0.8
    elif wall == "concrete":
        shade[(y % 38 == 0) | (x % _BAY_PX == 0)] *= 0.78
    elif wall == "metal":
        shade *= 1 + 0.1 * np.sign(x % 6 - 2.5)
    return np.asarray(shade, np.float32)


def _window(
    picture: Picture, rng: np.random.Generator, style: Style, bay: int, top_px: int
) -> None:
    """Paint a window: frame, panes that mirror the sky above and are dark below, curtains."""
    left, top, right, bottom = style.window
    x0, x1 = (round((bay + share) * _BAY_PX) for share in (left, right))
    y0, y1 = (top_px + round(share * _FLOOR_PX) for share in (top, bottom))
    if style.lintel:
        stone = picture.mean(axis=(0, 1)) * 0.4 + 0.42
        picture[max(0, y0 - 7) : y0, max(0, x0 - 3) : x1 + 3] = stone
        picture[y1 : y1 + 4, max(0, x0 - 4) : x1 + 4] = stone * 0.95
    elif not style.ribbon:
        picture[y1 : y1 + 3, max(0, x0 - 2) : x1 + 2] = 0.7
    # The wall's depth throws a shadow on frame and panes.
    picture[y0:y1, x0:x1] = style.frame
    across, down = style.panes
    inner_x, inner_y = np.linspace(x0 + 2, x1, across + 1), np.linspace(y0 + 2, y1, down + 1)
    tone = float(rng.uniform(0.5, 1.2))
    curtain = float(rng.uniform(0.45, 0.85))
    has_curtains, has_blind = rng.random() < 0.4, rng.random() < 0.2
    is_lit = rng.random() < 0.06
    for row in range(down):
        for column in range(across):
            a, b = (
                round(inner_x[column]),
                max(round(inner_x[column]) + 1, round(inner_x[column + 1]) - 2),
            )
            c, d = round(inner_y[row]), max(round(inner_y[row]) + 1, round(inner_y[row + 1]) - 2)
            fall = np.linspace(0.34, 0.08, d - c, dtype=np.float32)[:, None, None]
            glass = np.array((0.75, 0.9, 1.05), np.float32)
            if style.wall == "glass":
                fall, glass = fall * 1.3 + 0.12, np.array((0.6, 0.85, 0.95), np.float32)
            picture[c:d, a:b] = fall * glass * tone * float(rng.uniform(0.85, 1.15))
            if is_lit:
                picture[c:d, a:b] = (0.85, 0.68, 0.4)
    if has_curtains:
        share = round((x1 - x0) * float(rng.uniform(0.12, 0.3)))
        for a, b in ((x0 + 2, x0 + share), (x1 - share, x1 - 2)):
            picture[y0 + 2 : y1 - 1, a:b] = curtain * np.array((1.0, 0.97, 0.9), np.float32)
    if has_blind:
        picture[y0 + 2 : y0 + round((y1 - y0) * float(rng.uniform(0.2, 0.8))), x0 + 2 : x1 - 2] = (
            0.62
        )
    picture[y0 : y0 + 2, x0:x1] *= 0.55


def _door(picture: Picture, rng: np.random.Generator, bay: int) -> None:
    middle = round((bay + 0.5) * _BAY_PX)
    colour = np.array(_DOORS[int(rng.integers(len(_DOORS)))], np.float32)
    picture[8:, middle - 16 : middle + 16] = 0.85
    picture[11:, middle - 13 : middle + 13] = colour
    picture[12:20, middle - 12 : middle + 12] = (0.16, 0.19, 0.22)
    for top in (26, 50):
        cv2.rectangle(
            picture, (middle - 9, top), (middle + 9, top + 18), (colour * 0.7).tolist(), 1
        )
    picture[-4:, middle - 18 : middle + 18] = 0.55


def _gate(picture: Picture, rng: np.random.Generator, bay: int) -> None:
    left, right = round((bay + 0.08) * _BAY_PX), round((bay + 0.92) * _BAY_PX)
    gate = np.full(3, rng.uniform(0.3, 0.7), np.float32)
    picture[14:, left:right] = gate
    picture[14::5, left:right] = gate * 0.75


def _shop(front: Picture, rng: np.random.Generator) -> None:
    """Paint a shop into its part of the row."""
    height, width = front.shape[:2]
    fascia = np.array(_FASCIAS[int(rng.integers(len(_FASCIAS)))], np.float32)
    post = fascia * 0.8 if rng.random() < 0.5 else np.full(3, rng.uniform(0.1, 0.8), np.float32)
    front[:] = post
    front[3:20] = fascia
    ink = (0.95, 0.93, 0.85) if fascia.mean() < 0.5 else (0.1, 0.1, 0.12)
    word = _WORDS[int(rng.integers(len(_WORDS)))]
    write_word(front, word, (max(3, width // 2 - 6 * len(word)), 16), 0.48, ink)
    panes = max(2, width // 30)
    edges = np.linspace(4, width - 4, panes + 1).round().astype(int)
    door = int(rng.integers(panes))
    for k in range(panes):
        low = height - 3 if k == door else height - 13
        part = front[23:low, edges[k] + 1 : edges[k + 1] - 1]
        rows = np.linspace(0.30, 0.12, len(part), dtype=np.float32)[:, None, None]
        part[:] = rows * np.array((0.9, 0.95, 1.0), np.float32)
        for _ in range(int(rng.integers(2, 7))):
            at = (int(rng.integers(max(1, part.shape[1] - 5))), int(rng.integers(8, len(part) - 6)))
            goods = rng.uniform(0.1, 0.75, 3)
            part[at[1] : at[1] + int(rng.integers(3, 12)), at[0] : at[0] + 5] = goods
        if k == door:
            part[:, :2] = part[:, -2:] = 0.5
    front[-3:] = 0.25
