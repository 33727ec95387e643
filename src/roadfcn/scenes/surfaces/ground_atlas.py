"""The textures of the ground, all in one array, so that one look-up serves every pixel.

Each material has several looks: rows of tiles below one another, as brightness factors around 1.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from roadfcn.scenes.description.scene import Material
from roadfcn.scenes.surfaces.textures import Texture, noise

TILE_PX = 256
TILE_M = 3.0
"""Side of a tile."""

ROAD_LOOKS = 6
"""Fine, with light chips, rolled chippings, patchy, smooth, small setts."""
SETTS = 5

_LOOKS = {
    Material.ASPHALT: ROAD_LOOKS,
    Material.SLABS: 5,
    Material.COBBLES: 3,
    Material.GRASS: 2,
    Material.GRAVEL: 2,
    Material.KERB: 2,
}
LOOKS = sum(_LOOKS.values())


def tile_of(material: Material, look: int) -> int:
    """Give the place in the atlas of a look of a material, `look` modulo what there are."""
    before = sum(count for other, count in _LOOKS.items() if other < material)
    return before + look % _LOOKS[material]


@lru_cache(maxsize=1)
def ground_atlas() -> Texture:
    """Give all tiles, `LOOKS` * TILE_PX, TILE_PX float32."""
    grain = _grain(0.15, 1)
    soft = _grain(0.9, 2)
    fine = _grain(0.05, 5)
    chips = np.clip(_grain(0.1, 6) - 1.4, 0, 1.5)
    tiles = {
        Material.ASPHALT: [
            1 + 0.055 * grain + 0.03 * soft,
            0.97 + 0.05 * grain + 0.28 * chips,
            1 + 0.12 * _grain(0.3, 8) + 0.02 * soft,
            1 + 0.06 * grain + 0.07 * soft + 0.05 * _grain(1.2, 9),
            1 + 0.025 * fine + 0.02 * soft,
            _paving(30, 24, contrast=0.09, joint=0.82) + 0.05 * grain,
        ],
        Material.SLABS: [
            _paving(6, 6, contrast=0.05) + 0.04 * grain,
            _paving(10, 10, contrast=0.05) + 0.03 * grain,
            _paving(5, 4, contrast=0.08) + 0.04 * soft,
            _paving(4, 6, contrast=0.03, joint=0.86) + 0.03 * fine,
            _paving(8, 5, contrast=0.11, joint=0.6) + 0.05 * soft,
        ],
        Material.COBBLES: [
            _paving(24, 16, contrast=0.12) + 0.06 * grain,
            _paving(30, 15, contrast=0.08) + 0.04 * grain,
            _paving(20, 20, contrast=0.16, joint=0.6) + 0.06 * grain,
        ],
        Material.GRASS: [
            1 + 0.22 * _grain(0.55, 3) + 0.1 * soft,
            1 + 0.13 * _grain(0.35, 10) + 0.14 * _grain(1.0, 11),
        ],
        Material.GRAVEL: [
            1 + 0.18 * _grain(0.3, 4) + 0.06 * soft,
            1 + 0.09 * _grain(0.4, 12) + 0.1 * soft,
        ],
        Material.KERB: [
            _paving(3, 3, contrast=0.04) + 0.05 * grain,
            _paving(4, 3, contrast=0.09, joint=0.6) + 0.07 * soft,
        ],
    }
    atlas = np.concatenate([tile for material in sorted(tiles) for tile in tiles[material]])
    return np.asarray(np.clip(atlas, 0.3, 1.8), np.float32)


@lru_cache(maxsize=1)
def crazing() -> Texture:
    """Give a net of fine cracks, 512,512 in 0..1 for 4 m: the edges of a Voronoi diagram."""
    side, cells = 512, 900
    rng = np.random.default_rng(41)
    places = rng.integers(0, side, (cells, 2))
    nearest = np.full((side, side), np.inf, np.float32)
    second = nearest.copy()
    rows, columns = np.indices((side, side), dtype=np.float32)
    for row, column in places:
        down = np.abs(rows - row)
        across = np.abs(columns - column)
        # Distance on the torus, so that the tile wraps around.
        away = np.hypot(np.minimum(down, side - down), np.minimum(across, side - across))
        second = np.minimum(second, np.maximum(nearest, away))
        nearest = np.minimum(nearest, away)
    return np.asarray(np.clip(1.6 - (second - nearest), 0, 1), np.float32)


def _grain(roughness: float, seed: int) -> Texture:
    return noise(TILE_PX, TILE_PX, roughness, seed)


def _paving(rows: int, columns: int, *, contrast: float, joint: float = 0.72) -> Texture:
    """Lay rows of stones in running bond: each its own brightness, dark joints between."""
    shades = np.random.default_rng([rows, columns]).normal(1, contrast, (rows, columns))
    y, x = np.indices((TILE_PX, TILE_PX))
    row = y * rows // TILE_PX
    shifted = x + (row % 2) * TILE_PX // (2 * columns)
    column = (shifted * columns // TILE_PX) % columns
    paving = shades[row, column]
    joints = ((y * rows) % TILE_PX < rows) | ((shifted * columns) % TILE_PX < columns)
    paving[joints] = joint
    return np.asarray(paving, np.float32)
