"""Reads CVAT's export "Segmentation mask 1.1".

    labelmap.txt                        label:red,green,blue:parts:actions, a line for each label
    SegmentationClass/NAME.png          these colours, or positions in labelmap.txt as values
    JPEGImages/NAME.jpg                 the pictures, if they were exported too
    ImageSets/Segmentation/SUBSET.txt   names; train, val and test become splits

Format: docs.cvat.ai, "Segmentation Mask". CVAT calls pixels that nobody labelled "background".
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.exports.archive import ExportFiles, safe_name
from roadfcn.datasets.exports.labelled_frames import Export, LabelledFrame, split_named
from roadfcn.datasets.exports.pictures import PictureFinder
from roadfcn.datasets.mask_decoding import Colour, ColourCode, IndexCode
from roadfcn.errors import DatasetError, MaskError, RoadfcnError, shown
from roadfcn.image_files import image_size, read_mask_picture
from roadfcn.label_sets import MAX_CLASSES, REST, VOID

NAME = "cvat-masks"
LOOKS_FOR = "labelmap.txt beside SegmentationClass (CVAT's Segmentation mask 1.1)"
_MASKS, _PICTURES, _SETS = "SegmentationClass", "JPEGImages", "ImageSets/Segmentation"


def find(files: ExportFiles) -> str | None:
    """Give labelmap.txt, if the export has one."""
    return next((name for name in files.names if PurePosixPath(name).name == "labelmap.txt"), None)


def read(files: ExportFiles, main: str, finder: PictureFinder) -> Export:
    """Read the export whose label map is `main`.

    Raises:
        DatasetError: The label map makes no sense, there are no masks, or a picture is missing.
    """
    labels = _read_label_map(files, main)
    base = str(PurePosixPath(main).parent)
    prefix = "" if base == "." else f"{base}/"
    splits = _read_sets(files, f"{prefix}{_SETS}/")
    folder = f"{prefix}{_MASKS}/"
    frames = []
    for member in files.names:
        if not (member.startswith(folder) and member.lower().endswith(".png")):
            continue
        name = str(PurePosixPath(member.removeprefix(folder)).with_suffix(""))
        where = f"{files.root}: {member}"
        picture = finder.find(name, [f"{prefix}{_PICTURES}", f"{prefix}images"], where)
        frames.append(
            LabelledFrame(
                name=name,
                where=where,
                suffix=picture.suffix,
                read_picture=picture.read,
                paint=_painter(files, member, labels),
                split=splits.get(name),
            )
        )
    if not frames:
        raise DatasetError(
            f"{files.root} has no masks in {folder}",
            allowed="an export in the form 'Segmentation mask 1.1'",
            do="export the task again in this form",
        )
    drawn: dict[str, Colour | None] = {
        label: colour for label, colour in labels.items() if label != REST
    }
    return Export(NAME, drawn, frames)


def _painter(
    files: ExportFiles, member: str, labels: dict[str, Colour]
) -> Callable[[NDArray[np.uint8], Mapping[str, int]], None]:
    """Give a function that reads the mask, once it is wanted, and paints it."""

    def paint(canvas: NDArray[np.uint8], values: Mapping[str, int]) -> None:
        where = f"{files.root}: {member}"
        mask = _decode(files.read(member), canvas.shape, where, labels)
        for index, label in enumerate(labels):
            if label in values:  # "background" has none: nobody labelled it
                canvas[mask == index] = values[label]

    return paint


def _decode(
    content: bytes, size: tuple[int, ...], where: str, labels: dict[str, Colour]
) -> NDArray[np.uint8]:
    """Give H,W positions in the label map, of the (height, width) that its picture has."""
    colours = ColourCode(tuple((colour, index) for index, colour in enumerate(labels.values())))
    with tempfile.TemporaryDirectory(prefix="roadfcn-") as folder:
        path = Path(folder) / "mask.png"
        path.write_bytes(content)
        try:
            found, picture = image_size(path), None
            if math.prod(found) == math.prod(size):  # else it is not decoded: it may be huge
                picture = read_mask_picture(path)
                found = picture.shape[:2]
            if picture is None or found != size:
                raise MaskError(
                    f"{path} is {found[0]} x {found[1]} pixels (height x width) and its picture "
                    f"{size[0]} x {size[1]}",
                    allowed="a mask of the picture's own height and width",
                    do="export again, together with the pictures",
                )
            code = IndexCode(len(labels), ()) if picture.ndim == 2 else colours
            return code.decode(picture, path)
        except RoadfcnError as problem:
            reason = problem.found.replace(str(path), where)
            raise type(problem)(reason, allowed=problem.allowed, do=problem.do) from problem


def _read_label_map(files: ExportFiles, main: str) -> dict[str, Colour]:
    labels: dict[str, Colour] = {}
    for line in files.text(main).splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        parsed = re.fullmatch(r"(.+?):(\d{1,3}),(\d{1,3}),(\d{1,3})(?::[^:]*){0,2}", text)
        colour = tuple(int(part) for part in parsed.groups()[1:]) if parsed else ()
        label = parsed[1].strip() if parsed else ""
        if not label or max(colour) > VOID or colour in labels.values() or label in labels:
            raise DatasetError(
                f"{files.root}: {main} has the line {shown(text[:200])}",
                allowed="label:red,green,blue:: with each label and each colour once",
                do="correct the labels and colours of the task, export again",
            )
        labels[label] = (colour[0], colour[1], colour[2])
    if not 1 <= len(labels) <= MAX_CLASSES:
        raise DatasetError(
            f"{files.root}: {main} names {len(labels)} labels",
            allowed=f"1 to {MAX_CLASSES}",
            do="export the task again",
        )
    return labels


def _read_sets(files: ExportFiles, folder: str) -> dict[str, str]:
    splits: dict[str, str] = {}
    for member in files.names:
        split = split_named(PurePosixPath(member).stem)
        if split and member.startswith(folder):
            for line in files.text(member).splitlines():
                if line.strip():
                    splits[safe_name(line.strip(), f"{files.root}: {member}")] = split
    return splits
