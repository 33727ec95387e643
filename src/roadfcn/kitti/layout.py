"""Names of folders and files in a KITTI Road tree, and the colours of its truth.

    ROOT/training/image_2/<category>_<6 digits>.png         left colour camera
    ROOT/training/gt_image_2/<category>_<target>_<6 digits>.png
    ROOT/training/calib/<category>_<6 digits>.txt
    ROOT/testing/{image_2,calib}/...                        as above, without truth

Scenes that this package generates have truth for `testing` too, in `testing/gt_image_2`, and a
second truth of CamVid's 11 classes, which the benchmark does not know:

    ROOT/{training,testing}/gt_camvid_11/<category>_<6 digits>.png     8-bit class index, 255 void
    ROOT/scenes.json                                                   what they were made from
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

Category = Literal["um", "umm", "uu"]
Target = Literal["road", "lane"]
"""All of the road, or the own lane. Lane truth exists for um frames only."""

CATEGORIES: tuple[Category, ...] = ("um", "umm", "uu")
"""Urban marked, urban multiple marked lanes, urban unmarked."""

TRAINING, TESTING = "training", "testing"
IMAGE_FOLDER, TRUTH_FOLDER, CALIBRATION_FOLDER = "image_2", "gt_image_2", "calib"
CLASSES_FOLDER = "gt_camvid_11"
SCENES_FILE = "scenes.json"
"""Lies in the root of generated scenes, and tells them from the benchmark."""

# Truth pictures are 8-bit RGB: red is "valid area", blue is "road", so four colours are possible.
TRUTH_NOT_ROAD = (255, 0, 0)
TRUTH_ROAD = (255, 0, 255)
TRUTH_VOID = (0, 0, 0)
TRUTH_ROAD_BUT_VOID = (0, 0, 255)

OFFICIAL_TRAINING_COUNTS: dict[Category, int] = {"um": 95, "umm": 96, "uu": 98}
OFFICIAL_TESTING_COUNTS: dict[Category, int] = {"um": 96, "umm": 94, "uu": 100}

_FRAME_NAME = re.compile(r"(um|umm|uu)_([0-9]{6})")
_TRUTH_NAME = re.compile(r"(um|umm|uu)_(road|lane)_([0-9]{6})")


@dataclass(frozen=True, order=True)
class FrameId:
    """One frame: `um_000012` is category "um", index 12."""

    category: Category
    index: int

    def __str__(self) -> str:
        return f"{self.category}_{self.index:06d}"

    def truth_stem(self, target: Target) -> str:
        """Give the stem of the truth picture, such as `um_road_000012`."""
        return f"{self.category}_{target}_{self.index:06d}"


def parse_frame_name(stem: str) -> FrameId | None:
    """Read `um_000012`; None if the stem is no frame name."""
    match = _FRAME_NAME.fullmatch(stem)
    return FrameId(cast(Category, match[1]), int(match[2])) if match else None


def parse_truth_name(stem: str) -> tuple[FrameId, Target] | None:
    """Read `um_road_000012`; None if the stem is no truth name."""
    match = _TRUTH_NAME.fullmatch(stem)
    if not match:
        return None
    return FrameId(cast(Category, match[1]), int(match[3])), cast(Target, match[2])
