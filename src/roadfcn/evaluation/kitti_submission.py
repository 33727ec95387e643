"""A model's bird's-eye pictures of KITTI Road's test frames, as the benchmark takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.errors import DatasetError, LabelSetError
from roadfcn.evaluation.evaluate import read_calibrations
from roadfcn.input_format import quantise_probability
from roadfcn.kitti.birds_eye import to_birds_eye
from roadfcn.kitti.calibration import Calibration
from roadfcn.kitti.layout import FrameId, Target, parse_frame_name
from roadfcn.kitti.submission import check_complete, entry_name, is_complete, write_submission
from roadfcn.label_sets import EGO_LANE, ROAD
from roadfcn.prediction.network.predictor import Predictor

_LANE_CATEGORY = "um"  # the benchmark asks for own lanes in these frames only


def submit(
    path: Path,
    dataset: FilePairDataset,
    road: Predictor,
    lane: Predictor | None = None,
    *,
    allow_incomplete: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Predict the test frames and write the archive.

    Args:
        path: The zip file.
        dataset: The test split of a KITTI Road folder.
        road: A model that knows road.
        lane: A model that knows the own lane; None leaves it out.
        allow_incomplete: Whether other frames will do than the benchmark's 290: a part of them,
            or those of generated scenes.
        progress: Called with (done, total) after each frame.

    Returns:
        The number of pictures in the archive.

    Raises:
        DatasetError: The frames are not the benchmark's, or some have no calibration.
        LabelSetError: A model does not know its class.
        CalibrationError: A calibration is damaged, or does not fit its picture.
        ImageFileError: A picture cannot be read.
        OutputError: The file cannot be written, or does not hold what was written.
    """
    models: dict[Target, Predictor] = {"road": road.in_classes_of(ROAD)}
    if lane is not None:
        models["lane"] = _of_lanes(lane)
    frames = [_frame_id(frame.name) for frame in dataset.frames]
    if not allow_incomplete:
        check_complete(frames)
    views = list(zip(frames, _calibrations(dataset), strict=True))
    return write_submission(path, _pictures(dataset, views, models, progress))


def server_takes(dataset: FilePairDataset) -> bool:
    """Tell whether these are the benchmark's own test frames, all of them and no others."""
    frames = [_frame_id(frame.name) for frame in dataset.frames]
    return is_complete(frames) and not dataset.origin


def _of_lanes(lane: Predictor) -> Predictor:
    try:
        return lane.in_classes_of(EGO_LANE)
    except LabelSetError as problem:
        raise LabelSetError(
            f"the lane model knows no own lane: {problem.found}",
            allowed=f"a model with the classes {', '.join(EGO_LANE.classes)}",
            do="train one with data.target=lane, or leave the lane model out",
        ) from problem


def _pictures(
    dataset: FilePairDataset,
    views: Sequence[tuple[FrameId, Calibration]],
    models: Mapping[Target, Predictor],
    progress: Callable[[int, int], None] | None,
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Give the archive's pictures one after another, with their names."""
    for index, (frame, calibration) in enumerate(views):
        image = dataset.read_image(index)
        name = str(dataset.frames[index].calibration_path)
        view = to_birds_eye(calibration, (image.shape[0], image.shape[1]), name)
        for target, predictor in models.items():
            if target == "road" or frame.category == _LANE_CATEGORY:
                prediction = predictor.predict(image)
                probability = prediction.probability(predictor.label_set.classes[1])
                yield entry_name(frame, target), view.apply(quantise_probability(probability))
        if progress is not None:
            progress(index + 1, len(views))


def _calibrations(dataset: FilePairDataset) -> list[Calibration]:
    bare = [frame.name for frame in dataset.frames if frame.calibration_path is None]
    if bare:
        raise DatasetError(
            f"{len(bare)} of {len(dataset)} test frames have no calibration: {', '.join(bare[:3])}"
            + (", ..." if len(bare) > 3 else ""),
            allowed="a calibration for each frame, as bird's-eye view needs it",
            do="copy the folder testing/calib too",
        )
    return [calibration for calibration in read_calibrations(dataset) if calibration is not None]


def _frame_id(name: str) -> FrameId:
    frame = parse_frame_name(name)
    assert frame is not None, "frames of the KITTI Road layout have no other names"
    return frame
