"""Scores folders of probability pictures against KITTI Road's truth, as its development kit does.

    PREDICTIONS/um_road_000000.png    or um_000000.png; 8-bit grey, 255 times the probability
    TRUTHS/um_road_000000.png         as published
    CALIBRATIONS/um_000000.txt        for bird's-eye view

Categories (um_lane, um_road, umm_road, uu_road) of which nothing was predicted are left out; of
the others every truth needs its prediction. Pixels are dropped as soon as they are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.file_pairs import pictures_by_stem
from roadfcn.datasets.kitti_road import TRUTH_CODE, origin_of
from roadfcn.errors import CalibrationError, DatasetError, ImageFileError
from roadfcn.evaluation.report.numbers import counted
from roadfcn.evaluation.road_counting import count_from_above, count_in_picture
from roadfcn.evaluation.scores_json import road_section
from roadfcn.image_files import image_size, read_grey_picture, read_mask_picture
from roadfcn.kitti.birds_eye import BIRDS_EYE_SIZE, to_birds_eye
from roadfcn.kitti.calibration import read_calibration
from roadfcn.kitti.layout import FrameId, Target, parse_frame_name, parse_truth_name
from roadfcn.machine import usable_threads

_ROAD = 1  # in masks that TRUTH_CODE gives
_NAMED_IN_ERRORS = 3
_TRUTH_NAMES = "um_road_000000.png, um_lane_000000.png"
_LOOK_FOR = {
    "truth": "name the folder that holds the pictures themselves, such as training/gt_image_2",
    "predictions": "name the folder that holds the pictures themselves: the folder probabilities "
    "in what was given to roadfcn predict --probabilities as --out, or another program's",
}
_WRITE_PNG = "write the pictures anew as PNG, not from these files: JPEG changes the values"
_PREDICTION_NAMES = f"{_TRUTH_NAMES}, or um_000000.png for road"

_Key = tuple[FrameId, Target]


@dataclass(frozen=True)
class Pair:
    """A predicted picture and its truth."""

    frame: FrameId
    target: Target
    prediction: Path
    truth: Path

    @property
    def category(self) -> str:
        """What it is pooled by: "um_road", "um_lane", ..."""
        return f"{self.frame.category}_{self.target}"


@dataclass(frozen=True, eq=False)
class Pairs:
    """What two folders have in common.

    Args:
        pairs: Pictures with their truth, in the benchmark's order of categories.
        not_predicted: Categories that only the truth has.
        without_truth: Predictions that have no truth; they are not scored.
    """

    pairs: tuple[Pair, ...]
    not_predicted: tuple[str, ...]
    without_truth: tuple[Path, ...]


def pair_folders(predictions: Path, truths: Path) -> Pairs:
    """Find the truth of each prediction, by the files' names.

    Raises:
        DatasetError: A folder is missing or holds no such picture, a picture was predicted twice
            or, in a category that was predicted, not at all.
    """
    predicted = _list(Path(predictions), "predictions", plain_is_road=True)
    wanted = _list(Path(truths), "truth", plain_is_road=False)
    pairs = [Pair(*key, predicted[key], truth) for key, truth in wanted.items() if key in predicted]
    if not pairs:
        raise DatasetError(
            f"no picture in {predictions} has its truth in {truths}",
            allowed=f"predictions called as their truth is: {_PREDICTION_NAMES}",
            do="check both folders; um_000000.png is taken for road, never for the own lane",
        )
    categories = {pair.category for pair in pairs}
    missing = [
        frame.truth_stem(target)
        for frame, target in wanted
        if (frame, target) not in predicted and f"{frame.category}_{target}" in categories
    ]
    if missing:
        named = ", ".join(f"{stem}.png" for stem in missing[:_NAMED_IN_ERRORS])
        raise DatasetError(
            f"{predictions} lacks {len(missing)} of {len(missing) + len(pairs)} predictions: "
            f"{named}{', ...' if len(missing) > _NAMED_IN_ERRORS else ''}",
            allowed="all pictures of a category, or none of it",
            do="predict them too, or name a folder with the truth of only those to be scored",
        )
    all_categories = dict.fromkeys(f"{frame.category}_{target}" for frame, target in wanted)
    return Pairs(
        tuple(sorted(pairs, key=lambda pair: (pair.category, pair.frame))),
        tuple(name for name in all_categories if name not in categories),
        tuple(path for key, path in predicted.items() if key not in wanted),
    )


def truth_origin(truths: Path) -> str:
    """Tell what truth is of, if its folder still lies in a tree of generated scenes; else ""."""
    return origin_of(Path(truths).resolve().parent.parent)


def score_pairs(
    pairs: tuple[Pair, ...],
    calibrations: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Score predictions, in the picture and, if calibrations are given, from above.

    Args:
        pairs: See `pair_folders`.
        calibrations: Folder of calibration files for bird's-eye view.
        progress: Called with (done, total) after each picture.

    Returns:
        {"images": N, "road": ...} as in `scores_json`.

    Raises:
        CalibrationError: A calibration is missing, damaged, or does not fit its picture.
        ImageFileError: A picture cannot be read, or a prediction is not 8-bit grey or not of its
            truth's size.
        MaskError: A truth picture makes no sense.
    """
    rows: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    # Threads are enough: decoding and counting run outside Python's lock.
    pool = ThreadPoolExecutor(max_workers=usable_threads())
    try:
        for row in pool.map(lambda pair: _count(pair, calibrations), pairs):
            rows.append(row)
            if progress is not None:
                progress(len(rows), len(pairs))
    finally:
        pool.shutdown(cancel_futures=True)
    road = road_section(
        [pair.category for pair in pairs],
        np.stack([in_picture for in_picture, _ in rows]),
        np.stack([from_above for _, from_above in rows]),
        np.full(len(rows), calibrations is not None),
    )
    return {"images": len(rows), "road": road}


def _list(folder: Path, what: str, *, plain_is_road: bool) -> dict[_Key, Path]:
    names = _PREDICTION_NAMES if plain_is_road else _TRUTH_NAMES
    if not folder.is_dir():
        raise DatasetError(
            f"{folder} is a file" if folder.exists() else f"there is no folder {folder}",
            allowed=f"a folder of {what}: {names}",
            do="check the path",
        )
    found: dict[_Key, Path] = {}
    for stem, path in pictures_by_stem(folder, (".png",)).items():
        frame = parse_frame_name(stem) if plain_is_road else None
        key = parse_truth_name(stem) if frame is None else (frame, "road")
        if key is None:
            continue
        if key in found:
            raise DatasetError(
                f"{folder} holds {found[key].name} and {path.name}, which are the same prediction",
                allowed="one prediction for each picture",
                do="remove one of the two",
            )
        found[key] = path
    if not found:
        raise _nothing_in(folder, what, names)
    return found


def _nothing_in(folder: Path, what: str, names: str) -> DatasetError:
    jpegs = list(pictures_by_stem(folder, (".jpg", ".jpeg")).values())
    if jpegs:
        count = counted(len(jpegs), "JPEG picture")
        instead, do = f", but {count}, such as {jpegs[0].name}", _WRITE_PNG
    else:
        instead, do = "", _LOOK_FOR[what]
    return DatasetError(
        f"{folder} holds no {what} of KITTI Road{instead}",
        allowed=f"PNG pictures called {names}",
        do=do,
    )


def _count(pair: Pair, calibrations: Path | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the counts of one picture: 2,256 in the picture, 4,2,256 from above."""
    mask = TRUTH_CODE.decode(read_mask_picture(pair.truth), pair.truth)
    size = mask.shape[0], mask.shape[1]
    _check_size(pair, size)
    quantised = read_grey_picture(pair.prediction)
    view = None
    if calibrations is not None:
        path = _calibration_of(pair, calibrations)
        view = to_birds_eye(read_calibration(path), size, str(path))
    return (
        count_in_picture(quantised, mask, _ROAD),
        count_from_above(quantised, mask, _ROAD, view),
    )


def _calibration_of(pair: Pair, calibrations: Path) -> Path:
    path = calibrations / f"{pair.frame}.txt"
    if not path.exists():
        raise CalibrationError(
            f"there is no calibration file {path}, so {pair.truth.name} cannot be scored in "
            "bird's-eye view",
            allowed="one text file for each frame that is scored, in one folder",
            do="copy it too, or name a truth folder without this frame, or leave --birds-eye out",
        )
    return path


def _check_size(pair: Pair, size: tuple[int, int]) -> None:
    """Compare the sizes before the prediction is decoded: its header may promise anything."""
    found = image_size(pair.prediction)
    if found == size:
        return
    from_above = " (that of bird's-eye view)" if found == BIRDS_EYE_SIZE else ""
    raise ImageFileError(
        f"{pair.prediction} is {found[0]} x {found[1]} pixels (height x width){from_above} and "
        f"its truth {pair.truth} {size[0]} x {size[1]}",
        allowed="a prediction of its truth's size, in the picture's own view",
        do="predict at the picture's own size; --birds-eye warps truth and prediction",
    )
