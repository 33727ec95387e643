"""Reads data sets of one's own.

    ROOT/images/NAME.jpg         any picture; NAME may lie in sub-folders, such as one per drive
    ROOT/masks/NAME.png          truth under the same name, as values or as colours
    ROOT/labels.yaml             what these mean
    ROOT/{train,val,test}.txt    if wanted: which frame is in which split

Without lists, whole drives are held out for validation (`splits.held_out_by_drive`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from roadfcn.datasets.file_pairs import Frame
from roadfcn.datasets.findings import Finding
from roadfcn.datasets.inventory import Inventory, refuse_other_targets
from roadfcn.datasets.labels_file import NAME as LABELS_FILE
from roadfcn.datasets.labels_file import read_labels
from roadfcn.datasets.split_lists import PARTS, SplitLists, read_split_lists
from roadfcn.datasets.splits import drive_of, held_out_by_drive
from roadfcn.errors import DatasetError
from roadfcn.files_below import files_below
from roadfcn.image_files import IMAGE_SUFFIXES, find_images

NAME = "folders"
IMAGES, MASKS = "images", "masks"
LOOKS_FOR = f"{IMAGES} and {MASKS} beside {LABELS_FILE}"


def find_root(folder: Path) -> Path | None:
    """Give the folder itself if it holds pictures and masks."""
    return folder if (folder / IMAGES).is_dir() and (folder / MASKS).is_dir() else None


def take_inventory(root: Path, target: str) -> Inventory:
    """List a folder of one's own frames.

    Raises:
        DatasetError: labels.yaml or a list makes no sense, two pictures differ only by their
            ending, or a target other than "road".
    """
    refuse_other_targets(root, target)
    label_set, code = read_labels(root / LABELS_FILE)
    pictures, masks = _by_name(root / IMAGES), _by_name(root / MASKS)
    lists = read_split_lists(root, pictures, IMAGES)
    parts = _parts(pictures, lists)
    splits = {
        part: tuple(Frame(name, pictures[name], masks.get(name)) for name in names)
        for part, names in parts.items()
    }
    # Frames listed for testing may have no truth yet, but not some of them.
    expected = {"train", "val", "all"}
    if any(frame.mask_path for frame in splits["test"]):
        expected.add("test")
    splits["all"] = tuple(frame for part in PARTS if part in expected for frame in splits[part])
    return Inventory(
        layout=NAME,
        root=root,
        label_set=label_set,
        code=code,
        target="",
        splits=splits,
        truth_expected=frozenset(expected),
        orphans={name: (path,) for name, path in masks.items() if name not in pictures},
        strangers=_strangers(root),
        findings=(*lists.findings, *_about_splits(pictures, lists)),
    )


def _by_name(folder: Path) -> dict[str, Path]:
    """List the pictures below a folder by their path in it, without ending."""
    found: dict[str, Path] = {}
    for path in find_images(folder):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            raise DatasetError(
                f"{path.parent} holds {found[name].name} and {path.name}",
                allowed="one picture of each name",
                do="remove one of the two",
            )
        found[name] = path
    return found


def _strangers(root: Path) -> tuple[Path, ...]:
    """List files that are no pictures, such as photographs in a format that cannot be read."""
    return tuple(
        path
        for folder in (root / IMAGES, root / MASKS)
        for path in sorted(files_below(folder, lambda _path, _problem: None))  # told with pictures
        if path.suffix.lower() not in (*IMAGE_SUFFIXES, ".json")  # labelme's lie beside pictures
    )


def _parts(pictures: Mapping[str, Path], lists: SplitLists) -> dict[str, tuple[str, ...]]:
    """Give the names of each split: as listed, the rest by drive where no list claims it."""
    parts = {part: tuple(lists.names.get(part, ())) for part in PARTS}
    if "train" in lists.names:
        return parts
    rest = lists.unlisted if lists.names else tuple(pictures)
    held = set() if "val" in lists.names else held_out_by_drive(rest)
    parts["train"] = tuple(name for name in rest if name not in held)
    if held:
        parts["val"] = tuple(name for name in rest if name in held)
    return parts


def _about_splits(pictures: Mapping[str, Path], lists: SplitLists) -> Iterator[Finding]:
    if "train" in lists.names and lists.unlisted:
        names = ", ".join(lists.unlisted[:3]) + (", ..." if len(lists.unlisted) > 3 else "")
        yield Finding(
            "warning",
            "train.txt",
            f"{len(lists.unlisted)} of {len(pictures)} pictures are in no list and not used: "
            f"{names}",
            "list them, or take them out",
        )
    if not lists.names and len(pictures) > 1 and len({drive_of(name) for name in pictures}) == 1:
        yield Finding(
            "note",
            IMAGES,
            "all pictures count as one drive, so the last sixth of them is the val split; scores "
            "on frames of the drive that was trained on are better than on a new road",
            f"put the frames of each drive into a sub-folder of {IMAGES} and {MASKS}, or list "
            "other drives in val.txt",
        )
