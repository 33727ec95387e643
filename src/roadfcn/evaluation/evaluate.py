"""One pass of a predictor over a data set: every count that scores are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.file_pairs import FilePairDataset, Frame
from roadfcn.errors import DatasetError
from roadfcn.evaluation.detail_scores import detail_scores
from roadfcn.evaluation.details import DetailCounter, Details
from roadfcn.evaluation.drives import drawn_by
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.picture_table import TABLE_NAME, write_picture_table
from roadfcn.evaluation.road_counting import count_from_above, count_in_picture
from roadfcn.evaluation.score_intervals import score_intervals
from roadfcn.evaluation.scores_json import (
    AUGMENTED,
    THRESHOLD,
    class_scores,
    pool_names,
    road_section,
    write_scores,
)
from roadfcn.image_files import image_size
from roadfcn.input_format import quantise_probability
from roadfcn.kitti.birds_eye import PixelMap, check_view, to_birds_eye
from roadfcn.kitti.calibration import Calibration, read_calibration
from roadfcn.label_sets import drivable_class
from roadfcn.label_translation import common_label_set, translate
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.prediction.network.predictor import Prediction, Predictor
from roadfcn.prediction.network.views import PLAIN, Views

SCORES_NAME, PER_IMAGE_NAME = "metrics.json", "per_image.npz"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a pass over a data set counted.

    Args:
        dataset: Name of the data set's layout, such as "kitti-road".
        split: "train", "val", "test" or "all".
        target: "road" or "lane" for KITTI Road, else "".
        per_image: The counts.
        details: Further counts of the same pictures, if they were asked for.
        origin: "generated scenes" in KITTI Road's layout, else "".
        views: How each picture was looked at.
        threshold: From which probability on pixels were labelled road; None: where it is likeliest.
    """

    dataset: str
    split: str
    target: str
    per_image: PerImageCounts
    details: Details | None = None
    origin: str = ""
    views: Views = PLAIN
    threshold: float | None = None

    @property
    def confusion(self) -> ConfusionMatrix:
        """The confusion matrix over all pictures."""
        return self.per_image.pooled_confusion()

    def to_scores(self) -> dict[str, Any]:
        """Give all scores, ready for JSON; see `scores_json` for the layout."""
        rows = self.per_image
        scores = {
            "dataset": self.dataset,
            **({"origin": self.origin} if self.origin else {}),
            "split": self.split,
            "images": len(rows),
            **({} if self.views.are_plain else {AUGMENTED: self.views.to_dict()}),
            **({} if self.threshold is None else {THRESHOLD: self.threshold}),
            **class_scores(self.confusion),
        }
        if rows.road is not None and rows.road_by_distance is not None:
            categories = pool_names(rows.categories, self.target)
            scores["road"] = road_section(
                categories, rows.road, rows.road_by_distance, rows.calibrated
            )
            scores["images_without_calibration"] = int((~rows.calibrated).sum())
        if self.details is not None:
            scores["details"] = self._detail_scores
        return scores

    @cached_property
    def _detail_scores(self) -> dict[str, Any]:
        assert self.details is not None
        drawn = drawn_by(self.dataset, self.per_image.names)
        return {
            **detail_scores(self.per_image, self.details),
            "intervals": score_intervals(self.per_image, self.target, drawn, self.details),
        }

    def save(self, folder: Path) -> None:
        """Write `metrics.json`, `per_image.npz` and `per_image.csv` into a folder, over older ones.

        Raises:
            OutputError: A file cannot be written.
        """
        more = None if self.details is None else self.details.arrays()
        self.per_image.write(Path(folder) / PER_IMAGE_NAME, more)
        write_picture_table(Path(folder) / TABLE_NAME, self.per_image)
        write_scores(Path(folder) / SCORES_NAME, self.to_scores())


def evaluate(
    predictor: Predictor,
    dataset: FilePairDataset,
    progress: Callable[[int, int], None] | None = None,
    *,
    details: bool = False,
) -> Evaluation:
    """Score a model on a data set.

    Both are brought to the coarser of their two label sets: an 11-class model is scored on road
    truth, a road model on 11-class truth.

    Args:
        predictor: The model.
        dataset: The split to score on; every frame needs truth.
        progress: Called with (done, total) after each picture.
        details: Count outlines and confidence too, see `details`; it takes a while.

    Raises:
        DatasetError: The split has no truth.
        LabelSetError: Model and data set have no classes in common.
        CalibrationError: A frame's calibration is damaged, or does not fit its picture.
        ImageFileError: A picture cannot be read: a score over fewer pictures would be another.
        MaskError: A truth picture makes no sense.
    """
    _check_truth(dataset)
    classes = common_label_set(predictor.label_set, dataset.label_set)
    predictor = predictor.in_classes_of(classes)
    truth = translate(dataset.label_set, classes)
    road_name = drivable_class(classes)
    calibrations = read_calibrations(dataset)
    confusion, road, by_distance = [], [], []
    counter = DetailCounter() if details else None
    for index, calibration in enumerate(calibrations):
        sample = dataset[index]
        assert sample.mask is not None, "has_truth was checked"
        mask = truth.fold_mask(sample.mask)
        prediction = predictor.predict(sample.image)
        confusion.append(_confusion(mask, prediction))
        if road_name is not None:
            # To 8 bits, as in a picture file: both get the same scores.
            quantised = quantise_probability(prediction.probability(road_name))
            road.append(count_in_picture(quantised, mask, classes.index(road_name)))
            view = None if calibration is None else _view(calibration, mask, sample.frame)
            by_distance.append(count_from_above(quantised, mask, classes.index(road_name), view))
        if counter is not None:
            counter.add(mask, prediction)
        if progress is not None:
            progress(index + 1, len(dataset))
    per_image = PerImageCounts(
        names=tuple(frame.name for frame in dataset.frames),
        categories=tuple(frame.category or "" for frame in dataset.frames),
        label_set=classes,
        confusion=np.stack(confusion),
        road=np.stack(road) if road else None,
        calibrated=np.array([calibration is not None for calibration in calibrations]),
        road_by_distance=np.stack(by_distance) if by_distance else None,
    )
    return _evaluation(dataset, per_image, counter, predictor)


def read_calibrations(dataset: FilePairDataset) -> list[Calibration | None]:
    """Read the calibration of every frame, None where there is none, and check that it fits.

    Of the pictures only the headers are read: this is quick, and comes before long work.

    Raises:
        CalibrationError: A calibration is damaged, or does not fit its picture.
        ImageFileError: A picture that has one cannot be opened.
    """
    calibrations: list[Calibration | None] = []
    for frame in dataset.frames:
        calibration = None
        if frame.calibration_path is not None:
            calibration = read_calibration(frame.calibration_path)
            check_view(calibration, image_size(frame.image_path), str(frame.calibration_path))
        calibrations.append(calibration)
    return calibrations


def _evaluation(
    dataset: FilePairDataset,
    per_image: PerImageCounts,
    counter: DetailCounter | None,
    predictor: Predictor,
) -> Evaluation:
    counted = None if counter is None else counter.details()
    return Evaluation(
        dataset.name,
        dataset.split,
        dataset.target,
        per_image,
        counted,
        dataset.origin,
        predictor.views,
        predictor.decision.threshold,
    )


def _check_truth(dataset: FilePairDataset) -> None:
    if not dataset.has_truth:
        raise DatasetError(
            f"the split '{dataset.split}' of {dataset.root} has no truth to score against"
            f"{dataset.why_no_truth}",
            allowed="a split with a truth picture for each picture",
            do="take another split, or only predict on this one",
        )


def _view(calibration: Calibration, mask: NDArray[np.uint8], frame: Frame) -> PixelMap:
    return to_birds_eye(calibration, (mask.shape[0], mask.shape[1]), str(frame.calibration_path))


def _confusion(mask: NDArray[np.uint8], prediction: Prediction) -> NDArray[np.int64]:
    matrix = ConfusionMatrix(prediction.label_set)
    matrix.add(mask, prediction.labels)
    return matrix.counts
