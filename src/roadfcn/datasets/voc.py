"""Reads PASCAL VOC's segmentation pictures, 21 classes.

    ROOT/JPEGImages/NAME.jpg
    ROOT/SegmentationClass/NAME.png              palette: 0..20 are classes, 255 is void
    ROOT/ImageSets/Segmentation/{train,val}.txt  which pictures have truth, and their split

ROOT is a year's folder (VOC2012), or one that holds it as the archives do. Pictures without a
place in the lists, most of them, are for other tasks and not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from roadfcn.datasets.file_pairs import Frame, pictures_by_stem
from roadfcn.datasets.inventory import Inventory, refuse_other_targets
from roadfcn.datasets.mask_decoding import IndexCode
from roadfcn.datasets.split_lists import SplitLists, read_split_lists
from roadfcn.errors import DatasetError
from roadfcn.label_sets import VOC_21, VOID

NAME = "voc"
IMAGES, TRUTH, LISTS = "JPEGImages", "SegmentationClass", "ImageSets/Segmentation"
LOOKS_FOR = f"{IMAGES} and {TRUTH}, or VOCdevkit/VOC2012 that holds them"
TRUTH_CODE = IndexCode(len(VOC_21), (VOID,))
NO_TEST = "VOC keeps the truth of its test pictures; its server scores them"

# Where the archives of the years put a year's folder; VOC2011's is in one more folder.
_PLACES = ("VOC20*", "VOCdevkit/VOC20*", "TrainVal/VOCdevkit/VOC20*")


def find_root(folder: Path) -> Path | None:
    """Give the year's folder: this one, or the one in it; this one if it holds several."""
    years = find_years(folder)
    return years[0] if len(years) == 1 else folder if years else None


def find_years(folder: Path) -> list[Path]:
    """List the years' folders: this one if it is one, else those in it."""
    if _is_year(folder):
        return [folder]
    return sorted(path for place in _PLACES for path in folder.glob(place) if _is_year(path))


def the_year(root: Path) -> Path:
    """Give the one year's folder of a root.

    Raises:
        DatasetError: There are several.
    """
    years = find_years(root)
    if len(years) > 1:
        raise DatasetError(
            f"{root} holds {' and '.join(year.name for year in years)}",
            allowed="one year of PASCAL VOC: later ones repeat the pictures of earlier ones",
            do=f"name one of them, such as {years[0]}, or keep one in this folder",
        )
    return years[0]


def take_inventory(root: Path, target: str) -> Inventory:
    """List a year of PASCAL VOC.

    Raises:
        DatasetError: Several years, no lists, a frame in two of them, a target other than "road".
    """
    refuse_other_targets(root, target)
    year = read_year(the_year(root))
    expected = {"train", "val", "all"}
    splits = {part: year.frames(names) for part, names in year.lists.names.items()}
    if any(frame.mask_path for frame in splits.get("test", ())):
        expected.add("test")
    splits["all"] = tuple(
        frame for part, frames in splits.items() if part in expected for frame in frames
    )
    return Inventory(
        layout=NAME,
        root=root,
        label_set=VOC_21,
        code=TRUTH_CODE,
        target="",
        splits=splits,
        truth_expected=frozenset(expected),
        orphans={n: (path,) for n, path in year.truths.items() if n not in year.pictures},
        findings=year.lists.findings,
        remarks={"test": NO_TEST},
    )


@dataclass(frozen=True)
class ListedPictures:
    """Pictures, their truth, and the lists that name some of them."""

    pictures: Mapping[str, Path]
    truths: Mapping[str, Path]
    lists: SplitLists

    def frames(self, names: tuple[str, ...]) -> tuple[Frame, ...]:
        """Give the frames of these names."""
        return tuple(Frame(name, self.pictures[name], self.truths.get(name)) for name in names)


def read_year(folder: Path) -> ListedPictures:
    """List a year's pictures.

    Raises:
        DatasetError: It has no list of a split, or a frame is in two.
    """
    pictures = pictures_by_stem(folder / IMAGES, (".jpg", ".jpeg", ".png"))
    lists = read_split_lists(folder / LISTS, pictures, IMAGES)
    if not lists.names:
        raise DatasetError(
            f"{folder / LISTS} holds none of train.txt, val.txt and test.txt",
            allowed="a VOC folder with its lists: most of its pictures have no truth",
            do=f"copy {LISTS} out of the same archive",
        )
    return ListedPictures(pictures, pictures_by_stem(folder / TRUTH, (".png",)), lists)


def _is_year(folder: Path) -> bool:
    return (folder / IMAGES).is_dir() and (folder / TRUTH).is_dir()
