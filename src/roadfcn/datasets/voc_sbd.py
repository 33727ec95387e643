"""Reads PASCAL VOC and SBD together, as the FCN papers train and score.

    ROOT/VOCdevkit/VOC2011       a year of VOC, or the year's folder itself as ROOT
    ROOT/benchmark_RELEASE       SBD beside it

`train` is SBD's train: 8,498 pictures. SBD's train holds pictures of VOC's val, so `val` is VOC's
val without these. Of VOC2011 that leaves 736: the list `seg11valid.txt` of the FCN authors
(Shelhamer et al., PAMI 2017; `data/pascal/README.md` of their code). It is computed from the lists.
"""

from __future__ import annotations

from pathlib import Path

from roadfcn.datasets import sbd, voc
from roadfcn.datasets.findings import Finding
from roadfcn.datasets.inventory import Inventory, refuse_other_targets
from roadfcn.label_sets import VOC_21

NAME = "voc-sbd"
LOOKS_FOR = "VOCdevkit/VOC2011 beside benchmark_RELEASE/dataset"


def find_root(folder: Path) -> Path | None:
    """Give the folder itself if both are in it."""
    return folder if voc.find_root(folder) and sbd.find_root(folder) else None


def take_inventory(root: Path, target: str) -> Inventory:
    """List both data sets.

    Raises:
        DatasetError: Several years of VOC, missing lists, a target other than "road".
    """
    refuse_other_targets(root, target)
    folder, sbd_root = voc.the_year(root), sbd.find_root(root)
    assert sbd_root is not None, "find_root was asked"
    year, more = voc.read_year(folder), sbd.read_sbd(sbd_root)
    trained_on = more.lists.names.get("train", ())
    splits = {
        "train": more.frames(trained_on),
        "val": year.frames(without(year.lists.names.get("val", ()), trained_on)),
        "test": year.frames(year.lists.names.get("test", ())),
    }
    splits["all"] = (*splits["train"], *splits["val"])
    listed = len(year.lists.names.get("val", ()))
    note = Finding(
        "note",
        "val",
        f"{listed - len(splits['val'])} of the {listed} val pictures of {folder.name} are in SBD's "
        f"train and left out; {len(splits['val'])} remain",
        "take VOC2011, of which 736 remain, if scores are to compare with those of the FCN papers",
    )
    return Inventory(
        layout=NAME,
        root=root,
        label_set=VOC_21,
        code=voc.TRUTH_CODE,
        target="",
        splits=splits,
        truth_expected=frozenset({"train", "val", "all"}),
        orphans={
            name: (path,)
            for found in (year, more)
            for name, path in found.truths.items()
            if name not in found.pictures
        },
        findings=(*year.lists.findings, *more.lists.findings, note),
        remarks={"test": voc.NO_TEST},
    )


def without(names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Give the names that are not among the others, in their order."""
    left_out = set(others)
    return tuple(name for name in names if name not in left_out)
