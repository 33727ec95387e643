"""Reads what labelme saves: a JSON file beside each picture.

    {"shapes": [{"label": "road", "points": [[x, y], ...], "shape_type": "polygon"}, ...],
     "imagePath": "0001.jpg", "imageData": null, "imageHeight": 375, "imageWidth": 1242}

Format: labelme's `label_file.py`, versions 3 to 5. Polygons, rectangles, circles and masks have
an area and are painted in the file's order; points and lines are left out and counted. A picture
is taken from imagePath (relative to the JSON file); where there is none, from imageData. labelme's
own names `_background_` and `__ignore__` mean background and void.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import posixpath
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.exports.archive import ExportFiles, safe_name
from roadfcn.datasets.exports.labelled_frames import (
    Export,
    LabelledFrame,
    Painter,
    bad_shape,
    coordinate,
    corner_list,
)
from roadfcn.datasets.exports.pictures import FoundPicture, PictureFinder
from roadfcn.datasets.exports.shapes import Ellipse, PackedBitmap, Polygon, Shape, box
from roadfcn.datasets.mask_decoding import Colour
from roadfcn.errors import DatasetError, RoadfcnError, shown
from roadfcn.image_files import image_size, read_mask_picture

NAME = "labelme"
LOOKS_FOR = "JSON files with 'shapes' and 'imagePath' (labelme)"

_MAX_VALUES = 2**21  # a million corners; each takes tens of bytes in memory
_SIGNATURES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"BM": ".bmp"}


def find(files: ExportFiles) -> str | None:
    """Give the first JSON file of labelme's form, if the export has one."""
    for name in files.names:
        if name.lower().endswith(".json") and '"shapes"' in files.text(name):
            return name
    return None


def read(files: ExportFiles, main: str, finder: PictureFinder) -> Export:
    """Read all JSON files of labelme's form; `main` is the first of them.

    Raises:
        DatasetError: A file or shape that makes no sense, or a picture that is missing or lies
            outside the export.
    """
    labels: dict[str, Colour | None] = {}
    left_out: Counter[str] = Counter()
    frames = []
    for name in files.names:
        if not name.lower().endswith(".json") or name < main:
            continue
        where = f"{files.root}: {name}"
        content = _parse(files.text(name), where)
        if "shapes" in content:
            frames.append(_frame(files, name, content, finder, labels, left_out))
    return Export(NAME, labels, frames, left_out)


def _parse(text: str, where: str) -> dict[str, Any]:
    values = sum(text.count(mark) for mark in ",[{")
    if values > _MAX_VALUES:
        raise DatasetError(
            f"{where} holds {values} values",
            allowed=f"at most {_MAX_VALUES} for each picture",
            do="take it out, or draw with fewer corners",
        )
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise DatasetError(
            f"{where} is no JSON: {problem}", allowed="JSON as labelme saves it", do="save it again"
        ) from problem
    return content if isinstance(content, dict) else {}


def _frame(
    files: ExportFiles,
    name: str,
    content: dict[str, Any],
    finder: PictureFinder,
    labels: dict[str, Colour | None],
    left_out: Counter[str],
) -> LabelledFrame:
    where = f"{files.root}: {name}"
    picture = _picture(files, name, content, finder)
    shapes = content["shapes"]
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise bad_shape(
            where, "has 'shapes' that are no list of shapes", "JSON as labelme saves it"
        )
    painted: list[tuple[str, Shape]] = []
    for number, entry in enumerate(shapes, start=1):
        label = _text(entry.get("label")).strip()
        kind = _text(entry.get("shape_type")) or "polygon"
        read_shape = _SHAPES.get(kind)
        if read_shape is None:
            left_out[kind] += 1
            continue
        place = f"{where}: shape {number}, the {kind} '{label}',"
        if not label:
            raise bad_shape(place, "has no label", "a label for each shape")
        painted.append((label, read_shape(entry, _points(entry, place), place)))
        labels.setdefault(label)
    height, width = content.get("imageHeight"), content.get("imageWidth")
    return LabelledFrame(
        name=str(PurePosixPath(picture.name).with_suffix("")),
        where=where,
        suffix=picture.suffix,
        read_picture=picture.read,
        paint=Painter(painted),
        size=(height, width) if isinstance(height, int) and isinstance(width, int) else None,
        empty=not painted,
    )


def _text(value: object) -> str:
    """Give a text or number as a text; empty for what is neither."""
    return str(value) if isinstance(value, str | int | float) else ""


def _picture(
    files: ExportFiles, name: str, content: dict[str, Any], finder: PictureFinder
) -> FoundPicture:
    """Find the picture's file, or take the copy inside the JSON file."""
    where = f"{files.root}: {name}"
    folder = str(PurePosixPath(name).parent).removeprefix(".")
    given = _text(content.get("imagePath")).replace("\\", "/")
    try:
        if finder.beside is not None:  # the folder that labelme wrote the path for may be gone
            given = given if _leads_inside(folder, given) else PurePosixPath(given).name
        return finder.find(_joined(folder, given, where), [""], where)
    except DatasetError:
        if not content.get("imageData"):
            raise
    suffix = next(
        (
            ending
            for start, ending in _SIGNATURES.items()
            if _decode(content["imageData"], where).startswith(start)
        ),
        None,
    )
    if suffix is None:
        raise bad_shape(where, "has imageData of an unknown kind", "PNG, JPEG or BMP as base64")
    # Read again when it is wanted: the copies of all pictures would fill the memory.
    return FoundPicture(
        str(PurePosixPath(name).with_suffix(suffix)),
        suffix,
        lambda: _decode(_parse(files.text(name), where)["imageData"], where),
    )


def _joined(folder: str, path: str, where: str) -> str:
    """Follow a path from a folder of the export; it may go up, but not out of the export."""
    if not _leads_inside(folder, path):
        return safe_name(f"../{path}", where)
    return safe_name(posixpath.normpath(posixpath.join(folder, path)), where)


def _leads_inside(folder: str, path: str) -> bool:
    if PureWindowsPath(path).drive:
        return False
    return not posixpath.normpath(posixpath.join(folder, path)).startswith(("..", "/"))


def _decode(text: object, where: str) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "?", validate=True)
    except (binascii.Error, ValueError) as problem:
        raise bad_shape(where, f"has bytes that are no base64: {problem}", "base64") from problem


def _points(entry: dict[str, Any], where: str) -> list[tuple[object, object]]:
    points = entry.get("points")
    if not isinstance(points, list) or not all(
        isinstance(point, list) and len(point) == 2 for point in points
    ):
        raise bad_shape(where, f"has the points {shown(points)}", "a list of [x, y]")
    return [(x, y) for x, y in points]


def _polygon(entry: dict[str, Any], points: list[tuple[object, object]], where: str) -> Polygon:
    return Polygon(corner_list(points, where))


def _rectangle(entry: dict[str, Any], points: list[tuple[object, object]], where: str) -> Polygon:
    if len(points) == 4:  # labelme 5.9 and later write all corners
        return Polygon(corner_list(points, where))
    (left, top), (right, bottom) = _two(points, where)
    return box(left, top, right, bottom)


def _circle(entry: dict[str, Any], points: list[tuple[object, object]], where: str) -> Ellipse:
    """Read the centre and a point on the line."""
    (x, y), (rim_x, rim_y) = _two(points, where)
    radius = math.hypot(rim_x - x, rim_y - y)
    return Ellipse((x, y), (radius, radius))


def _mask(entry: dict[str, Any], points: list[tuple[object, object]], where: str) -> PackedBitmap:
    """Read the rows and columns that a small PNG covers, last ones included."""
    (left, top), (right, bottom) = _two(points, where)
    size = (int(bottom) - int(top) + 1, int(right) - int(left) + 1)
    return PackedBitmap(
        int(left),
        int(top),
        size,
        lambda: _bits(_decode(entry.get("mask"), where), size, where),
        where,
    )


def _bits(content: bytes, size: tuple[int, int], where: str) -> NDArray[np.bool_]:
    """Give the bits of a PNG that has to be of this (height, width)."""
    with tempfile.TemporaryDirectory(prefix="roadfcn-") as folder:
        path = Path(folder) / "mask.png"
        path.write_bytes(content)
        try:
            found, picture = image_size(path), None
            if math.prod(found) == math.prod(size):  # else it is not decoded: it may be huge
                picture = read_mask_picture(path)
                found = picture.shape[:2]
        except RoadfcnError as problem:
            reason = problem.found.replace(str(path), "of a shape")
            raise type(problem)(
                f"{where} {reason}", allowed=problem.allowed, do=problem.do
            ) from problem
    if picture is None or found != size:
        raise bad_shape(
            where,
            f"has a mask of {found[0]} x {found[1]} pixels (height x width) for "
            f"{size[0]} x {size[1]}",
            "a mask as large as its corners say",
        )
    bits: NDArray[np.bool_] = picture.reshape(*picture.shape[:2], -1).max(axis=2) > 0
    return bits


def _two(points: list[tuple[object, object]], where: str) -> list[tuple[float, float]]:
    if len(points) != 2:
        raise bad_shape(where, f"has {len(points)} points", "2 points")
    return [(coordinate(x, where), coordinate(y, where)) for x, y in points]


_SHAPES: dict[str, Callable[[dict[str, Any], list[tuple[object, object]], str], Shape]] = {
    "polygon": _polygon,
    "oriented_rectangle": _polygon,
    "rectangle": _rectangle,
    "circle": _circle,
    "mask": _mask,
}
