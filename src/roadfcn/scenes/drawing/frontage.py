"""What closes the view at the sides of a street: shops, terraces, gardens, blocks, woods."""

from __future__ import annotations

from dataclasses import replace

from roadfcn.scenes.description.colours import Palette
from roadfcn.scenes.description.scene import Obstacle
from roadfcn.scenes.drawing.placing import Placer
from roadfcn.scenes.drawing.planting import LEAVES, Gardener, Season
from roadfcn.scenes.surfaces.facades import STYLES, WALLS

NEAREST_M, FARTHEST_M = 3.0, 100.0

_BRICKS: Palette = WALLS[6:10]
_PLASTERS: Palette = WALLS[:6]
_STONES: Palette = ((0.72, 0.66, 0.54), (0.62, 0.50, 0.36), (0.56, 0.55, 0.52), (0.80, 0.68, 0.52))
_CONCRETES: Palette = (WALLS[4], WALLS[13], WALLS[14])
_ANY: Palette = WALLS
_IRONS: Palette = ((0.08, 0.08, 0.09), (0.10, 0.18, 0.12), (0.45, 0.46, 0.46), (0.30, 0.30, 0.30))
_BOARDS: Palette = ((0.40, 0.29, 0.18), (0.30, 0.24, 0.19), (0.50, 0.45, 0.40), (0.22, 0.28, 0.18))
_STEELS: Palette = ((0.60, 0.61, 0.62), (0.52, 0.54, 0.55))

_BY_WALL = {
    "brick": _BRICKS,
    "render": _PLASTERS,
    "stone": _STONES,
    "concrete": _CONCRETES,
    "glass": _CONCRETES,
    "metal": _CONCRETES,
}
_TOWN = {"shops": 0.22, "terrace": 0.24, "gardens": 0.28, "blocks": 0.1, "wood": 0.06, "open": 0.1}
_LAND = {"shops": 0.02, "terrace": 0.08, "gardens": 0.3, "blocks": 0.05, "wood": 0.3, "open": 0.25}
_PIECE_M = 7.0


def draw_frontage(placer: Placer, sign: int, season: Season | None = None) -> list[Obstacle]:
    """Draw the left (-1) or right (1) front of a street; it is summer unless a season is given."""
    gardener = Gardener(placer, season or Season())
    kinds = _TOWN if placer.side(sign).walk is not None else _LAND
    kind = str(placer.rng.choice(list(kinds), p=list(kinds.values())))
    front_m = placer.side(sign).front
    if kind == "shops":
        return _draw_shops(placer, sign, front_m)
    if kind == "terrace":
        return _draw_terrace(placer, sign, front_m)
    if kind == "blocks":
        return _draw_blocks(gardener, sign, front_m)
    if kind == "wood":
        return gardener.wood(sign, front_m)
    if kind == "gardens":
        boundary = str(
            placer.rng.choice(
                ["hedge", "wall", "railing", "board fence", "none"], p=[0.34, 0.28, 0.14, 0.1, 0.14]
            )
        )
        before = [] if boundary == "none" else draw_boundary(placer, sign, front_m, boundary)
        behind = gardener.backdrop(sign, front_m + placer.between(20, 30))
        return behind + before + _draw_houses(gardener, sign, front_m + placer.between(3, 9), 0.62)
    fence = []
    if placer.chance(0.35):
        kind = str(placer.rng.choice(["guard rail", "railing", "hedge", "board fence"]))
        fence = draw_boundary(placer, sign, front_m - (0.6 if kind == "guard rail" else 0.0), kind)
    if placer.chance(0.7):
        fence += gardener.backdrop(sign, front_m + placer.between(14, 45))
    return fence + _draw_houses(gardener, sign, front_m + placer.between(2, 14), 0.15)


def draw_boundary(placer: Placer, sign: int, from_edge_m: float, kind: str) -> list[Obstacle]:
    """Draw a hedge, wall, fence or guard rail in pieces that follow the road, open at junctions."""
    width, height, palette = {
        "hedge": (0.9, placer.between(0.9, 2.6), LEAVES),
        "wall": (0.3, placer.between(0.6, 2.1), (*_BRICKS, *_STONES)),
        "railing": (0.05, placer.between(0.9, 1.6), _IRONS),
        "board fence": (0.05, placer.between(1.0, 1.9), _BOARDS),
        "guard rail": (0.3, 0.78, _STEELS),
    }[kind]
    palette = (palette[int(placer.rng.integers(len(palette)))],)
    variant = int(placer.rng.integers(1000))
    # A little longer than their distance: pieces of a bend would gape on the outside.
    size = (width, height, _PIECE_M * 1.05)
    pieces = []
    for middle in placer.steps(NEAREST_M + _PIECE_M / 2, 95, _PIECE_M):
        if placer.is_free(middle, _PIECE_M / 2):
            piece = placer.beside(sign, from_edge_m + width / 2, middle, kind, size, palette)
            # Plants differ from piece to piece, what is built does not.
            pieces.append(piece if kind == "hedge" else replace(piece, variant=variant))
    return pieces


def _draw_shops(placer: Placer, sign: int, front_m: float) -> list[Obstacle]:
    """Draw the middle of a town: house after house, shops on the ground floor of most."""
    houses = []
    z_m = placer.between(-6, 6)
    while z_m < FARTHEST_M:
        length = placer.between(7, 18)
        floors = int(placer.rng.integers(2, 5))
        style = int(
            placer.rng.choice([0, 1, 2, 3, 6, 4, 5], p=[0.24, 0.2, 0.1, 0.2, 0.12, 0.08, 0.06])
        )
        has_shops = placer.chance(0.75)
        house = _draw_house(placer, sign, front_m, (z_m, length), (style, floors, has_shops))
        if placer.is_free(house.z_m, length / 2 + 1) and _is_clear(house):
            houses.append(house)
        z_m += length + (placer.between(2, 6) if placer.chance(0.12) else 0.0)
    return houses


def _draw_terrace(placer: Placer, sign: int, front_m: float) -> list[Obstacle]:
    """Draw houses of one design, wall to wall, close to the street or behind a low wall."""
    style = int(placer.rng.choice([0, 1, 2, 3, 6], p=[0.45, 0.2, 0.1, 0.15, 0.1]))
    floors = 2 if placer.chance(0.75) else 3
    setback = placer.between(0.2, 1.0) if placer.chance(0.45) else placer.between(1.8, 4)
    pieces = []
    if setback > 1.5:
        kind = "wall" if placer.chance(0.6) else "railing" if placer.chance(0.4) else "hedge"
        pieces = [
            replace(piece, height_m=min(piece.height_m, 1.1))
            for piece in draw_boundary(placer, sign, front_m, kind)
        ]
    length = placer.between(11, 18)
    z_m = placer.between(-4, 4)
    first: Obstacle | None = None
    while z_m < FARTHEST_M:
        house = _draw_house(placer, sign, front_m + setback, (z_m, length), (style, floors, False))
        if first is not None:
            house = replace(
                house, height_m=first.height_m, width_m=first.width_m, variant=first.variant
            )
            if placer.chance(0.7):
                house = replace(house, colour=first.colour)
        first = first or house
        if placer.is_free(house.z_m, length / 2 + 1) and _is_clear(house):
            pieces.append(house)
        z_m += length + (placer.between(1.5, 4) if placer.chance(0.2) else 0.0)
    return pieces


def _draw_blocks(gardener: Gardener, sign: int, front_m: float) -> list[Obstacle]:
    """Draw large buildings apart from one another: flats, offices, halls."""
    placer = gardener.placer
    pieces = []
    z_m = placer.between(2, 20)
    while z_m < FARTHEST_M:
        length = placer.between(16, 34)
        style = int(placer.rng.choice([4, 5, 7, 8, 2]))
        floors = 2 if style == 8 else int(placer.rng.integers(3, 9))
        at_m = front_m + placer.between(1, 14)
        house = _draw_house(placer, sign, at_m, (z_m, length), (style, floors, placer.chance(0.2)))
        if placer.is_free(house.z_m, length / 2 + 1):
            pieces.append(house)
        gap = placer.between(4, 14)
        if placer.is_free(z_m - gap / 2, 2) and z_m - gap / 2 > 5:
            height = placer.between(5, 11)
            pieces.append(
                gardener.tree(sign, front_m + placer.between(2, 6), z_m - gap / 2, height)
            )
        z_m += length + gap
    return pieces


def _draw_houses(
    gardener: Gardener, sign: int, from_edge_m: float, density: float
) -> list[Obstacle]:
    """Draw detached houses, and trees where there is none."""
    placer = gardener.placer
    pieces = []
    z_m = placer.between(NEAREST_M + 1, 14)
    while z_m < FARTHEST_M:
        length = placer.between(8, 15)
        middle = z_m + length / 2
        if placer.chance(density) and placer.is_free(middle, length / 2 + 1.5):
            style = int(placer.rng.choice([0, 1, 2, 6, 7], p=[0.25, 0.35, 0.15, 0.15, 0.1]))
            floors = int(placer.rng.choice([1, 2, 3], p=[0.2, 0.65, 0.15]))
            at_m = from_edge_m + placer.between(0, 3)
            pieces.append(_draw_house(placer, sign, at_m, (z_m, length), (style, floors, False)))
            if placer.chance(0.5) and placer.is_free(z_m - 1, 2):
                pieces.append(gardener.bush(sign, at_m - placer.between(0.5, 2), z_m - 1))
        elif placer.is_free(middle, 3) and placer.chance(0.8):
            height = placer.between(5, 12)
            pieces.append(gardener.tree(sign, from_edge_m + height / 4, middle, height))
            if placer.chance(0.6):
                pieces.append(gardener.tree(sign, from_edge_m + height, middle + 4, height * 1.2))
        z_m += length + placer.between(2, 8)
    return pieces


def _draw_house(
    placer: Placer,
    sign: int,
    from_edge_m: float,
    along: tuple[float, float],
    design: tuple[int, int, bool],
) -> Obstacle:
    """Draw a house that begins at a Z and has a length, of a style, floors, and shops or none."""
    (z_m, length), (style, floors, has_shops) = along, design
    depth = placer.between(8, 12)
    height = floors * placer.between(2.8, 3.3)
    wide = placer.variety.colours and placer.chance(0.35)
    palette = _ANY if wide else _BY_WALL[STYLES[style].wall]
    size = (depth, height, length)
    house = placer.beside(sign, from_edge_m + depth / 2, z_m + length / 2, "house", size, palette)
    return replace(house, variant=house_variant(style, house.variant, has_shops=has_shops))


def house_variant(style: int, look: int, *, has_shops: bool) -> int:
    """Give the variant by which `houses.build_house` knows style and shops; the look is free."""
    return style + len(STYLES) * (4 * look + (0 if has_shops else 1 + look % 3))


def _is_clear(house: Obstacle) -> bool:
    """Tell whether a house beside the camera leaves it free air."""
    return house.z_m + house.length_m / 2 > 4 and abs(house.x_m) > house.width_m / 2 + 2
