"""Cityscapes' 35 labels: the id of each, and which of them are trained on and scored.

Truth is coded by id (`labelIds`) or by training id (`labelTrainIds`); a training id is the index
in CITYSCAPES_19. All other labels are void: the benchmark scores none of them. Names, ids and
training ids are those of `labels.py` in the data set's own scripts (cityscapesScripts 2.3; Cordts
et al., CVPR 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.mask_decoding import IndexCode
from roadfcn.label_sets import CITYSCAPES_19, VOID

LABEL_IDS = {
    "unlabeled": 0,
    "ego vehicle": 1,
    "rectification border": 2,
    "out of roi": 3,
    "static": 4,
    "dynamic": 5,
    "ground": 6,
    "road": 7,
    "sidewalk": 8,
    "parking": 9,
    "rail track": 10,
    "building": 11,
    "wall": 12,
    "fence": 13,
    "guard rail": 14,
    "bridge": 15,
    "tunnel": 16,
    "pole": 17,
    "polegroup": 18,
    "traffic light": 19,
    "traffic sign": 20,
    "vegetation": 21,
    "terrain": 22,
    "sky": 23,
    "person": 24,
    "rider": 25,
    "car": 26,
    "truck": 27,
    "bus": 28,
    "caravan": 29,
    "trailer": 30,
    "train": 31,
    "motorcycle": 32,
    "bicycle": 33,
    "license plate": -1,  # in no picture: its pixels keep the id of the vehicle around it
}
"""The id of each label."""

ID_CODE = IndexCode(
    len(CITYSCAPES_19),
    void_values=tuple(
        label_id
        for name, label_id in LABEL_IDS.items()
        if name not in CITYSCAPES_19.classes and label_id >= 0
    ),
    class_values=tuple(LABEL_IDS[name] for name in CITYSCAPES_19.classes),
)
"""Truth pictures that end in `_labelIds`."""

TRAIN_ID_CODE = IndexCode(len(CITYSCAPES_19), (VOID,))
"""Truth pictures that end in `_labelTrainIds`."""

IDS, TRAIN_IDS = "_labelIds", "_labelTrainIds"


@dataclass(frozen=True)
class CityscapesCode:
    """Ids or training ids, as the file's name says."""

    def decode(self, picture: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
        """Turn H,W uint8 values into a mask of the 19 classes.

        Raises:
            MaskError: The picture has colours, or a value that is no label.
        """
        code = TRAIN_ID_CODE if path.stem.endswith(TRAIN_IDS) else ID_CODE
        return code.decode(picture, path)
