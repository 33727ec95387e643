"""Traffic signs, direction signs, street names and bus stops: boards on posts."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np

from roadfcn.scenes.bodies.facets import Facet
from roadfcn.scenes.bodies.meshes import Mesh
from roadfcn.scenes.bodies.shapes import Finish, Moulder, Shape
from roadfcn.scenes.bodies.solids import Place
from roadfcn.scenes.description.scene import Colour, Obstacle
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.surfaces.lettering import write_word
from roadfcn.scenes.surfaces.textures import Pyramid, pyramid

SIGNS, BOARDS = 14, 8

_RED, _WHITE, _BLUE = (0.72, 0.06, 0.07), (0.92, 0.92, 0.91), (0.06, 0.20, 0.58)
_BLACK, _YELLOW, _GREEN = (0.07, 0.07, 0.07), (0.92, 0.74, 0.10), (0.03, 0.32, 0.20)
_BACK: Colour = (0.46, 0.47, 0.48)
_PLACES = ("Station", "Centre", "North", "Hospital", "Harbour", "Museum", "A 14", "Market", "West")
_STREETS = ("MILL ROAD", "STATION ROAD", "HIGH STREET", "PARK LANE", "CHURCH ST", "KING ST")


def build_sign(sign: Obstacle) -> list[Facet | Mesh]:
    """Build a traffic sign on a post, facing against its heading."""
    pictures = _both_sides(sign_picture, sign.variant % SIGNS)
    return [_post(sign, (0.0,), 0.04), *_board(sign, sign.width_m, sign.width_m, pictures)]


def build_board(board: Obstacle) -> list[Facet | Mesh]:
    """Build a direction sign on two posts; the length is the height of the board itself."""
    pictures = _both_sides(board_picture, board.variant % BOARDS)
    posts = (-0.32 * board.width_m, 0.32 * board.width_m)
    return [_post(board, posts, 0.05), *_board(board, board.width_m, board.length_m, pictures)]


def build_street_name(plate: Obstacle) -> list[Facet | Mesh]:
    """Build a street's name on a low plate with two legs."""
    pictures = _both_sides(_street_name, plate.variant % len(_STREETS))
    posts = (-0.4 * plate.width_m, 0.4 * plate.width_m)
    return [_post(plate, posts, 0.03), *_board(plate, plate.width_m, 0.24, pictures)]


def build_bus_stop(stop: Obstacle) -> list[Facet | Mesh]:
    """Build a bus stop's pole with its flag."""
    pictures = _both_sides(_bus_flag)
    return [_post(stop, (0.0,), 0.045), *_board(stop, stop.width_m, 0.55, pictures)]


def _board(
    sign: Obstacle, width_m: float, height_m: float, pictures: tuple[Pyramid, Pyramid]
) -> list[Facet | Mesh]:
    """Give the board at the top of a post, grey from behind."""
    place, half, top = Place.of(sign), width_m / 2, sign.height_m
    front = place.corners(
        (-half, top - height_m, -0.06),
        (half, top - height_m, -0.06),
        (half, top, -0.06),
        (-half, top, -0.06),
    )
    picture, grey = pictures
    kind = StreetClass.SIGN
    return [
        Facet(front, (1.0, 1.0, 1.0), picture, glow=True, street_class=kind),
        Facet(front[[1, 0, 3, 2]], _BACK, grey, street_class=kind),
    ]


@lru_cache(maxsize=64)
def _both_sides(draw: Callable[..., Pyramid], *look: int) -> tuple[Pyramid, Pyramid]:
    """Give a picture, and for its back the same outline without the colours."""
    picture = draw(*look)
    grey = tuple(
        np.dstack([np.full_like(level[..., :3], 1.0), level[..., 3:]]) for level in picture
    )
    return picture, grey


def _post(sign: Obstacle, across: tuple[float, ...], radius: float) -> Mesh:
    scale = (1.0, sign.height_m, 1.0)
    return Mesh(Place.of(sign), _mould_posts(across, radius), (0.5, 0.5, 0.5), scale=scale)


@lru_cache(maxsize=64)
def _mould_posts(across: tuple[float, ...], radius: float) -> Shape:
    moulder = Moulder()
    for x in across:
        path = [(x, 0.0, 0.0), (x, 0.5, 0.0), (x, 1.0, 0.0)]
        moulder.tube(path, (radius,) * 3, Finish((0.48, 0.49, 0.5)), sides=6)
    return moulder.finished()


class _Board:
    """A board in the making, 96 pixels high; opacity is the fourth channel."""

    def __init__(self, width: int = 96, height: int = 96) -> None:
        self.picture = np.full((height, width, 4), 0.5, np.float32)
        self.picture[..., 3] = 0

    def fill(self, corners: list[tuple[float, float]], colour: Colour) -> None:
        points = np.rint(np.array(corners) * 16).astype(np.int32)
        cv2.fillConvexPoly(self.picture, points, (*colour, 1.0), cv2.LINE_8, 4)

    def disc(self, radius: float, colour: Colour, middle: tuple[int, int] = (48, 48)) -> None:
        cv2.circle(self.picture, middle, round(radius), (*colour, 1.0), -1)

    def write(self, word: str, left: int, bottom: int, size: float, ink: Colour) -> None:
        write_word(self.picture, word, (left, bottom), size, ink)

    def frame(self, colour: Colour, edge: Colour, rim: int = 4) -> None:
        self.picture[:] = (*edge, 1.0)
        self.picture[rim:-rim, rim:-rim] = (*colour, 1.0)

    def finished(self) -> Pyramid:
        return pyramid(self.picture)


@lru_cache(maxsize=SIGNS)
def sign_picture(look: int) -> Pyramid:
    """Give a traffic sign: discs, triangles, squares, as British and German roads have them."""
    board = _Board()
    if look < 4:  # limits and bans
        board.disc(47, _RED)
        board.disc(35, _WHITE)
        words = ("30", "40", "50", "")
        if words[look]:
            board.write(words[look], 22, 63, 1.35, _BLACK)
        else:
            board.fill([(38, 22), (58, 22), (58, 74), (38, 74)], _BLACK)
    elif look < 7:  # warnings
        board.fill([(48, 3), (94, 88), (2, 88)], _RED)
        board.fill([(48, 24), (77, 79), (19, 79)], _WHITE)
        board.fill([(45, 40), (51, 40), (51 + look % 2 * 5, 74), (45 - look % 3 * 4, 74)], _BLACK)
    elif look == 7:  # give way
        board.fill([(3, 8), (93, 8), (48, 92)], _RED)
        board.fill([(20, 18), (76, 18), (48, 72)], _WHITE)
    elif look == 8:  # no entry
        board.disc(47, _RED)
        board.fill([(16, 39), (80, 39), (80, 57), (16, 57)], _WHITE)
    elif look in (9, 10):  # keep left, cycles and other orders
        board.disc(47, _BLUE)
        shift = 18 if look == 9 else 0
        board.fill([(44 + shift, 18), (52 + shift, 18), (52 - shift, 66), (44 - shift, 66)], _WHITE)
        board.fill([(30 - shift, 58), (66 - shift, 66), (46 - shift, 82)], _WHITE)
    elif look == 11:  # no waiting
        board.disc(47, _RED)
        board.disc(36, _BLUE)
        cv2.line(board.picture, (22, 22), (74, 74), (*_RED, 1.0), 10)
    elif look == 12:  # priority road
        board.fill([(48, 2), (94, 48), (48, 94), (2, 48)], _WHITE)
        board.fill([(48, 16), (80, 48), (48, 80), (16, 48)], _YELLOW)
    else:  # parking, pedestrian crossing
        board.frame(_BLUE, _WHITE)
        board.write("P", 30, 74, 2.3, _WHITE)
    return board.finished()


@lru_cache(maxsize=BOARDS)
def board_picture(look: int) -> Pyramid:
    """Give a direction sign: places in two or three lines, and an arrow."""
    rng = np.random.default_rng([look, 73])
    ground, ink = (
        (_BLUE, _WHITE),
        (_GREEN, _WHITE),
        (_WHITE, _BLACK),
        (_YELLOW, _BLACK),
    )[look % 4]
    board = _Board(192, 128)
    board.frame(ground, ink, 3)
    board.fill([(8, 70), (28, 40), (48, 70)], ink)
    board.fill([(22, 64), (34, 64), (34, 108), (22, 108)], ink)
    for bottom in (40, 76, 112):
        board.write(_PLACES[int(rng.integers(len(_PLACES)))], 56, bottom, 0.9, ink)
    return board.finished()


@lru_cache(maxsize=len(_STREETS))
def _street_name(look: int) -> Pyramid:
    board = _Board(256, 48)
    board.frame(_WHITE, _BLACK, 3)
    board.write(_STREETS[look], 12, 34, 0.95, _BLACK)
    return board.finished()


@lru_cache(maxsize=1)
def _bus_flag() -> Pyramid:
    board = _Board(72, 96)
    board.frame(_WHITE, _RED, 5)
    board.fill([(14, 20), (58, 20), (58, 52), (14, 52)], _RED)
    board.fill([(18, 25), (54, 25), (54, 38), (18, 38)], _WHITE)
    board.write("BUS", 10, 82, 0.85, _BLACK)
    return board.finished()
