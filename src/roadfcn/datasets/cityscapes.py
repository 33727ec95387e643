"""Reads Cityscapes with its fine annotations, 19 classes.

    ROOT/leftImg8bit/{train,val,test}/CITY/CITY_000000_000019_leftImg8bit.png
    ROOT/gtFine/{train,val}/CITY/CITY_000000_000019_gtFine_labelIds.png

Where only `_labelTrainIds` are there, these are read. A frame's category is its city. The
published truth of the test cities is a dummy (ignored regions only), so none is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from roadfcn.datasets.cityscapes_labels import IDS, TRAIN_IDS, CityscapesCode
from roadfcn.datasets.file_pairs import Frame, list_folder, pictures_by_stem
from roadfcn.datasets.inventory import Inventory, refuse_other_targets
from roadfcn.label_sets import CITYSCAPES_19

NAME = "cityscapes"
IMAGES, TRUTH = "leftImg8bit", "gtFine"
LOOKS_FOR = f"{IMAGES} and {TRUTH}"

_PARTS = ("train", "val", "test")


def find_root(folder: Path) -> Path | None:
    """Give the folder itself if it holds the pictures and the fine annotations."""
    return folder if (folder / IMAGES).is_dir() and (folder / TRUTH).is_dir() else None


def take_inventory(root: Path, target: str) -> Inventory:
    """List a Cityscapes tree; frames are named `<city>/<city>_<sequence>_<frame>`.

    Raises:
        DatasetError: A target other than "road", or a folder that cannot be listed.
    """
    refuse_other_targets(root, target)
    parts = {part: _list_part(root, part) for part in _PARTS}
    splits = {part: tuple(found.frames) for part, found in parts.items()}
    splits["all"] = (*splits["train"], *splits["val"])  # no city is in both
    return Inventory(
        layout=NAME,
        root=root,
        label_set=CITYSCAPES_19,
        code=CityscapesCode(),
        target="",
        splits=splits,
        truth_expected=frozenset({"train", "val", "all"}),
        orphans={
            f"{part}/{name}": files
            for part, found in parts.items()
            for name, files in found.orphans.items()
        },
        strangers=tuple(path for found in parts.values() for path in found.strangers),
        remarks={"test": "Cityscapes keeps the truth of its test cities; its server scores them"},
    )


@dataclass(frozen=True)
class _Part:
    """What a split's folders hold; orphans and strangers as in `Inventory`."""

    frames: list[Frame]
    orphans: dict[str, tuple[Path, ...]]
    strangers: list[Path]


def _list_part(root: Path, part: str) -> _Part:
    frames: list[Frame] = []
    orphans: dict[str, tuple[Path, ...]] = {}
    strangers: list[Path] = []
    truths = {} if part == "test" else _truths(root / TRUTH / part)
    for city in _folders(root / IMAGES / part):
        for stem, path in pictures_by_stem(city, (".png", ".jpg")).items():
            name = f"{city.name}/{stem.removesuffix(f'_{IMAGES}')}"
            if not stem.endswith(f"_{IMAGES}"):
                strangers.append(path)
                continue
            found = truths.pop(name, {})
            mask = found.get(IDS, found.get(TRAIN_IDS))
            frames.append(Frame(name, path, mask, category=city.name))
    for name, found in truths.items():
        orphans[name] = tuple(found.values())
    return _Part(frames, orphans, strangers)


def _truths(folder: Path) -> dict[str, dict[str, Path]]:
    """Give the truth pictures of each frame, by their ending; other annotations are left alone."""
    found: dict[str, dict[str, Path]] = {}
    for city in _folders(folder):
        for stem, path in pictures_by_stem(city, (".png",)).items():
            for ending in (IDS, TRAIN_IDS):
                if stem.endswith(f"_{TRUTH}{ending}"):
                    name = f"{city.name}/{stem.removesuffix(f'_{TRUTH}{ending}')}"
                    found.setdefault(name, {})[ending] = path
    return found


def _folders(folder: Path) -> list[Path]:
    return [path for path in list_folder(folder) if path.is_dir()] if folder.is_dir() else []
