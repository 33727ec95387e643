"""The section `data` of a recipe: which pictures a network learns from, and how they are read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from roadfcn.training.recipes.config_section import Section, Size

LayoutName = Literal[
    "kitti-road", "camvid", "camvid-32", "cityscapes", "voc", "sbd", "voc-sbd", "folders"
]
TargetName = Literal["road", "lane", "camvid-11"]
SplitName = Literal["train", "val", "test", "all"]
_MOST_SHARED = 0.95
"""Of an epoch, which is as many times longer as the rest is smaller: up to 20 times."""

DriveName = Annotated[str, Field(min_length=1, coerce_numbers_to_str=True)]


class AlsoConfig(Section):
    """A further data set, whose frames are mixed into every epoch.

    `share` is how much of an epoch they are: 0.25 is every fourth frame. See `epoch_order` for
    which ones.
    """

    path: Path
    layout: LayoutName | None = None
    target: TargetName = "road"
    split: SplitName = "train"
    share: Annotated[float, Field(gt=0, lt=1)]


class DataConfig(Section):
    """Which pictures, and how they are read.

    `held_out_drives` are taken out of the frames to learn from, and validate in place of
    `val_split`. `also` are further sets to learn from; they never validate. `label_set` folds a
    finer truth, such as CamVid's 11 classes, into "road". `size` resizes every picture and mask,
    in training and later in prediction; null keeps their own sizes. `max_pixels` shrinks what has
    more pixels, and keeps its shape; not with `size`. `cache` keeps decoded frames
    in memory: "auto" does where they take less than half of what is free. `encoder_features` says
    in how many views each frame goes through a frozen encoder, once before the first epoch; 0
    has it go through in every epoch.
    """

    path: Path
    layout: LayoutName | None = None
    target: TargetName = "road"
    train_split: SplitName = "train"
    val_split: SplitName = "val"
    evaluate_split: SplitName | None = None
    held_out_drives: tuple[DriveName, ...] = ()
    also: tuple[AlsoConfig, ...] = ()
    label_set: Literal["road"] | None = None
    size: Size | None = None
    max_pixels: Annotated[int, Field(ge=1, le=2**28)] | None = None
    cache: Literal["auto"] | bool = "auto"
    workers: Annotated[int, Field(ge=0)] | Literal["auto"] = "auto"
    encoder_features: Annotated[int, Field(ge=0, le=1000)] = 0

    def size_mistake(self) -> str | None:
        """Say whether pictures are to be brought to a size in two ways."""
        if self.size is None or self.max_pixels is None:
            return None
        return "data.size and data.max_pixels are both set; allowed: one of them"

    def shares_mistake(self) -> str | None:
        """Say what is wrong with the shares of all further data sets together, if anything."""
        total = math.fsum(also.share for also in self.also)
        if total <= _MOST_SHARED:
            return None
        return (
            f"the shares of data.also add up to {total:g}; allowed: up to {_MOST_SHARED}, because "
            "the frames of data.path are the rest"
        )
