"""The section `data` of a recipe: which pictures a network learns from, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from roadfcn.training.config_section import Section, Size

LayoutName = Literal[
    "kitti-road", "camvid", "camvid-32", "cityscapes", "voc", "sbd", "voc-sbd", "folders"
]
TargetName = Literal["road", "lane", "camvid-11"]
SplitName = Literal["train", "val", "test", "all"]


class DataConfig(Section):
    """Which pictures, and how they are read.

    `label_set` folds a finer truth, such as CamVid's 11 classes, into "road". `size` resizes
    every picture and mask, in training and later in prediction; null keeps their own sizes.
    `cache` keeps decoded frames in memory: "auto" does where they take less than half of what is
    free.
    """

    path: Path
    layout: LayoutName | None = None
    target: TargetName = "road"
    train_split: SplitName = "train"
    val_split: SplitName = "val"
    evaluate_split: SplitName | None = None
    label_set: Literal["road"] | None = None
    size: Size | None = None
    cache: Literal["auto"] | bool = "auto"
    workers: Annotated[int, Field(ge=0)] | Literal["auto"] = "auto"
