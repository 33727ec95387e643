"""Which pictures a report shows, and what of them: picture, truth, prediction, mistakes.

They are chosen from the counts after all pictures have been scored, and only then predicted once
more; so while scoring, no picture is kept.
"""

from __future__ import annotations

import base64
import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.evaluation.report.error_map import draw_error_map
from roadfcn.image_files import write_image
from roadfcn.label_sets import LabelSet, drivable_class
from roadfcn.label_translation import translate
from roadfcn.overlays import blend
from roadfcn.prediction.network.predictor import Predictor

WORST, MEDIAN, BEST = "worst", "median", "best"
_WANTED = {WORST: 3, MEDIAN: 2, BEST: 2}
_MOST_PIXELS = 640 * 360  # of a picture on the page: 28 of them stay far below 4 MB
_QUALITY = 82


@dataclass(frozen=True)
class Panel:
    """One picture on the page.

    Args:
        title: What it is: "picture", "truth", "prediction" or "mistakes".
        uri: The JPEG itself, as a `data:` address.
        width: In pixels.
        height: In pixels.
    """

    title: str
    uri: str
    width: int
    height: int


@dataclass(frozen=True)
class Shown:
    """One frame on the page.

    Args:
        index: Its position in the data set.
        kind: "worst", "median" or "best".
        name: Of the frame.
        panels: Its pictures.
    """

    index: int
    kind: str
    name: str
    panels: tuple[Panel, ...]


def choose_frames(
    scores: NDArray[np.float64], apart: int = 1, stretch: int = 1
) -> list[tuple[int, str]]:
    """Choose the pictures to show: 3 of the worst, 2 around the median, 2 of the best, or fewer.

    Args:
        scores: N, of each picture; NaN where undefined.
        apart: How far in the data set two of them must lie apart, as neighbouring frames of a
            drive show the same.
        stretch: Of so many pictures that follow each other, from the first on, one is chosen.

    Returns:
        Positions and kinds, worst first; none twice.
    """
    ranked = [int(index) for index in np.argsort(scores, kind="stable") if scores[index] >= 0]
    middle = (len(ranked) - 1) / 2
    orders = {
        WORST: ranked,
        BEST: ranked[::-1],  # where there are few, the extremes are of more use
        MEDIAN: sorted(ranked, key=lambda index: abs(ranked.index(index) - middle)),
    }
    taken: dict[int, str] = {}
    for kind, order in orders.items():
        for index in order:
            if list(taken.values()).count(kind) == _WANTED[kind]:
                break
            if all(
                abs(index - other) >= apart and index // stretch != other // stretch
                for other in taken
            ):
                taken[index] = kind
    kinds = list(_WANTED)
    return sorted(taken.items(), key=lambda item: (kinds.index(item[1]), scores[item[0]]))


def show_frames(
    chosen: list[tuple[int, str]],
    dataset: FilePairDataset,
    predictor: Predictor,
    classes: LabelSet,
) -> Iterator[Shown]:
    """Predict the chosen pictures once more, and draw them.

    Args:
        chosen: From `choose_frames`.
        dataset: The split that was scored.
        predictor: The model that was scored.
        classes: Those that it was scored in.

    Raises:
        ImageFileError, MaskError: A file has changed since, and cannot be read any more.
    """
    predictor, truth = predictor.in_classes_of(classes), translate(dataset.label_set, classes)
    road = drivable_class(classes)
    road_class = None if road is None else classes.index(road)
    for index, kind in chosen:
        sample = dataset[index]
        assert sample.mask is not None, "it was scored"
        mask, labels = truth.fold_mask(sample.mask), predictor.predict(sample.image).labels
        drawn = {
            "picture": sample.image,
            "truth": blend(sample.image, mask, classes),
            "prediction": blend(sample.image, labels, classes),
            "mistakes": draw_error_map(sample.image, mask, labels, road_class),
        }
        panels = tuple(_panel(title, image) for title, image in drawn.items())
        yield Shown(index, kind, sample.frame.name, panels)


def _panel(title: str, image: NDArray[np.uint8]) -> Panel:
    height, width = image.shape[:2]
    shrink = min(1.0, math.sqrt(_MOST_PIXELS / (height * width)))
    if shrink < 1:
        height, width = max(1, int(height * shrink)), max(1, int(width * shrink))
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "panel.jpg"
        write_image(path, image, quality=_QUALITY)
        encoded = base64.b64encode(path.read_bytes()).decode("ascii")
    return Panel(title, f"data:image/jpeg;base64,{encoded}", width, height)
