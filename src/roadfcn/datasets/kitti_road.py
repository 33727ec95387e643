"""Reads the KITTI Road benchmark, and scenes written in its layout.

`training` is split by category into train and val, as the benchmark has no validation folder;
`testing` is the test split, with truth only where `testing/gt_image_2` exists (generated scenes).
Truth has three states: road, not road, and void. Generated scenes have a second truth, of CamVid's
11 classes, as target "camvid-11", and a file that tells them from the benchmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from roadfcn.datasets.file_pairs import Frame, pictures_by_stem
from roadfcn.datasets.inventory import Inventory
from roadfcn.datasets.mask_decoding import ColourCode, IndexCode, MaskCode
from roadfcn.datasets.splits import held_out
from roadfcn.errors import DatasetError
from roadfcn.kitti.layout import (
    CALIBRATION_FOLDER,
    CATEGORIES,
    CLASSES_FOLDER,
    IMAGE_FOLDER,
    SCENES_FILE,
    TESTING,
    TRAINING,
    TRUTH_FOLDER,
    TRUTH_NOT_ROAD,
    TRUTH_ROAD,
    TRUTH_ROAD_BUT_VOID,
    TRUTH_VOID,
    FrameId,
    parse_frame_name,
    parse_truth_name,
)
from roadfcn.label_sets import CAMVID_11, EGO_LANE, ROAD, VOID

NAME = "kitti-road"
LOOKS_FOR = f"{TRAINING}/{IMAGE_FOLDER} or {TESTING}/{IMAGE_FOLDER}"
ARCHIVE_FOLDER = "data_road"
"""The folder in the published archive."""

GENERATED = "generated scenes"
"""What pictures in this layout are called that no camera took: their scores are not KITTI's."""

TRUTH_CODE = ColourCode(
    ((TRUTH_NOT_ROAD, 0), (TRUTH_ROAD, 1), (TRUTH_VOID, VOID), (TRUTH_ROAD_BUT_VOID, VOID))
)

_LABEL_SETS = {"road": ROAD, "lane": EGO_LANE, CAMVID_11.name: CAMVID_11}
_CODES: dict[str, MaskCode] = {
    "road": TRUTH_CODE,
    "lane": TRUTH_CODE,
    CAMVID_11.name: IndexCode(len(CAMVID_11), (VOID,)),
}


def find_root(folder: Path) -> Path | None:
    """Give the folder that holds `training` or `testing`: this one, or `data_road` in it."""
    for root in (folder, folder / ARCHIVE_FOLDER):
        if any((root / part / IMAGE_FOLDER).is_dir() for part in (TRAINING, TESTING)):
            return root
    return None


def origin_of(root: Path) -> str:
    """Tell what the pictures of a tree are, where they are not KITTI's; else ""."""
    return GENERATED if (root / SCENES_FILE).is_file() else ""


def take_inventory(root: Path, target: str) -> Inventory:
    """List a KITTI Road tree for one target; for "lane" only the um frames.

    Raises:
        DatasetError: An unknown target, or two pictures of the same name.
    """
    if target not in _LABEL_SETS:
        raise DatasetError(
            f"KITTI Road has no target '{target}'",
            allowed=", ".join(_LABEL_SETS),
            do="choose one of them",
        )
    training = _list_part(root / TRAINING, target)
    testing = _list_part(root / TESTING, target)
    validation = {
        name
        for category in CATEGORIES
        for name in held_out(frame.name for frame in training.frames if frame.category == category)
    }
    # A training frame without truth is a mistake; the truth of the published test set is secret.
    expected = {"train", "val", "all"}
    if any(frame.mask_path for frame in testing.frames):
        expected.add("test")
    return Inventory(
        layout=NAME,
        root=root,
        label_set=_LABEL_SETS[target],
        code=_CODES[target],
        target=target,
        splits={
            "train": tuple(frame for frame in training.frames if frame.name not in validation),
            "val": tuple(frame for frame in training.frames if frame.name in validation),
            "test": tuple(testing.frames),
            "all": tuple(training.frames),
        },
        truth_expected=frozenset(expected),
        orphans={
            f"{name}/{frame}": files
            for name, part in ((TRAINING, training), (TESTING, testing))
            for frame, files in part.orphans.items()
        },
        strangers=(*training.strangers, *testing.strangers),
        calibrated=True,
        origin=origin_of(root),
        remarks={"test": "KITTI keeps the truth of its test pictures; its server scores them"},
    )


@dataclass(frozen=True)
class _Part:
    """What `training` or `testing` holds; orphans and strangers as in `Inventory`."""

    frames: list[Frame]
    orphans: dict[str, tuple[Path, ...]]
    strangers: list[Path]


def _list_part(folder: Path, target: str) -> _Part:
    pictures = pictures_by_stem(folder / IMAGE_FOLDER, (".png", ".jpg", ".jpeg"))
    truths = pictures_by_stem(folder / TRUTH_FOLDER, (".png",))
    classes = pictures_by_stem(folder / CLASSES_FOLDER, (".png",))
    calibrations = {path.stem: path for path in (folder / CALIBRATION_FOLDER).glob("*.txt")}
    strangers = [path for stem, path in pictures.items() if parse_frame_name(stem) is None]
    orphans: dict[str, tuple[Path, ...]] = {}
    for stem, path in truths.items():
        truth = parse_truth_name(stem)
        if truth is None:
            strangers.append(path)
        elif str(truth[0]) not in pictures:
            frame_name = str(truth[0])
            orphans[frame_name] = (*orphans.get(frame_name, ()), path)
    for stem, path in (*sorted(classes.items()), *sorted(calibrations.items())):
        if stem not in pictures:
            orphans[stem] = (*orphans.get(stem, ()), path)
    ids = sorted(filter(None, map(parse_frame_name, pictures)), key=_order)
    frames = [
        Frame(
            name=str(frame),
            image_path=pictures[str(frame)],
            mask_path=_find_truth(frame, target, truths, classes),
            category=frame.category,
            calibration_path=calibrations.get(str(frame)),
        )
        for frame in ids
        if target != "lane" or frame.category == "um"  # lane truth exists for um only
    ]
    return _Part(frames, orphans, strangers)


def _find_truth(
    frame: FrameId, target: str, truths: dict[str, Path], classes: dict[str, Path]
) -> Path | None:
    if target == CAMVID_11.name:
        return classes.get(str(frame))
    return truths.get(frame.truth_stem("lane" if target == "lane" else "road"))


def _order(frame: FrameId) -> tuple[int, int]:
    return CATEGORIES.index(frame.category), frame.index
