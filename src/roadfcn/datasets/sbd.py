"""Reads SBD, the Semantic Boundaries Dataset: truth for more of PASCAL VOC's pictures.

    ROOT/img/NAME.jpg
    ROOT/cls/NAME.mat            the class of each pixel; none is void
    ROOT/train.txt, val.txt      8,498 and 2,857 pictures

ROOT is the archive's `benchmark_RELEASE/dataset`, or one of the two folders above it. SBD's train
holds pictures of VOC's val: the layout `voc-sbd` keeps them apart.
"""

from __future__ import annotations

from pathlib import Path

from roadfcn.datasets.file_pairs import pictures_by_stem
from roadfcn.datasets.inventory import Inventory, refuse_other_targets
from roadfcn.datasets.sbd_truth import SUFFIX
from roadfcn.datasets.split_lists import FILES, read_split_lists
from roadfcn.datasets.voc import TRUTH_CODE, ListedPictures
from roadfcn.errors import DatasetError
from roadfcn.label_sets import VOC_21

NAME = "sbd"
IMAGES, TRUTH = "img", "cls"
LOOKS_FOR = f"{IMAGES} and {TRUTH}, or benchmark_RELEASE/dataset that holds them"

_PLACES = (".", "dataset", "benchmark_RELEASE/dataset")


def find_root(folder: Path) -> Path | None:
    """Give the folder that holds pictures and truth: this one, or the archive's in it."""
    for place in _PLACES:
        if (folder / place / IMAGES).is_dir() and (folder / place / TRUTH).is_dir():
            return folder / place
    return None


def take_inventory(root: Path, target: str) -> Inventory:
    """List SBD.

    Raises:
        DatasetError: No lists, a frame in both of them, a target other than "road".
    """
    refuse_other_targets(root, target)
    found = read_sbd(root)
    splits = {part: found.frames(names) for part, names in found.lists.names.items()}
    splits["all"] = (*splits.get("train", ()), *splits.get("val", ()))
    return Inventory(
        layout=NAME,
        root=root,
        label_set=VOC_21,
        code=TRUTH_CODE,
        target="",
        splits=splits,
        truth_expected=frozenset({"train", "val", "all"}),
        orphans={n: (path,) for n, path in found.truths.items() if n not in found.pictures},
        findings=found.lists.findings,
        remarks={"test": "SBD has no test split"},
    )


def read_sbd(root: Path) -> ListedPictures:
    """List SBD's pictures.

    Raises:
        DatasetError: Neither list is there, or a frame is in both.
    """
    pictures = pictures_by_stem(root / IMAGES, (".jpg", ".jpeg", ".png"))
    files = {part: FILES[part] for part in ("train", "val")}
    lists = read_split_lists(root, pictures, IMAGES, files)
    if not lists.names:
        raise DatasetError(
            f"{root} holds neither train.txt nor val.txt",
            allowed="SBD with its lists",
            do="copy them out of the same archive",
        )
    return ListedPictures(pictures, pictures_by_stem(root / TRUTH, (SUFFIX,)), lists)
