"""Leaves whole drives out of a split: asked about a drive of its own, a model shows what it knows.

Neighbouring frames look alike. A score on frames of a drive that was trained on says how well that
drive is known; one on a drive that was left out says what to expect of the next street.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from roadfcn.datasets import camvid, camvid_32, cityscapes, folders
from roadfcn.datasets.file_pairs import FilePairDataset, Frame
from roadfcn.datasets.splits import drive_of
from roadfcn.errors import DatasetError

NAMED_AFTER_DRIVES = (camvid.NAME, camvid_32.NAME, cityscapes.NAME, folders.NAME)
"""The layouts whose frames' names tell the drive."""

_SHOWN = 20


def drives_in(dataset: FilePairDataset) -> dict[str, int]:
    """Give the drives of a split by name, sorted, with the number of their frames.

    Raises:
        DatasetError: The names of this layout's frames tell no drive.
    """
    if dataset.name not in NAMED_AFTER_DRIVES:
        raise DatasetError(
            f"the names of the frames in {dataset.root} (read as {dataset.name}) do not tell "
            "which drive they are of",
            allowed=f"drives held out of data laid out as {', '.join(NAMED_AFTER_DRIVES)}",
            do="name no drives: a part of the frames is held out for validation anyway",
        )
    return dict(sorted(Counter(_drives(dataset)).items()))


def hold_out(
    dataset: FilePairDataset, drives: Sequence[str]
) -> tuple[FilePairDataset, FilePairDataset]:
    """Part a split into the frames of all other drives and those of some drives.

    Args:
        dataset: A split.
        drives: Names of drives as `drives_in` gives them.

    Returns:
        The rest, to be trained on, and the drives' frames. Their `split` says which drives.

    Raises:
        DatasetError: The split has no such drive or none beside them, or the names of this
            layout's frames tell no drive.
    """
    present = drives_in(dataset)
    named = ", ".join(f"{drive} ({count} frames)" for drive, count in [*present.items()][:_SHOWN])
    named += f" and {len(present) - _SHOWN} more" if len(present) > _SHOWN else ""
    unknown = [drive for drive in drives if drive not in present]
    if unknown:
        raise DatasetError(
            f"the split '{dataset.split}' of {dataset.root} has no drive {', '.join(unknown)}",
            allowed=f"its drives: {named}",
            do="correct the name; in YAML one that looks like a number stands between quotes",
        )
    held = set(drives)
    if held == set(present):
        raise DatasetError(
            f"the split '{dataset.split}' of {dataset.root} has no frames beside those of the "
            f"drives that are held out: {', '.join(present)}",
            allowed=f"some of its drives, not all: {named}",
            do="leave a drive to train on, or more frames with another split",
        )
    title = ", ".join(drive for drive in present if drive in held)
    rest: list[Frame] = []
    chosen: list[Frame] = []
    for frame, drive in zip(dataset.frames, _drives(dataset), strict=True):
        (chosen if drive in held else rest).append(frame)
    return (
        replace(dataset, split=f"{dataset.split} without {title}", frames=tuple(rest)),
        replace(dataset, split=f"{title} of {dataset.split}", frames=tuple(chosen)),
    )


def _drives(dataset: FilePairDataset) -> list[str]:
    """Give the drive of each frame; CamVid's go by the name its authors gave them.

    Of 0006R0_f00930 that is 0006R0, though the number begins after "f".
    """
    names = [frame.name for frame in dataset.frames]
    if dataset.name in (camvid.NAME, camvid_32.NAME):
        return [name.partition("_")[0] for name in names]
    return [drive_of(name) for name in names]
