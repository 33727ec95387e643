"""What the numbers in a mask mean: class names and display colours, and the sets in use.

A mask is H,W uint8 holding class indices 0..C-1, and `VOID` (255) where the truth is unknown and
nothing may be scored. Void is a third state beside "is" and "is not": it is no class, has no
index and survives every translation (`label_translation`). This module knows nothing of files;
how a data set codes its masks on disk is the business of `datasets.mask_decoding`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from roadfcn.errors import LabelSetError, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VOID = 255
"""Mask value of pixels without truth (the ignore label of Caffe FCN's VOC training)."""

MAX_CLASSES = 255
"""Class indices are uint8 and 255 is void."""

REST = "background"
"""Name of the class that, in a coarse set, takes every fine class it does not name."""


@dataclass(frozen=True)
class LabelSet:
    """The classes a mask or model distinguishes, in index order.

    Args:
        name: Short name such as "camvid-11".
        classes: Class names in lower case; position is the index in masks and logits.
        colours: One display colour per class, (red, green, blue) in 0..255.

    Raises:
        LabelSetError: No classes, too many, duplicates, or colours that do not match.
    """

    name: str
    classes: tuple[str, ...]
    colours: tuple[tuple[int, int, int], ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.classes) <= MAX_CLASSES:
            raise LabelSetError(
                f"label set '{self.name}' has {len(self.classes)} classes",
                allowed=f"1 to {MAX_CLASSES} classes",
                do="list at least one class, or merge some",
            )
        doubles = sorted({name for name in self.classes if self.classes.count(name) > 1})
        if doubles:
            raise LabelSetError(
                f"label set '{self.name}' names {', '.join(doubles)} more than once",
                allowed="each class name once",
                do="rename or remove the repeated classes",
            )
        if len(self.colours) != len(self.classes) or any(
            len(colour) != 3 or not all(0 <= part <= 255 for part in colour)
            for colour in self.colours
        ):
            raise LabelSetError(
                f"label set '{self.name}' has {len(self.classes)} classes and the colours "
                f"{list(self.colours)}",
                allowed="one [red, green, blue] in 0..255 for each class",
                do="give every class a colour",
            )

    def __len__(self) -> int:
        return len(self.classes)

    def index(self, class_name: str) -> int:
        """Give the index of a class.

        Raises:
            LabelSetError: The set has no such class.
        """
        if class_name not in self.classes:
            raise LabelSetError(
                f"label set '{self.name}' has no class '{class_name}'",
                allowed=", ".join(self.classes),
                do="use one of these names",
            )
        return self.classes.index(class_name)

    @cached_property
    def palette(self) -> NDArray[np.uint8]:
        """Display colours by mask value: 256,3 uint8 RGB; void and unused values are black.

        Read-only, because all users of the set share it.
        """
        import numpy as np

        table = np.zeros((256, 3), np.uint8)
        table[: len(self.colours)] = self.colours
        table.setflags(write=False)
        return table

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON-ready form; `from_dict` reads it back."""
        return {
            "name": self.name,
            "classes": list(self.classes),
            "colours": [list(colour) for colour in self.colours],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LabelSet:
        """Rebuild a set from `to_dict`.

        Raises:
            LabelSetError: A key is missing or of another type.
        """
        try:
            return cls(
                name=str(values["name"]),
                classes=tuple(str(name) for name in values["classes"]),
                colours=tuple(
                    (int(red), int(green), int(blue)) for red, green, blue in values["colours"]
                ),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as problem:
            raise LabelSetError(
                f"a label set is described by {shown(values)}",
                allowed="a mapping with name, classes and colours",
                do="save the model again with roadfcn, or repair its card",
            ) from problem


ROAD = LabelSet("road", (REST, "road"), ((40, 40, 40), (0, 200, 83)))
"""Road or not, as KITTI Road asks."""

EGO_LANE = LabelSet("ego-lane", (REST, "lane"), ((40, 40, 40), (0, 176, 255)))
"""The own lane or not: KITTI Road's second target, for um frames only."""

CAMVID_11 = LabelSet(
    "camvid-11",
    (
        "sky",
        "building",
        "pole",
        "road",
        "pavement",
        "tree",
        "sign",
        "fence",
        "car",
        "pedestrian",
        "bicyclist",
    ),
    (
        (128, 128, 128),
        (128, 0, 0),
        (192, 192, 128),
        (128, 64, 128),
        (60, 40, 222),
        (128, 128, 0),
        (192, 128, 128),
        (64, 64, 128),
        (64, 0, 128),
        (64, 64, 0),
        (0, 128, 192),
    ),
)
"""CamVid's 11 classes and colours in the order of SegNet's label files (Badrinarayanan et al.,
PAMI 2017, and the SegNet tutorial's data)."""

CITYSCAPES_19 = LabelSet(
    "cityscapes-19",
    (
        "road",
        "sidewalk",
        "building",
        "wall",
        "fence",
        "pole",
        "traffic light",
        "traffic sign",
        "vegetation",
        "terrain",
        "sky",
        "person",
        "rider",
        "car",
        "truck",
        "bus",
        "train",
        "motorcycle",
        "bicycle",
    ),
    (
        (128, 64, 128),
        (244, 35, 232),
        (70, 70, 70),
        (102, 102, 156),
        (190, 153, 153),
        (153, 153, 153),
        (250, 170, 30),
        (220, 220, 0),
        (107, 142, 35),
        (152, 251, 152),
        (70, 130, 180),
        (220, 20, 60),
        (255, 0, 0),
        (0, 0, 142),
        (0, 0, 70),
        (0, 60, 100),
        (0, 80, 100),
        (0, 0, 230),
        (119, 11, 32),
    ),
)
"""Cityscapes' 19 training ids with their colours (Cordts et al., CVPR 2016)."""


def _voc_colour(index: int) -> tuple[int, int, int]:
    """Spread the bits of an index over the three channels, high bits first, as VOC does."""
    red, green, blue = (
        sum((index >> (3 * rank + channel) & 1) << (7 - rank) for rank in range(3))
        for channel in range(3)
    )
    return red, green, blue


VOC_21 = LabelSet(
    "voc-21",
    (
        REST,
        "aeroplane",
        "bicycle",
        "bird",
        "boat",
        "bottle",
        "bus",
        "car",
        "cat",
        "chair",
        "cow",
        "diningtable",
        "dog",
        "horse",
        "motorbike",
        "person",
        "pottedplant",
        "sheep",
        "sofa",
        "train",
        "tvmonitor",
    ),
    tuple(_voc_colour(index) for index in range(21)),
)
"""PASCAL VOC's background and 20 classes (Everingham et al., IJCV 2010); what the Caffe FCN
models predict."""


def distinct_colour(name: str, index: int) -> tuple[int, int, int]:
    """Choose a display colour for a class that has none: the usual one for road and background."""
    if name in ROAD.classes:
        return ROAD.colours[ROAD.index(name)]
    return _voc_colour(
        index + 3
    )  # its third is the first that is neither black nor near the road's


def drivable_class(label_set: LabelSet) -> str | None:
    """Name the class that road scores and road probability pictures are about.

    That is "road", else "lane" (KITTI Road's second target), else there is none.
    """
    for name in (ROAD.classes[1], EGO_LANE.classes[1]):
        if name in label_set.classes:
            return name
    return None


LABEL_SETS = {
    label_set.name: label_set for label_set in (ROAD, EGO_LANE, CAMVID_11, CITYSCAPES_19, VOC_21)
}
"""The built-in sets by name."""
