"""Reads CVAT's export "CVAT for images 1.1": annotations.xml, and the pictures in images/.

Format: docs.cvat.ai, "XML annotation format", version 1.1. Polygons, boxes, ellipses and masks
have an area and are painted by their z_order, equal ones in the file's order; what has none
(polylines, points, tags, ...) is left out and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import PurePosixPath
from xml.etree import ElementTree
from xml.parsers import expat

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
    split_named,
)
from roadfcn.datasets.exports.pictures import PictureFinder
from roadfcn.datasets.exports.shapes import Ellipse, PackedBitmap, Polygon, Shape, box
from roadfcn.datasets.mask_decoding import Colour
from roadfcn.errors import DatasetError

NAME = "cvat-images"
LOOKS_FOR = "annotations.xml (CVAT for images 1.1)"
_MAX_TAGS = 2**20  # half a million shapes; each takes hundreds of bytes in memory


def find(files: ExportFiles) -> str | None:
    """Give the annotation file, if the export has one."""
    return next((name for name in files.names if name.lower().endswith(".xml")), None)


def read(files: ExportFiles, main: str, finder: PictureFinder) -> Export:
    """Read the export whose annotation file is `main`.

    Raises:
        DatasetError: No XML of this kind, a shape that makes no sense, a label that the file does
            not declare, or a picture that is missing or lies outside.
    """
    root = _parse(files, main)
    labels = _labels(root)
    base = str(PurePosixPath(main).parent).removeprefix(".")
    left_out: Counter[str] = Counter()
    frames = [
        _frame(image, f"{files.root}: {main}", base, finder, labels, left_out)
        for image in root.iter("image")
    ]
    if not frames:
        tracks = root.find("track") is not None
        raise DatasetError(
            f"{files.root}: {main} has no pictures" + (", but tracks of a video" if tracks else ""),
            allowed="an export in the form 'CVAT for images 1.1'",
            do="export the task again in this form",
        )
    return Export(NAME, labels, frames, left_out)


def _parse(files: ExportFiles, main: str) -> ElementTree.Element:
    """Parse XML that may define nothing: entities are how a small file becomes a huge one."""
    where = f"{files.root}: {main}"

    def refuse(*_: object) -> None:
        raise DatasetError(
            f"{where} holds a document type declaration",
            allowed="XML as CVAT writes it",
            do="do not trust this export, or export again",
        )

    content = files.read(main)
    tags = content.count(b"<")
    if tags > _MAX_TAGS:
        raise DatasetError(
            f"{where} holds {tags} tags", allowed=f"at most {_MAX_TAGS}", do="export less at a time"
        )
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(content, True)
        root = builder.close()
    except (expat.ExpatError, AssertionError, ValueError, LookupError) as problem:
        raise DatasetError(
            f"{where} is no XML: {problem}", allowed="XML as CVAT writes it", do="export again"
        ) from problem
    if root.tag != "annotations":
        raise DatasetError(
            f"{where} begins with <{root.tag}>",
            allowed="<annotations>, as 'CVAT for images 1.1' does",
            do="export the task again in this form",
        )
    return root


def _labels(root: ElementTree.Element) -> dict[str, Colour | None]:
    """Give the labels declared, which lie under task, project or job; else those used."""
    declared = {
        (label.findtext("name") or "").strip(): _colour(label.findtext("color") or "")
        for label in root.findall("./meta//labels/label")
    }
    used = (shape.get("label", "").strip() for image in root.iter("image") for shape in image)
    declared.pop("", None)
    return declared or dict.fromkeys(filter(None, used))


def _colour(text: str) -> Colour | None:
    digits = re.fullmatch(r"#([0-9a-fA-F]{6})", text.strip())
    if not digits:
        return None
    red, green, blue = bytes.fromhex(digits[1])
    return red, green, blue


def _frame(
    image: ElementTree.Element,
    where: str,
    base: str,
    finder: PictureFinder,
    labels: dict[str, Colour | None],
    left_out: Counter[str],
) -> LabelledFrame:
    name = safe_name(image.get("name", ""), where)
    where = f"{where}, {name}"
    subset = image.get("subset", "")
    folders = ["/".join(filter(None, (base, "images", subset))), f"{base}/images".strip("/"), base]
    picture = finder.find(name, folders, where)
    shapes: list[tuple[float, str, Shape]] = []
    for element in image:
        read_shape = _SHAPES.get(element.tag)
        if read_shape is None:
            left_out[element.tag] += 1
            continue
        label = element.get("label", "").strip()
        place = f"{where}: the {element.tag} '{label}'"
        if label not in labels:
            raise bad_shape(place, "has a label that is not declared", ", ".join(labels))
        depth = coordinate(element.get("z_order", "0"), place)
        shapes.append((depth, label, read_shape(element, place)))
    shapes.sort(key=lambda entry: entry[0])
    return LabelledFrame(
        name=str(PurePosixPath(name).with_suffix("")),
        where=where,
        suffix=picture.suffix,
        read_picture=picture.read,
        paint=Painter([(label, shape) for _, label, shape in shapes]),
        size=(_whole(image, "height", where), _whole(image, "width", where)),
        empty=not shapes,
        split=split_named(subset),
    )


def _polygon(element: ElementTree.Element, where: str) -> Polygon:
    pairs = [pair.partition(",") for pair in element.get("points", "").split(";") if pair.strip()]
    return Polygon(corner_list([(x, y) for x, _, y in pairs], where))


def _box(element: ElementTree.Element, where: str) -> Polygon:
    left, top, right, bottom, turned = (
        coordinate(element.get(key, default), where)
        for key, default in (("xtl", ""), ("ytl", ""), ("xbr", ""), ("ybr", ""), ("rotation", "0"))
    )
    return box(left, top, right, bottom, turned)


def _ellipse(element: ElementTree.Element, where: str) -> Ellipse:
    x, y, horizontal, vertical, turned = (
        coordinate(element.get(key, default), where)
        for key, default in (("cx", ""), ("cy", ""), ("rx", ""), ("ry", ""), ("rotation", "0"))
    )
    return Ellipse((x, y), (horizontal, vertical), turned)


def _mask(element: ElementTree.Element, where: str) -> PackedBitmap:
    """Undo the run lengths: row by row, first the number of pixels that are not in the mask."""
    height, width = _whole(element, "height", where), _whole(element, "width", where)
    runs = _run_lengths(element.get("rle", ""), where)
    if runs.sum() != height * width:
        raise bad_shape(
            where,
            f"has run lengths for {runs.sum()} pixels and is {height} x {width} (height x width)",
            "as many pixels as height times width",
        )

    def unpack() -> NDArray[np.bool_]:
        return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)

    left, top = _whole(element, "left", where), _whole(element, "top", where)
    return PackedBitmap(left, top, (height, width), unpack, where)


def _run_lengths(text: str, where: str) -> NDArray[np.int64]:
    runs = [run.strip() for run in text.split(",")]
    if not all(run.isascii() and run.isdecimal() and len(run) <= 10 for run in runs):
        raise bad_shape(where, "has run lengths that are no numbers", 'rle="12, 3, 9, ..."')
    return np.array(runs, np.int64)


def _whole(element: ElementTree.Element, key: str, where: str) -> int:
    text = element.get(key, "")
    value = coordinate(text, f"{where}, {key}")
    if value != int(value) or value < 0:
        raise bad_shape(where, f'has {key}="{text}"', "whole pixels")
    return int(value)


_SHAPES: dict[str, Callable[[ElementTree.Element, str], Shape]] = {
    "polygon": _polygon,
    "box": _box,
    "ellipse": _ellipse,
    "mask": _mask,
}
