"""One pass of a predictor over a data set: every count that scores are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.errors import DatasetError
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.scores_json import (
    class_scores,
    road_scores_by_category,
    write_scores,
)
from roadfcn.input_format import quantise_probability
from roadfcn.kitti.scores import RoadCounts, count_thresholds
from roadfcn.label_sets import VOID, drivable_class
from roadfcn.label_translation import common_label_set, translate
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.prediction.predictor import Prediction, Predictor

SCORES_NAME, PER_IMAGE_NAME = "metrics.json", "per_image.npz"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a pass over a data set counted.

    Args:
        dataset: Name of the data set's layout, such as "kitti-road".
        split: "train", "val", "test" or "all".
        target: "road" or "lane" for KITTI Road, else "".
        per_image: The counts.
    """

    dataset: str
    split: str
    target: str
    per_image: PerImageCounts

    @property
    def confusion(self) -> ConfusionMatrix:
        """The confusion matrix over all pictures."""
        return self.per_image.pooled_confusion()

    def to_scores(self) -> dict[str, Any]:
        """Give all scores, ready for JSON; see `scores_json` for the layout."""
        road = road_scores_by_category(self.per_image, self.target)
        return {
            "dataset": self.dataset,
            "split": self.split,
            "images": len(self.per_image),
            **class_scores(self.confusion),
            **({"road": {"image": road}} if road else {}),
        }

    def save(self, folder: Path) -> None:
        """Write `metrics.json` and `per_image.npz` into a folder, over older ones.

        Raises:
            OutputError: A file cannot be written.
        """
        self.per_image.write(Path(folder) / PER_IMAGE_NAME)
        write_scores(Path(folder) / SCORES_NAME, self.to_scores())


def evaluate(
    predictor: Predictor,
    dataset: FilePairDataset,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Score a model on a data set.

    Both are brought to the coarser of their two label sets: an 11-class model is scored on road
    truth, a road model on 11-class truth.

    Args:
        predictor: The model.
        dataset: The split to score on; every frame needs truth.
        progress: Called with (done, total) after each picture.

    Raises:
        DatasetError: The split has no truth.
        LabelSetError: Model and data set have no classes in common.
        ImageFileError: A picture cannot be read: a score over fewer pictures would be another.
        MaskError: A truth picture makes no sense.
    """
    if not dataset.has_truth:
        raise DatasetError(
            f"the split '{dataset.split}' of {dataset.root} has no truth to score against",
            allowed="a split with a truth picture for each picture",
            do="take another split, or only predict on this one",
        )
    classes = common_label_set(predictor.label_set, dataset.label_set)
    predictor = predictor.in_classes_of(classes)
    truth = translate(dataset.label_set, classes)
    confusion, road = [], []
    for index in range(len(dataset)):
        sample = dataset[index]
        assert sample.mask is not None, "has_truth was checked"
        mask = truth.fold_mask(sample.mask)
        prediction = predictor.predict(sample.image)
        confusion.append(_confusion(mask, prediction))
        counts = count_road(mask, prediction)
        if counts is not None:
            road.append([counts.road, counts.rest])
        if progress is not None:
            progress(index + 1, len(dataset))
    per_image = PerImageCounts(
        names=tuple(frame.name for frame in dataset.frames),
        categories=tuple(frame.category or "" for frame in dataset.frames),
        label_set=classes,
        confusion=np.stack(confusion),
        road=np.stack(road) if road else None,
    )
    return Evaluation(dataset.name, dataset.split, dataset.target, per_image)


def count_road(mask: NDArray[np.uint8], prediction: Prediction) -> RoadCounts | None:
    """Count one picture's road pixels at all thresholds; None where no class is road.

    The probability is quantised to 8 bits, as it would be in a picture file.
    """
    name = drivable_class(prediction.label_set)
    if name is None:
        return None
    quantised = quantise_probability(prediction.probability(name))
    return count_thresholds(quantised, mask == prediction.label_set.index(name), mask != VOID)


def _confusion(mask: NDArray[np.uint8], prediction: Prediction) -> NDArray[np.int64]:
    matrix = ConfusionMatrix(prediction.label_set)
    matrix.add(mask, prediction.labels)
    return matrix.counts
