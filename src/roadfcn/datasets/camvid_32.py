"""Reads CamVid with its original 32 classes, folded to SegNet's 11.

As published, with SegNet's split made from the frames' names:

    ROOT/701_StillsRaw_full/NAME.png, ROOT/LabeledApproved_full/NAME_L.png

As it is passed on with folders for the split (Kaggle), of which a copy need not have all:

    ROOT/{train,val,test}/NAME.png, ROOT/{train,val,test}_labels/NAME_L.png

As fast.ai passes it on, with the number of its class in each pixel, and a list for validation:

    ROOT/images/NAME.png, ROOT/labels/NAME_P.png, ROOT/codes.txt, ROOT/valid.txt

All pixels have a class but those of "Void".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from roadfcn.datasets.camvid_32_classes import CLASSES, COLOUR_CODE, INDEX_CODE
from roadfcn.datasets.file_pairs import Frame, pictures_by_stem
from roadfcn.datasets.findings import Finding
from roadfcn.datasets.inventory import Inventory, refuse_other_targets
from roadfcn.datasets.mask_decoding import MaskCode
from roadfcn.datasets.split_lists import read_split_lists
from roadfcn.errors import DatasetError
from roadfcn.label_sets import CAMVID_11

NAME = "camvid-32"
STILLS, STILLS_TRUTH = "701_StillsRaw_full", "LabeledApproved_full"
CODES = "codes.txt"
LOOKS_FOR = (
    f"{STILLS} and {STILLS_TRUTH}, or train, val or test beside train_labels, val_labels or "
    f"test_labels, or images and labels beside {CODES}"
)

_PARTS = ("train", "val", "test")
_STILL_NAME = re.compile(r"(?P<drive>0001TP|0006R0|0016E5|Seq05VD)_f?(?P<number>\d{5,6})")


def find_root(folder: Path) -> Path | None:
    """Give the folder itself if it holds CamVid in one of the three ways."""
    found = _holds_stills(folder) or bool(_parts_of(folder)) or _holds_numbers(folder)
    return folder if found else None


def take_inventory(root: Path, target: str) -> Inventory:
    """List a CamVid tree. In "all", names are `<split>/<name>`, so that they stay unique.

    Raises:
        DatasetError: It holds CamVid in two of the ways, two pictures have the same name, a list
            names a frame twice, or codes.txt lists other classes.
    """
    refuse_other_targets(root, target, ("road", CAMVID_11.name))
    ways = [_holds_stills(root), bool(_parts_of(root)), _holds_numbers(root)]
    if sum(ways) > 1:
        raise DatasetError(
            f"{root} holds CamVid's pictures in {sum(ways)} ways",
            allowed=f"one of: {LOOKS_FOR}",
            do="move the others to another folder",
        )
    if ways[0]:
        found = _stills(root)
    elif ways[1]:
        found = _folders(root)
    else:
        found = _numbers(root)
    expected = {"train", "val", "all"}
    if any(frame.mask_path for frame in found.splits.get("test", ())):
        expected.add("test")
    joined = tuple(
        Frame(f"{part}/{frame.name}", frame.image_path, frame.mask_path)
        for part in _PARTS
        if part in expected
        for frame in found.splits.get(part, ())
    )
    return Inventory(
        layout=NAME,
        root=root,
        label_set=CAMVID_11,
        code=found.code,
        target="",
        splits={**found.splits, "all": joined},
        truth_expected=frozenset(expected),
        orphans=found.orphans,
        strangers=found.strangers,
        findings=found.findings,
        remarks=found.remarks,
    )


@dataclass(frozen=True)
class _Found:
    """What one of the three ways gives; fields as in `Inventory`."""

    splits: Mapping[str, tuple[Frame, ...]]
    orphans: Mapping[str, tuple[Path, ...]]
    strangers: tuple[Path, ...]
    code: MaskCode = COLOUR_CODE
    findings: tuple[Finding, ...] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)


def _holds_stills(folder: Path) -> bool:
    return (folder / STILLS).is_dir() and (folder / STILLS_TRUTH).is_dir()


def _parts_of(folder: Path) -> list[str]:
    return [
        part for part in _PARTS if (folder / part).is_dir() and (folder / f"{part}_labels").is_dir()
    ]


def _holds_numbers(folder: Path) -> bool:
    return all((folder / name).is_dir() for name in ("images", "labels")) and (
        (folder / CODES).is_file()
    )


def segnet_split(name: str) -> str | None:
    """Tell in which of SegNet's splits an original frame is; None of names that are not CamVid's.

    SegNet's lists (Badrinarayanan et al., PAMI 2017; 367, 101 and 233 frames) follow from the
    drives: the second half of the dusk drive 0001TP, and Seq05VD, test; the densely labelled part
    of 0016E5 validates, the rest trains.
    """
    match = _STILL_NAME.fullmatch(name)
    if match is None:
        return None
    drive, number = match["drive"], int(match["number"])
    if drive == "Seq05VD" or (drive == "0001TP" and number > 8520):
        return "test"
    return "val" if drive == "0016E5" and 7959 <= number <= 8159 else "train"


def _stills(root: Path) -> _Found:
    pictures, truths, strangers = _pairs(root / STILLS, root / STILLS_TRUTH, "_L")
    homes = {name: segnet_split(name) for name in pictures}
    strangers += [pictures[name] for name, part in homes.items() if part is None]
    return _Found(
        splits={
            part: _frames([name for name in pictures if homes[name] == part], pictures, truths)
            for part in _PARTS
        },
        orphans={name: (path,) for name, path in truths.items() if name not in pictures},
        strangers=tuple(strangers),
    )


def _folders(root: Path) -> _Found:
    splits: dict[str, tuple[Frame, ...]] = {}
    orphans: dict[str, tuple[Path, ...]] = {}
    strangers: list[Path] = []
    for part in _PARTS:
        pictures, truths, others = _pairs(root / part, root / f"{part}_labels", "_L")
        splits[part] = _frames(pictures, pictures, truths)
        orphans |= {f"{part}/{n}": (path,) for n, path in truths.items() if n not in pictures}
        strangers += others
    return _Found(splits, orphans, tuple(strangers))


def _numbers(root: Path) -> _Found:
    _check_codes(root / CODES)
    pictures, truths, strangers = _pairs(root / "images", root / "labels", "_P")
    lists = read_split_lists(root, pictures, "images", {"val": "valid.txt"})
    held = set(lists.names.get("val", ()))
    return _Found(
        splits={
            "train": _frames([name for name in pictures if name not in held], pictures, truths),
            "val": _frames([name for name in pictures if name in held], pictures, truths),
        },
        orphans={name: (path,) for name, path in truths.items() if name not in pictures},
        strangers=tuple(strangers),
        code=INDEX_CODE,
        findings=lists.findings,
        remarks={"test": "fast.ai's copy of CamVid has no test split, its frames are all in train"},
    )


def _pairs(
    image_folder: Path, truth_folder: Path, ending: str
) -> tuple[dict[str, Path], dict[str, Path], list[Path]]:
    """Give pictures and truth by frame name, and the truth files whose names do not end so."""
    pictures = pictures_by_stem(image_folder, (".png", ".jpg", ".jpeg"))
    labelled = pictures_by_stem(truth_folder, (".png",))
    truths = {n.removesuffix(ending): path for n, path in labelled.items() if n.endswith(ending)}
    return pictures, truths, [path for n, path in labelled.items() if not n.endswith(ending)]


def _frames(
    names: Iterable[str], pictures: Mapping[str, Path], truths: Mapping[str, Path]
) -> tuple[Frame, ...]:
    return tuple(Frame(name, pictures[name], truths.get(name)) for name in names)


def _check_codes(path: Path) -> None:
    """Refuse a list of other classes, or in another order: the values would mean something else."""
    try:
        listed = path.read_text(encoding="utf-8-sig").split()
    except (OSError, UnicodeDecodeError) as problem:
        raise DatasetError(
            f"{path} cannot be read: {problem}",
            allowed="a text file that lists CamVid's 32 classes",
            do="copy it again",
        ) from problem
    names = [name for name, _, _ in CLASSES]
    if listed != names:
        first = next((n for n, name in enumerate(names) if listed[n : n + 1] != [name]), len(names))
        found = f"'{listed[first]}'" if first < len(listed) else "nothing"
        raise DatasetError(
            f"{path} lists {found} as class {first}, where CamVid has "
            + (f"'{names[first]}'" if first < len(names) else "no more"),
            allowed=f"CamVid's {len(names)} classes, one on a line, from {names[0]} to {names[-1]}",
            do="copy it again, or read the folder as one's own with a labels.yaml",
        )
