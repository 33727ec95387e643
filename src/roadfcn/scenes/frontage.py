"""What closes the view at the sides of a street: houses, hedges, walls, trees behind them."""

from __future__ import annotations

from roadfcn.scenes.placing import Placer
from roadfcn.scenes.scene import Obstacle

NEAREST_M, FARTHEST_M = 3.0, 130.0

LEAVES = ((0.24, 0.34, 0.14), (0.30, 0.38, 0.16), (0.18, 0.29, 0.14), (0.38, 0.36, 0.16))
_WALLS = (
    (0.86, 0.82, 0.72),
    (0.90, 0.89, 0.86),
    (0.80, 0.68, 0.52),
    (0.72, 0.52, 0.44),
    (0.74, 0.74, 0.72),
    (0.84, 0.76, 0.62),
)
_BRICKS = ((0.52, 0.36, 0.30), (0.60, 0.57, 0.52), (0.46, 0.42, 0.40))
_STEELS = ((0.3, 0.3, 0.3), (0.5, 0.4, 0.3))

_BOUNDARIES = {"hedge": LEAVES, "wall": _BRICKS, "railing": _STEELS}
_PIECE_M = 7.0


def draw_frontage(placer: Placer, sign: int) -> list[Obstacle]:
    """Draw the left (-1) or right (1) front: houses alone, or behind a boundary, or open land."""
    kinds = ["houses", *_BOUNDARIES, "open"]
    kind = str(placer.rng.choice(kinds, p=[0.42, 0.2, 0.12, 0.1, 0.16]))
    front_m = placer.side(sign).front
    if kind in _BOUNDARIES:
        boundary = _draw_boundary(placer, sign, front_m, kind)
        return boundary + _draw_houses(placer, sign, front_m + placer.between(3, 9), 0.55)
    if kind == "houses":
        return _draw_houses(placer, sign, front_m + placer.between(0, 2), 0.85, terraced=True)
    return _draw_houses(placer, sign, front_m, 0.15)


def _draw_boundary(placer: Placer, sign: int, from_edge_m: float, kind: str) -> list[Obstacle]:
    """Draw a hedge, wall or railing in pieces that follow the road, open at junctions."""
    height, width = {
        "hedge": (placer.between(1.0, 2.4), 0.9),
        "wall": (placer.between(0.7, 2.0), 0.3),
        "railing": (1.1, 0.05),
    }[kind]
    palette = (_BOUNDARIES[kind][int(placer.rng.integers(len(_BOUNDARIES[kind])))],)
    # A little longer than their distance: pieces of a bend would gape on the outside.
    size = (width, height, _PIECE_M * 1.05)
    return [
        placer.beside(sign, from_edge_m + width / 2, middle, kind, size, palette)
        for middle in placer.steps(NEAREST_M + _PIECE_M / 2, 95, _PIECE_M)
        if placer.is_free(middle, _PIECE_M / 2)
    ]


def _draw_houses(
    placer: Placer, sign: int, from_edge_m: float, density: float, *, terraced: bool = False
) -> list[Obstacle]:
    """Draw houses, and trees where there is none; terraced ones often stand wall to wall."""
    obstacles = []
    z_m = placer.between(NEAREST_M + 1, 14)
    while z_m < FARTHEST_M:
        length, depth = placer.between(9, 22), placer.between(8, 12)
        middle = z_m + length / 2
        if placer.chance(density) and placer.is_free(middle, length / 2 + 1.5):
            height = 3.0 * int(placer.rng.integers(1, 5)) + placer.between(0, 1)
            size = (depth, height, length)
            obstacles.append(
                placer.beside(sign, from_edge_m + depth / 2, middle, "house", size, _WALLS)
            )
        elif placer.is_free(middle, 3) and placer.chance(0.8):
            height = placer.between(5, 11)
            tree = "conifer" if placer.chance(0.25) else "tree"
            size = (height * 0.8, height, 0.5)
            obstacles.append(
                placer.beside(sign, from_edge_m + 3 + height / 4, middle, tree, size, LEAVES)
            )
        joined = terraced and placer.chance(0.6)
        z_m += length + (0.0 if joined else placer.between(2, 10))
    return obstacles
