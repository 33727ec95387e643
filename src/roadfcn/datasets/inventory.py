"""What lies in a data folder, before anything is required of it.

A layout module lists the folder once into this record. `layouts.open_dataset` then insists on
what a split needs, while `checks` tells of everything that is odd.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from roadfcn.datasets.file_pairs import Frame
from roadfcn.datasets.findings import Finding
from roadfcn.datasets.mask_decoding import MaskCode
from roadfcn.errors import DatasetError
from roadfcn.label_sets import LabelSet

SPLITS = ("train", "val", "test", "all")
"""The names of splits; "all" joins what has truth and repeats frames of the others."""


@dataclass(frozen=True)
class Inventory:
    """A data folder's files, sorted into frames.

    Args:
        layout: The layout it was read as.
        root: The folder that holds the layout's subfolders.
        label_set: What the masks' values mean.
        code: How truth pictures are coded on disk.
        target: "road" or "lane" for KITTI Road, else "".
        splits: Frames by split; a split that is not there has no entry or no frames.
        truth_expected: Splits in which a frame without truth is a mistake.
        orphans: Truth and calibration files without a picture, by the name of its frame.
        strangers: Files whose names do not fit the layout; they are not read.
        calibrated: Whether the layout has calibration files at all.
        findings: What else the layout noticed, such as frames that no list names.
        remarks: Of splits that the data set is published without, or whose truth it keeps to
            itself: a sentence that says so, for the error of one who asks for them.
        origin: Whose pictures these are, where the layout is another's; see `FilePairDataset`.
    """

    layout: str
    root: Path
    label_set: LabelSet
    code: MaskCode
    target: str
    splits: Mapping[str, tuple[Frame, ...]]
    truth_expected: frozenset[str]
    orphans: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    strangers: tuple[Path, ...] = ()
    calibrated: bool = False
    findings: tuple[Finding, ...] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""

    def without_truth(self, split: str) -> list[Frame]:
        """List the frames of a split that lack the truth they ought to have."""
        if split not in self.truth_expected:
            return []
        return [frame for frame in self.splits.get(split, ()) if frame.mask_path is None]

    def frame_counts(self) -> dict[str, int]:
        """Give the number of frames of each of train, val and test that has any."""
        return {
            split: len(self.splits[split])
            for split in SPLITS
            if split != "all" and self.splits.get(split)
        }


def refuse_other_targets(root: Path, target: str, known: tuple[str, ...] = ("road",)) -> None:
    """Refuse a target of KITTI Road's where a data set has one truth only.

    Args:
        root: The data folder.
        target: What was asked for.
        known: What may be asked for: "road" is what is asked for if nothing is said.

    Raises:
        DatasetError: Another target.
    """
    if target not in known:
        raise DatasetError(
            f"the data folder {root} has no {target} truth",
            allowed=f"the target '{target}' on KITTI Road only",
            do="leave the target out",
        )
