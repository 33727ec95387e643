"""Pictures to compare engines on, and to measure a network's activations with.

They are the user's, out of a data folder with truth or a plain folder without, or else scenes that
are painted here and now, with truth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.inventory import Inventory
from roadfcn.datasets.layouts import LAYOUTS, open_dataset, take_inventory
from roadfcn.errors import ImageFileError
from roadfcn.export.yardstick import Yardstick
from roadfcn.image_files import find_images, read_image
from roadfcn.kitti.layout import TESTING
from roadfcn.label_sets import ROAD, VOID, LabelSet
from roadfcn.scenes.description.scene import State
from roadfcn.scenes.drawing.draw import draw_scene
from roadfcn.scenes.painter import paint
from roadfcn.scenes.write import frame_names

SCENES_NAME = "generated scenes"

MOST_PIXELS = 2**19
"""Pictures of a folder are shrunk to so many, a little more than KITTI's: a dozen are in memory."""

_PATCH = 32
"""Encoders halve a picture five times: sizes that are multiples of this are the easy ones."""

_STATES = np.zeros(256, np.uint8)
_STATES[[State.ROAD, State.VOID]] = ROAD.index("road"), VOID


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture.

    Args:
        image: H,W,3 uint8 RGB.
        truth: H,W uint8 in the classes of a `Yardstick`, with void; None if there is none.
        classes: H,W uint8 truth in the model's own classes, see `Yardstick.class_truth`.
    """

    image: NDArray[np.uint8]
    truth: NDArray[np.uint8] | None = None
    classes: NDArray[np.uint8] | None = None

    def at(self, height: int, width: int) -> Picture:
        """Give it at another size: the picture averaged over areas, the truth by nearest pixel."""
        if self.image.shape[:2] == (height, width):
            return self
        size = (width, height)
        image = cv2.resize(self.image, size, interpolation=cv2.INTER_AREA)
        masks = (
            None
            if mask is None
            else np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), np.uint8)
            for mask in (self.truth, self.classes)
        )
        return Picture(np.asarray(image, np.uint8), *masks)


@dataclass(frozen=True)
class PictureSet:
    """Pictures, and where they are from.

    Args:
        name: Where they are from, in words.
        pictures: All of them.
        places: Folder, split and place of each that is from a folder: what makes it the same one.
    """

    name: str
    pictures: tuple[Picture, ...]
    places: frozenset[tuple[Path, str, int]] = frozenset()


def awkward_size(height: int, width: int, scale: float) -> tuple[int, int]:
    """Scale a size, and take a pixel off a side that is a multiple of 32."""
    scaled = (max(1, round(side * scale)) for side in (height, width))
    first, second = (side - 1 if side % _PATCH == 0 else side for side in scaled)
    return first, second


def scene_pictures(
    label_set: LabelSet,
    count: int,
    *,
    seed: int = 0,
    size: tuple[int, int] = (375, 1242),
    progress: Callable[[int, int], None] | None = None,
) -> PictureSet:
    """Paint scenes, the same for the same arguments.

    Args:
        label_set: The model's classes.
        count: How many.
        seed: Another seed, other scenes.
        size: Height and width.
        progress: Called with (scenes done, scenes in all).
    """
    yardstick = Yardstick(label_set)
    pictures = []
    for done, frame in enumerate(frame_names(count), start=1):
        painted = paint(draw_scene(seed, TESTING, frame), size)
        truth = yardstick.truth(_STATES[painted.state], ROAD)
        pictures.append(Picture(painted.image, truth))
        if progress is not None:
            progress(done, count)
    return PictureSet(SCENES_NAME, tuple(pictures))


def folder_pictures(
    folder: Path,
    label_set: LabelSet,
    count: int,
    splits: Sequence[str],
    *,
    apart_from: PictureSet | None = None,
) -> PictureSet:
    """Read pictures of a folder, spread evenly over it.

    Args:
        folder: A data folder, or one with pictures in it.
        label_set: The model's classes: truth that knows them comes along.
        count: How many at most; large ones are shrunk to `MOST_PIXELS`.
        splits: Of a data folder, the splits to take from: the first that has pictures.
        apart_from: Pictures that are not taken again, as long as there are others.

    Raises:
        ImageFileError: There are no pictures, or one cannot be read.
        DatasetError: A data folder with mistakes.
        MaskError: Truth that cannot be read.
    """
    folder, yardstick = Path(folder), Yardstick(label_set)
    target = yardstick.target
    inventory = _as_data(folder, target)
    if inventory is None:
        paths = find_images(folder)
        if not paths:
            raise ImageFileError(
                f"there is no picture in {folder}",
                allowed="a folder with pictures, or a data folder",
                do="check the path, or leave it out: then scenes are painted",
            )
        places = _places(folder, "", len(paths), count, apart_from)
        chosen = (read_image(paths[place]) for _, _, place in places)
        images = tuple(_bounded(Picture(image)) for image in chosen)
        return PictureSet(str(folder), images, frozenset(places))
    split = next((name for name in splits if inventory.splits.get(name)), splits[0])
    dataset = open_dataset(folder, split, layout=inventory.layout, target=target)
    pictures = []
    places = _places(folder, split, len(dataset), count, apart_from)
    for _, _, index in places:
        sample = dataset[index]
        picture, mask, known = Picture(sample.image), sample.mask, dataset.label_set
        if mask is not None:
            truths = yardstick.truth(mask, known), yardstick.class_truth(mask, known)
            picture = Picture(sample.image, *truths)
        pictures.append(_bounded(picture))
    return PictureSet(f"{folder}, {split}", tuple(pictures), frozenset(places))


def _as_data(folder: Path, target: str) -> Inventory | None:
    """Give what a data folder holds; None if the folder has no layout that is known."""
    fitting = [name for name, layout in LAYOUTS.items() if layout.find_root(folder)]
    if len(fitting) != 1:
        return None
    return take_inventory(folder, layout=fitting[0], target=target)


def _places(
    folder: Path, split: str, total: int, count: int, apart_from: PictureSet | None
) -> list[tuple[Path, str, int]]:
    """Choose pictures, those first that are not in another set."""
    places = [(folder.resolve(), split, place) for place in range(total)]
    taken = frozenset() if apart_from is None else apart_from.places
    left = [place for place in places if place not in taken] or places
    return [left[index] for index in _spread(len(left), count)]


def _spread(total: int, count: int) -> list[int]:
    """Give `count` places out of `total`, from the first to the last; all if there are fewer."""
    if total <= count:
        return list(range(total))
    return [round(place) for place in np.linspace(0, total - 1, count)]


def _bounded(picture: Picture) -> Picture:
    height, width = picture.image.shape[:2]
    scale = math.sqrt(MOST_PIXELS / (height * width))
    if scale >= 1:
        return picture
    return picture.at(max(1, round(height * scale)), max(1, round(width * scale)))
