"""What is kept of each predicted picture or frame: a few numbers, and its shapes if wanted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.label_sets import REST, LabelSet
from roadfcn.prediction.network.predictor import LabelMap
from roadfcn.prediction.results.coco import bounding_box, polygons, rle
from roadfcn.prediction.results.outputs import Shapes


@dataclass(frozen=True)
class Record:
    """One picture or frame.

    Args:
        name: What its results are called, with "/" between folders.
        file_name: The same with an ending.
        height: In px.
        width: In px.
        share: Of its pixels that have the measured class (road, where there is one), 0..1; None
            if there is none.
        probability: Mean probability of that class, 0..1.
        seconds: The model's time for it.
        time_s: Of a frame, when it is shown in its video.
        shapes: Of each class that is there its index, pixels, box and segmentation; None if they
            were not wanted.
        form: Which of COCO's forms they have, or None.
    """

    name: str
    file_name: str
    height: int
    width: int
    share: float | None
    probability: float | None
    seconds: float
    time_s: float | None = None
    shapes: list[dict[str, Any]] | None = None
    form: Shapes | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON-ready form; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Record:
        """Rebuild a record from `to_dict`.

        Raises:
            TypeError: It is none.
        """
        return cls(**values)


def make_record(
    name: str,
    file_name: str,
    answer: LabelMap,
    *,
    measured: str | None,
    seconds: float,
    time_s: float | None = None,
    shapes: Shapes | None = None,
) -> Record:
    """Take the numbers of a prediction.

    Args:
        name: See `Record`.
        file_name: See `Record`.
        answer: Of the model, with the probability of the measured class.
        measured: The class whose share and probability are kept, or None.
        seconds: See `Record`.
        time_s: See `Record`.
        shapes: In which form the pixels of each class are kept, or None.
    """
    labels = answer.labels
    share = probability = None
    if measured is not None:
        share = float(np.mean(labels == answer.label_set.index(measured)))
    if answer.probability is not None:
        probability = float(answer.probability.mean(dtype=np.float64)) / 255
    kept = None if shapes is None else shapes_of(labels, answer.label_set, shapes)
    height, width = labels.shape
    return Record(
        name, file_name, height, width, share, probability, round(seconds, 4), time_s, kept, shapes
    )


def shapes_of(labels: NDArray[np.uint8], label_set: LabelSet, form: Shapes) -> list[dict[str, Any]]:
    """Give the pixels of each class that is there, but not of the background.

    Returns:
        For each class {"class", "area", "bbox", "segmentation"}, the last three as COCO has them.
    """
    found = []
    for index, name in enumerate(label_set.classes):
        mask = labels == index
        if name == REST or not mask.any():
            continue
        found.append(
            {
                "class": index,
                "area": int(np.count_nonzero(mask)),
                "bbox": bounding_box(mask),
                "segmentation": rle(mask) if form == "rle" else polygons(mask),
            }
        )
    return found
