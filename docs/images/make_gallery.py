"""Draw the pictures of the gallery of scenes.

    python docs/images/make_gallery.py

Nothing is chosen by hand but the seed: frames come in the order of their names.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.image_files import write_image
from roadfcn.input_format import InputFormat
from roadfcn.kitti.layout import CATEGORIES, FrameId
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.overlays import blend, draw_text
from roadfcn.scenes.description.scene import FULL_SIZE, State
from roadfcn.scenes.description.variety import FEATURES, choose_variety
from roadfcn.scenes.drawing.draw import draw_scene
from roadfcn.scenes.painter import PaintedFrame, paint

HERE = Path(__file__).resolve().parent
SEED = 11
GAP_PX = 4
CAPTION_PX, INK = 40, (20, 20, 20)
DASH_SIZE = (360, 480)
_MASK_VALUES = np.array([0, 1, 255], np.uint8)  # of State.NOT_ROAD, ROAD, VOID

Picture = NDArray[np.uint8]


def main() -> None:
    """Draw all pictures."""
    write_image(HERE / "gallery-anywhere.jpg", _page(_frames("anywhere", 24, DASH_SIZE), 4, 300))
    write_image(HERE / "gallery-kitti.jpg", _page(_frames("kitti", 12, FULL_SIZE), 2, 600))
    write_image(HERE / "gallery-truths.jpg", _page(_truths(4), 3, 400))
    write_image(HERE / "gallery-features.jpg", _page(_features(), 4, 300))


def _name(number: int) -> FrameId:
    return FrameId(CATEGORIES[number % len(CATEGORIES)], number // len(CATEGORIES))


def _paint(number: int, preset: str, size: tuple[int, int], *without: str) -> PaintedFrame:
    variety = choose_variety(preset, without)
    return paint(draw_scene(SEED, "training", _name(number), variety, size), size)


def _frames(preset: str, count: int, size: tuple[int, int]) -> list[Picture]:
    return [_paint(number, preset, size).image for number in range(count)]


def _truths(count: int) -> list[Picture]:
    """Give picture, road truth and classes of some frames in turn."""
    pictures = []
    for number in range(count):
        painted = _paint(number + 3, "anywhere", DASH_SIZE)
        mask = _MASK_VALUES[painted.state]
        assert set(np.unique(painted.state)) <= set(State)
        pictures += [
            painted.image,
            blend(painted.image, mask, ROAD),
            blend(painted.image, painted.street_class, CAMVID_11),
        ]
    return pictures


def _features() -> list[Picture]:
    """Give one street with all features, then with each of them left out."""
    pictures = []
    for number in (1, 3):
        for feature in (None, *FEATURES):
            picture = _paint(number, "anywhere", DASH_SIZE, *([feature] if feature else []))
            title = f"without {feature}" if feature else "with all features"
            strip = ((0, CAPTION_PX), (0, 0), (0, 0))
            titled = np.pad(picture.image, strip, constant_values=255)
            draw_text(titled, title, (DASH_SIZE[0] + CAPTION_PX // 2, 4), size_px=24, colour=INK)
            pictures.append(titled)
    return pictures


def _page(pictures: list[Picture], columns: int, width: int) -> Picture:
    """Lay pictures of one size out in rows."""
    height = round(width * pictures[0].shape[0] / pictures[0].shape[1])
    small = [InputFormat(size=(height, width)).resize(picture) for picture in pictures]
    bordered = [
        np.pad(one, ((0, GAP_PX), (0, GAP_PX), (0, 0)), constant_values=255) for one in small
    ]
    rows = [np.hstack(bordered[at : at + columns]) for at in range(0, len(bordered), columns)]
    return np.vstack(rows)[:-GAP_PX, :-GAP_PX]


if __name__ == "__main__":
    main()
