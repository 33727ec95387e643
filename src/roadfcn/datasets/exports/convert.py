"""Turns what CVAT and labelme export into a data set of one's own (`datasets.folders`)."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np

from roadfcn.datasets.exports import cvat_masks, cvat_xml, labelme
from roadfcn.datasets.exports.archive import ExportFiles, open_export
from roadfcn.datasets.exports.classes import ClassPlan, Unlabelled, plan_classes
from roadfcn.datasets.exports.labelled_frames import Export, LabelledFrame
from roadfcn.datasets.exports.pictures import PictureFinder
from roadfcn.datasets.folders import IMAGES, MASKS
from roadfcn.datasets.labels_file import NAME as LABELS_FILE
from roadfcn.datasets.labels_file import write_labels_file
from roadfcn.datasets.mask_decoding import Colour
from roadfcn.datasets.split_lists import PARTS
from roadfcn.errors import DatasetError, ImageFileError
from roadfcn.image_files import (
    read_image,
    stored_orientation,
    write_image,
    write_labels,
)
from roadfcn.label_sets import LabelSet
from roadfcn.output_files import atomic_folder, write_bytes, write_text

FORMATS: Mapping[str, ModuleType] = {
    module.NAME: module for module in (cvat_masks, cvat_xml, labelme)
}
"""The forms of exports that can be read, by name, in the order in which they are tried."""


@dataclass(frozen=True)
class Conversion:
    """What was written.

    Args:
        formats: The form of each source.
        frames: Number of frames.
        label_set: Their classes.
        unlabelled_frames: Pictures left out because nothing is drawn on them.
        left_out: Drawings without an area that were left out, by kind.
        turned: Pictures that EXIF turned, now stored upright.
        listed: Whether the exports told splits, which are now in lists.
    """

    formats: tuple[str, ...]
    frames: int
    label_set: LabelSet
    unlabelled_frames: int
    left_out: Counter[str]
    turned: int
    listed: bool


def convert(
    sources: Sequence[Path],
    out: Path,
    *,
    road: Sequence[str] = (),
    void: Sequence[str] = (),
    unlabelled: Unlabelled = "background",
    images: Path | None = None,
    keep_empty: bool = False,
    form: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Conversion:
    """Write a data set from one or several exports, whole or not at all.

    Args:
        sources: Folders or zip archives. Of several, each becomes a sub-folder, that is a drive.
        out: New or empty folder.
        road: Labels that are road; the classes are then road and background.
        void: Labels that become void.
        unlabelled: What pixels without label are.
        images: Folder of the pictures, for exports that came without.
        keep_empty: Keep pictures on which nothing is drawn, instead of leaving them out.
        form: One of `FORMATS`; found out if None.
        progress: Called with (done, total) after each frame.

    Raises:
        DatasetError: An export that makes no sense, or labels that it does not have.
        MaskError: A mask of another size than its picture, or with colours that are no label.
        ImageFileError: A picture that cannot be read.
        OutputError: `out` holds files already, or cannot be written.
    """
    with contextlib.ExitStack() as opened:
        exports = _read_all(opened, sources, images, form)
        labels = _all_labels(exports.values())
        plan = plan_classes(labels, road=road, void=void, unlabelled=unlabelled)
        everything = _named_apart(exports)
        frames = [frame for frame in everything if keep_empty or not frame.empty]
        if not frames:
            raise DatasetError(
                f"nothing is drawn on any of {len(everything)} pictures",
                allowed="at least one labelled picture",
                do="label some frames, or pass --keep-empty if none of them shows anything",
            )
        with atomic_folder(out) as staging:
            turned = 0
            for done, frame in enumerate(frames, start=1):
                turned += _write_frame(staging, frame, plan)
                if progress is not None:
                    progress(done, len(frames))
            write_labels_file(staging / LABELS_FILE, plan.label_set)
            listed = _write_lists(staging, frames)
    return Conversion(
        formats=tuple(export.form for export in exports.values()),
        frames=len(frames),
        label_set=plan.label_set,
        unlabelled_frames=len(everything) - len(frames),
        left_out=sum((export.left_out for export in exports.values()), Counter()),
        turned=turned,
        listed=listed,
    )


def _read_all(
    opened: contextlib.ExitStack, sources: Sequence[Path], images: Path | None, form: str | None
) -> dict[str, Export]:
    """Read all exports; of several, each has the name of its source, a single one has none."""
    folder = None if images is None else opened.enter_context(open_export(images))
    exports: dict[str, Export] = {}
    for source in sources:
        files = opened.enter_context(open_export(source))
        name = source.resolve().name.removesuffix(".zip") if len(sources) > 1 else ""
        if name in exports:
            raise DatasetError(
                f"two sources are called {name}",
                allowed="sources of different names, which name the drives",
                do="rename one of them",
            )
        module = _form_of(files, form)
        exports[name] = module.read(files, module.find(files), PictureFinder(files, folder))
    return exports


def _form_of(files: ExportFiles, form: str | None) -> ModuleType:
    candidates = [FORMATS[form]] if form else list(FORMATS.values())
    for module in candidates:
        if module.find(files) is not None:
            return module
    raise DatasetError(
        f"{files.root} holds no labels of a known form"
        if files.names
        else f"{files.root} is empty",
        allowed="; ".join(f"{module.NAME}: {module.LOOKS_FOR}" for module in candidates),
        do="export again in one of these forms",
    )


def _all_labels(exports: Iterable[Export]) -> dict[str, Colour | None]:
    labels: dict[str, Colour | None] = {}
    for export in exports:
        for label, colour in export.labels.items():
            labels[label] = labels.get(label) or colour
    return labels


def _named_apart(exports: Mapping[str, Export]) -> list[LabelledFrame]:
    """Give all frames under names of their own: of several sources, the source's comes first.

    Folders that all frames of a source lie in tell nothing apart and are left out.
    """
    frames: dict[str, LabelledFrame] = {}
    for source, export in exports.items():
        depth = _common_depth([frame.name.split("/")[:-1] for frame in export.frames])
        prefix = f"{source}/" if source else ""
        for frame in export.frames:
            name = prefix + "/".join(frame.name.split("/")[depth:])
            if name in frames:
                raise DatasetError(
                    f"{frame.where} and {frames[name].where} are both labels of a frame {name}",
                    allowed="one picture of each name",
                    do="rename one of the two, or convert them one at a time",
                )
            frames[name] = replace(frame, name=name)
    return list(frames.values())


def _common_depth(folders: list[list[str]]) -> int:
    depth = 0
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        depth += 1
    return depth


def _write_frame(staging: Path, frame: LabelledFrame, plan: ClassPlan) -> bool:
    """Write a picture and its mask; gives whether the picture was turned upright."""
    path = staging / IMAGES / f"{frame.name}{frame.suffix}"
    write_bytes(path, frame.read_picture())
    try:
        # All of it, so that no damaged picture becomes part of a data set.
        upright, turned = read_image(path), bool(stored_orientation(path))
        size = upright.shape[:2]
        if turned:
            # Both programs show such a picture upright, so that is how it was labelled. A lossless
            # copy, because turning a JPEG would compress it once more.
            path.unlink()
            write_image(path.with_suffix(".png"), upright)
    except ImageFileError as problem:
        found = problem.found.replace(str(path), f"the picture of {frame.where}")
        raise ImageFileError(found, allowed=problem.allowed, do=problem.do) from problem
    if frame.size is not None and frame.size != size:
        raise DatasetError(
            f"{frame.where} was labelled at {frame.size[0]} x {frame.size[1]} pixels (height x "
            f"width), and its picture has {size[0]} x {size[1]}",
            allowed="the very pictures that were labelled",
            do="export again together with the pictures, or give the right --images",
        )
    canvas = np.full(size, plan.unlabelled, np.uint8)
    frame.paint(canvas, plan.values)
    write_labels(staging / MASKS / f"{frame.name}.png", canvas, plan.label_set)
    return turned


def _write_lists(staging: Path, frames: Sequence[LabelledFrame]) -> bool:
    """Write train.txt, val.txt and test.txt where the export tells more than one split."""
    splits = {frame.split for frame in frames}
    if not splits & {"val", "test"}:
        return False
    for part in PARTS:
        names = [frame.name for frame in frames if (frame.split or "train") == part]
        if names:
            write_text(staging / f"{part}.txt", "\n".join(names) + "\n")
    return True
