"""Furnish a street at random: houses, hedges, trees, poles, traffic, people."""

from __future__ import annotations

import numpy as np

from roadfcn.scenes.cars import paint_colour
from roadfcn.scenes.scene import Colour, Obstacle
from roadfcn.scenes.streets import Side, Street

_NEAREST_M = 3.0
_FARTHEST_M = 130.0
_WALLS = (
    (0.86, 0.82, 0.72),
    (0.90, 0.89, 0.86),
    (0.80, 0.68, 0.52),
    (0.72, 0.52, 0.44),
    (0.74, 0.74, 0.72),
    (0.84, 0.76, 0.62),
)
_LEAVES = ((0.24, 0.34, 0.14), (0.30, 0.38, 0.16), (0.18, 0.29, 0.14), (0.38, 0.36, 0.16))
_BRICKS = ((0.52, 0.36, 0.30), (0.60, 0.57, 0.52), (0.46, 0.42, 0.40))
_COATS = (
    (0.16, 0.20, 0.36),
    (0.55, 0.12, 0.12),
    (0.18, 0.18, 0.18),
    (0.72, 0.68, 0.58),
    (0.24, 0.42, 0.30),
    (0.82, 0.82, 0.84),
)


def furnish(rng: np.random.Generator, street: Street) -> tuple[Obstacle, ...]:
    """Draw everything that stands on the ground of a street."""
    obstacles: list[Obstacle] = []
    for sign, side in ((-1, street.left), (1, street.right)):
        obstacles += _line_with_fronts(rng, street, side, sign)
        obstacles += _plant(rng, street, side, sign)
        obstacles += _park(rng, street, side, sign)
        obstacles += _walk(rng, street, side, sign)
    obstacles += _drive(rng, street)
    return tuple(obstacles)


def _line_with_fronts(
    rng: np.random.Generator, street: Street, side: Side, sign: int
) -> list[Obstacle]:
    """Close the view to the side: house fronts, or hedge, wall or railing with houses behind."""
    obstacles = []
    kind = rng.choice(
        ["houses", "hedge", "wall", "railing", "open"], p=[0.42, 0.2, 0.12, 0.1, 0.16]
    )
    setback = side.front + (rng.uniform(0, 2) if kind == "houses" else 0.0)
    if kind in ("hedge", "wall", "railing"):
        height = {"hedge": rng.uniform(1.0, 2.4), "wall": rng.uniform(0.7, 2.0), "railing": 1.1}[
            kind
        ]
        palette = {"hedge": _LEAVES, "wall": _BRICKS, "railing": ((0.3, 0.3, 0.3), (0.5, 0.4, 0.3))}
        colour = _pick(rng, palette[kind])
        width = {"hedge": 0.9, "wall": 0.3, "railing": 0.05}[kind]
        z_m = _NEAREST_M
        while z_m < 90:
            length = 7.0
            if _free(street, z_m + length / 2, length / 2):
                obstacles.append(
                    _beside(
                        street,
                        sign,
                        setback,
                        kind,
                        z_m + length / 2,
                        (width, height, length),
                        colour,
                        int(rng.integers(100)),
                    )
                )
            z_m += length
        setback += rng.uniform(3, 9)
    z_m = rng.uniform(_NEAREST_M + 1, 14)
    dense = {"houses": 0.85, "open": 0.15}.get(str(kind), 0.55)
    while z_m < _FARTHEST_M:
        length, depth = rng.uniform(9, 22), rng.uniform(8, 12)
        middle = z_m + length / 2
        if rng.random() < dense and _free(street, middle, length / 2 + 1.5):
            height = 3.0 * int(rng.integers(1, 5)) + rng.uniform(0, 1)
            obstacles.append(
                _beside(
                    street,
                    sign,
                    setback + depth / 2,
                    "house",
                    middle,
                    (depth, height, length),
                    _pick(rng, _WALLS),
                    int(rng.integers(100)),
                )
            )
        elif _free(street, middle, 3) and rng.random() < 0.8:
            size = rng.uniform(5, 11)
            obstacles.append(
                _beside(
                    street,
                    sign,
                    setback + 3 + size / 4,
                    "tree",
                    middle,
                    (size * 0.8, size, 0.5),
                    _pick(rng, _LEAVES),
                    int(rng.integers(100)),
                )
            )
        z_m += length + (0.0 if kind == "houses" and rng.random() < 0.6 else rng.uniform(2, 10))
    return obstacles


def _plant(rng: np.random.Generator, street: Street, side: Side, sign: int) -> list[Obstacle]:
    """Set a row of trees, lamp posts, or signs along the road."""
    obstacles = []
    if rng.random() < 0.35:
        spacing, size = rng.uniform(8, 16), rng.uniform(4.5, 9)
        variant, colour = int(rng.integers(100)), _pick(rng, _LEAVES)
        for z_m in np.arange(rng.uniform(6, 16), 100, spacing):
            if _free(street, float(z_m), 2):
                height = size * rng.uniform(0.85, 1.15)
                obstacles.append(
                    _beside(
                        street,
                        sign,
                        side.verge,
                        "tree",
                        float(z_m),
                        (height * 0.62, height, 0.4),
                        colour,
                        variant // 4 * 4 + int(rng.integers(3)),
                    )
                )
    if rng.random() < 0.6:
        variant = int(rng.integers(2))
        post = (0.16, rng.uniform(5, 8), 0.16)
        obstacles += [
            _beside(
                street,
                sign,
                side.verge + 0.1,
                "pole",
                float(z_m),
                size,
                (0.48, 0.49, 0.48),
                variant,
            )
            for z_m in np.arange(rng.uniform(7, 30), 110, rng.uniform(22, 32))
        ]
    if rng.random() < 0.5:
        z_m = rng.uniform(9, 35)
        obstacles.append(
            _beside(
                street,
                sign,
                side.verge,
                "sign",
                z_m,
                (0.65, rng.uniform(2.2, 2.9), 0.1),
                (1, 1, 1),
                int(rng.integers(100)),
            )
        )
    return obstacles


def _park(rng: np.random.Generator, street: Street, side: Side, sign: int) -> list[Obstacle]:
    """Park cars in bays beside the road, and on the road where the street has it so."""
    rows = [s_m for s_m in street.parking if np.sign(s_m) == sign]
    if side.parking is not None:
        edge = street.road.right_m if sign > 0 else street.road.left_m
        rows.append(edge + sign * side.parking)
    obstacles = []
    for s_m in rows:
        z_m = rng.uniform(4, 12)
        while z_m < 75:
            car = _vehicle(rng, street, s_m, z_m, ahead=sign > 0, parked=True)
            if rng.random() < 0.62 and _free(street, car.z_m, car.length_m / 2):
                obstacles.append(car)
            z_m += car.length_m + rng.uniform(0.8, 2.5)
    return obstacles


def _walk(rng: np.random.Generator, street: Street, side: Side, sign: int) -> list[Obstacle]:
    """Send people along the pavement."""
    if side.walk is None:
        return []
    return [
        _beside(
            street,
            sign,
            side.walk + rng.uniform(-0.4, 0.4),
            "person",
            rng.uniform(6, 50),
            (0.72, rng.uniform(1.55, 1.9), 0.4),
            _pick(rng, _COATS),
            int(rng.integers(100)),
        )
        for _ in range(int(rng.poisson(1.0)))
    ]


def _drive(rng: np.random.Generator, street: Street) -> list[Obstacle]:
    """Put traffic on the lanes, and now and then somebody crossing or cycling."""
    obstacles = []
    for lanes, ahead in ((street.ahead, True), (street.oncoming, False)):
        for s_m in lanes:
            z_m = rng.uniform(9, 45)
            while z_m < 100:
                if rng.random() < 0.6:
                    obstacles.append(
                        _vehicle(
                            rng, street, s_m + rng.normal(0, 0.15), z_m, ahead=ahead, parked=False
                        )
                    )
                z_m += rng.uniform(14, 50)
    right_m = street.road.right_m
    if rng.random() < 0.15:
        obstacles.append(
            _on_road(
                street,
                right_m - 0.7,
                "rider",
                rng.uniform(8, 35),
                (0.75, 1.75, 1.6),
                _pick(rng, _COATS),
                int(rng.integers(100)),
            )
        )
    if rng.random() < 0.12:
        obstacles.append(
            _on_road(
                street,
                rng.uniform(street.road.left_m, right_m),
                "person",
                rng.uniform(12, 40),
                (0.72, rng.uniform(1.55, 1.9), 0.4),
                _pick(rng, _COATS),
                int(rng.integers(100)),
            )
        )
    return obstacles


def _vehicle(
    rng: np.random.Generator,
    street: Street,
    s_m: float,
    back_m: float,
    *,
    ahead: bool,
    parked: bool,
) -> Obstacle:
    """Draw a vehicle whose rear end, as the camera sees it, is at `back_m`."""
    kind = str(
        rng.choice(["car", "van", "lorry"], p=[0.86, 0.12, 0.02] if parked else [0.84, 0.1, 0.06])
    )
    width, height, length = {
        "car": (rng.uniform(1.65, 1.85), rng.uniform(1.4, 1.62), rng.uniform(3.7, 4.8)),
        "van": (rng.uniform(1.9, 2.05), rng.uniform(1.95, 2.5), rng.uniform(4.8, 6.0)),
        "lorry": (2.45, rng.uniform(2.9, 3.6), rng.uniform(7, 11)),
    }[kind]
    colour = paint_colour(int(rng.integers(100)))
    z_m = back_m + length / 2
    car = _on_road(street, s_m, kind, z_m, (width, height, length), colour, int(rng.integers(100)))
    turn = 0.0 if ahead else np.pi
    return Obstacle(**{**vars(car), "heading_rad": car.heading_rad + turn + rng.normal(0, 0.015)})


def _beside(
    street: Street,
    sign: int,
    from_edge_m: float,
    kind: str,
    z_m: float,
    size_m: tuple[float, float, float],
    colour: Colour,
    variant: int,
) -> Obstacle:
    """Stand something beside the road, `from_edge_m` from its left (-1) or right (1) edge."""
    edge = street.road.right_m if sign > 0 else street.road.left_m
    side = street.right if sign > 0 else street.left
    obstacle = _on_road(street, edge + sign * from_edge_m, kind, z_m, size_m, colour, variant)
    base = side.base_m if from_edge_m < side.front else 0.0
    return Obstacle(**{**vars(obstacle), "base_m": base})


def _on_road(
    street: Street,
    s_m: float,
    kind: str,
    z_m: float,
    size_m: tuple[float, float, float],
    colour: Colour,
    variant: int,
) -> Obstacle:
    """Stand something at (s, Z), along the road; size is width, height, length."""
    curve = street.road.curve
    width, height, length = size_m
    x_m = float(curve.lateral(z_m)) + s_m
    return Obstacle(
        kind,
        x_m,
        z_m,
        curve.heading(z_m),
        float(width),
        float(height),
        float(length),
        colour,
        variant,
    )


def _free(street: Street, z_m: float, half_m: float) -> bool:
    """Tell whether no junction or crossing is in the way."""
    return not any(near < z_m + half_m and z_m - half_m < far for near, far in street.occupied)


def _pick(rng: np.random.Generator, palette: tuple[Colour, ...]) -> Colour:
    red, green, blue = palette[int(rng.integers(len(palette)))]
    factor = rng.uniform(0.85, 1.1)
    return red * factor, green * factor, blue * factor
