"""Reads CamVid in the 11-class form of the SegNet tutorial.

    ROOT/{train,val,test}/NAME.png or .jpg
    ROOT/{train,val,test}annot/NAME.png        one channel: 0..10 are classes, 11 is void

A copy need not have all three splits.
"""

from __future__ import annotations

from pathlib import Path

from roadfcn.datasets.file_pairs import Frame, pictures_by_stem
from roadfcn.datasets.inventory import Inventory, refuse_other_targets
from roadfcn.datasets.mask_decoding import IndexCode
from roadfcn.label_sets import CAMVID_11

NAME = "camvid"
LOOKS_FOR = "train, val or test beside trainannot, valannot or testannot"
VOID_VALUE = 11
TRUTH_CODE = IndexCode(len(CAMVID_11), (VOID_VALUE,))

_PARTS = ("train", "val", "test")


def find_root(folder: Path) -> Path | None:
    """Give the folder itself if it holds a split with its annotations."""
    has_split = any(
        (folder / part).is_dir() and (folder / f"{part}annot").is_dir() for part in _PARTS
    )
    return folder if has_split else None


def take_inventory(root: Path, target: str) -> Inventory:
    """List a CamVid tree. In "all", names are `<split>/<name>`, so that they stay unique.

    Raises:
        DatasetError: Two pictures of the same name, or the target "lane", which CamVid has not.
    """
    refuse_other_targets(root, target, ("road", CAMVID_11.name))
    splits: dict[str, tuple[Frame, ...]] = {}
    expected = {"train", "val", "all"}
    orphans: dict[str, tuple[Path, ...]] = {}
    for part in _PARTS:
        pictures = pictures_by_stem(root / part, (".png", ".jpg", ".jpeg"))
        truths = pictures_by_stem(root / f"{part}annot", (".png",))
        orphans |= {
            f"{part}/{stem}": (path,) for stem, path in truths.items() if stem not in pictures
        }
        if pictures:
            splits[part] = tuple(
                Frame(name=stem, image_path=path, mask_path=truths.get(stem))
                for stem, path in pictures.items()
            )
        if truths:
            expected.add(part)
    splits["all"] = tuple(
        Frame(f"{part}/{frame.name}", frame.image_path, frame.mask_path)
        for part in _PARTS
        if part in expected
        for frame in splits.get(part, ())
    )
    return Inventory(
        layout=NAME,
        root=root,
        label_set=CAMVID_11,
        code=TRUTH_CODE,
        target="",
        splits=splits,
        truth_expected=frozenset(expected),
        orphans=orphans,
    )
