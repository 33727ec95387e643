"""Opens a data folder: finds out how it is laid out, and gives one split of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from roadfcn.datasets import (
    camvid,
    camvid_32,
    cityscapes,
    folders,
    kitti_road,
    sbd,
    voc,
    voc_sbd,
)
from roadfcn.datasets.file_pairs import FilePairDataset, list_folder
from roadfcn.datasets.inventory import SPLITS, Inventory
from roadfcn.errors import DatasetError


@dataclass(frozen=True)
class Layout:
    """A way in which data sets lie on disk.

    Args:
        name: What `--layout` takes.
        looks_for: The folders it is recognised by, in words.
        find_root: Gives the folder that holds these, from the folder named; None if not there.
        take_inventory: Lists that folder for a target.
    """

    name: str
    looks_for: str
    find_root: Callable[[Path], Path | None]
    take_inventory: Callable[[Path, str], Inventory]


LAYOUTS = {
    module.NAME: Layout(module.NAME, module.LOOKS_FOR, module.find_root, module.take_inventory)
    for module in (kitti_road, camvid, camvid_32, cityscapes, voc, sbd, voc_sbd, folders)
}
"""The layouts that can be read, by name."""


def open_dataset(
    root: Path, split: str = "train", *, layout: str | None = None, target: str = "road"
) -> FilePairDataset:
    """Open one split of a data folder.

    Args:
        root: The data folder.
        split: "train", "val", "test" or "all".
        layout: Name of the layout; found out if None.
        target: "road", "lane" or, of generated scenes, "camvid-11"; for KITTI Road.

    Raises:
        DatasetError: The folder is missing or empty, has no known layout, lacks the split, or
            frames of the split lack truth.
    """
    if split not in SPLITS:
        raise DatasetError(
            f"there is no split '{split}'", allowed=", ".join(SPLITS), do="choose one of them"
        )
    inventory = take_inventory(root, layout=layout, target=target)
    for finding in inventory.findings:
        if finding.severity == "error":
            raise DatasetError(
                f"{inventory.root}, {finding.where}: {finding.what}",
                allowed=f"a data folder laid out as {inventory.layout}",
                do=f"{finding.fix}; 'roadfcn data check' lists everything",
            )
    frames, remark = inventory.splits.get(split, ()), inventory.remarks.get(split, "")
    if not frames:
        present = [name for name in SPLITS if inventory.splits.get(name)]
        raise DatasetError(
            f"the split '{split}' of {inventory.root} (read as {inventory.layout}) has no pictures"
            + (f": {remark}" if remark else ""),
            allowed=f"a split with pictures: {', '.join(present) or 'here none has any'}",
            do="choose another split or copy the missing pictures",
        )
    bare = inventory.without_truth(split)
    if bare:
        names = ", ".join(frame.name for frame in bare[:3])
        raise DatasetError(
            f"{len(bare)} of {len(frames)} frames in the split '{split}' of {inventory.root} have "
            f"no truth{f' for {target}' if inventory.target else ''}: {names}"
            + (", ..." if len(bare) > 3 else ""),
            allowed="a truth picture for each picture",
            do="copy the missing truth or take the pictures out; 'roadfcn data check' lists them",
        )
    return FilePairDataset(
        name=inventory.layout,
        root=inventory.root,
        split=split,
        label_set=inventory.label_set,
        frames=frames,
        code=inventory.code,
        target=inventory.target,
        remark=remark,
        origin=inventory.origin,
    )


def take_inventory(root: Path, *, layout: str | None = None, target: str = "road") -> Inventory:
    """List a data folder, mistakes and all.

    Raises:
        DatasetError: The folder is missing or empty, or has no known or not the given layout.
    """
    root = Path(root)
    chosen = LAYOUTS[_known(layout) if layout else detect_layout(root)]
    _require_folder(root)
    found = chosen.find_root(root)
    if found is None:
        raise DatasetError(
            f"{root} is not laid out as {chosen.name}: it holds {_listed(root)}",
            allowed=f"a folder with {chosen.looks_for}",
            do="check the path, or leave the layout out so that it is found out",
        )
    return chosen.take_inventory(found, target)


def detect_layout(root: Path) -> str:
    """Find out the layout of a data folder.

    Raises:
        DatasetError: The folder is missing or empty, or no layout fits, or several do.
    """
    root = Path(root)
    _require_folder(root)
    fitting = [layout.name for layout in LAYOUTS.values() if layout.find_root(root)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise DatasetError(
            f"{root} can be read as {' and as '.join(fitting)}",
            allowed="a folder of one layout",
            do=f"say which with --layout {'|'.join(fitting)}",
        )
    raise DatasetError(
        f"{root} has no layout that is known: it holds {_listed(root)}",
        allowed="; ".join(f"{layout.name}: {layout.looks_for}" for layout in LAYOUTS.values()),
        do=_where_it_is(root),
    )


def _where_it_is(root: Path) -> str:
    """Say which folder to name in the place of one that has no layout."""
    above = root.absolute().parent
    if any(layout.find_root(above) for layout in LAYOUTS.values()):
        return f"name the folder above it, which has one: {above}"
    return "name the folder that holds these subfolders"


def _known(layout: str) -> str:
    if layout not in LAYOUTS:
        raise DatasetError(
            f"there is no layout '{layout}'", allowed=", ".join(LAYOUTS), do="choose one of them"
        )
    return layout


def _require_folder(root: Path) -> None:
    if not root.is_dir():
        found = f"{root} is a file" if root.exists() else f"there is no folder {root}"
        raise DatasetError(found, allowed="a folder with a data set", do="check the path")
    if not list_folder(root):
        raise DatasetError(
            f"the folder {root} is empty",
            allowed="a folder with a data set",
            do="copy the data into it, or make some with 'roadfcn scenes OUT'",
        )


def _listed(root: Path) -> str:
    """Name what a folder holds, in a few words."""
    names = [path.name + ("/" if path.is_dir() else "") for path in list_folder(root)]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
