"""What is written of a picture, and where.

    OUT/labels/<stem>.png          class indices, as a palette picture
    OUT/overlays/<stem>.png        the picture with its classes in colour; .jpg, or none, if wanted
    OUT/overlays/<stem>.mp4        the same of a video
    OUT/overlay-legend.png         the colours' classes, where there are several, see `legend`
    OUT/probabilities/<stem>.png   grey, 255 times the probability of one class; on demand

Frames of a video that are written as pictures are called <stem>/000000.png and so on, by their
place in the video.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from roadfcn.image_files import write_image, write_labels
from roadfcn.label_sets import LabelSet, drivable_class
from roadfcn.overlays import blend, draw_outlines
from roadfcn.prediction.network.predictor import LabelMap
from roadfcn.prediction.results.birds_eye_inset import BirdsEyeInset
from roadfcn.prediction.sources.source import Source, Video

LABELS, OVERLAYS, PROBABILITIES = "labels", "overlays", "probabilities"
RESULTS = (LABELS, OVERLAYS, PROBABILITIES)
"""Folders of results."""

LEGEND = "overlay-legend.png"
"""Which colour stands for which class. Few pictures of others are called so, which would be written
over where results and sources share a folder."""

RESULT_PLACES = (*RESULTS, LEGEND)
"""All in a folder of results that pictures and videos lie at."""

Overlays = Literal["png", "jpeg", "none"]
"""In which format pictures with their classes in colour are written, or that they are not."""

Shapes = Literal["rle", "polygons"]
"""COCO's two ways to say which pixels belong to a class."""

_FRAME = re.compile(r"\d{6,}")
_BAND_PIXELS = 1 << 21
_JPEG_QUALITY = 90


@dataclass(frozen=True)
class Outputs:
    """What is written of each picture.

    Args:
        opacity: Of the colours over the picture, 0..1.
        probability_of: Class whose probability is written too, or None.
        inset: Draws the road from above into overlays, or None.
        shapes: In which form the records get each class's pixels; None: not at all.
        frames: Of videos write pictures instead of a video.
        overlays: How overlays of pictures are written, and of frames that become pictures.
        outlines: Draw lines between classes into overlays.
    """

    opacity: float = 0.5
    probability_of: str | None = None
    inset: BirdsEyeInset | None = None
    shapes: Shapes | None = None
    frames: bool = False
    overlays: Overlays = "png"
    outlines: bool = False

    def measured(self, label_set: LabelSet) -> str | None:
        """Name the class whose share and probability are kept of each picture, if there is one."""
        return self.probability_of or drivable_class(label_set)

    def paths(self, out: Path, stem: Path) -> list[Path]:
        """List the files that are written of a picture."""
        files = [picture_path(out, LABELS, stem)]
        if self.overlays != "none":
            files.append(self._overlay_path(out, stem))
        if self.probability_of is not None:
            files.append(picture_path(out, PROBABILITIES, stem))
        return files

    def check(self, size: tuple[int, int]) -> None:
        """Refuse a picture of a (height, width) that cannot be drawn over, before any work on it.

        Raises:
            CalibrationError: The calibration of the map does not fit it.
        """
        if self.inset is not None:
            self.inset.check(size)

    def draw(self, image: NDArray[np.uint8], answer: LabelMap) -> None:
        """Draw a picture's classes over it, H,W,3 uint8 RGB, in place.

        Raises:
            CalibrationError: The calibration of the map does not fit the picture.
        """
        # In place and in bands of rows: aerial pictures have a gigabyte.
        height, width = answer.labels.shape
        rows = max(1, _BAND_PIXELS // max(1, width))
        for top in range(0, height, rows):
            band = slice(top, top + rows)
            image[band] = blend(image[band], answer.labels[band], answer.label_set, self.opacity)
        # From above, lines of one pixel would become blocks of many.
        bare = image.copy() if self.outlines and self.inset is not None else None
        if self.outlines:
            draw_outlines(image, answer.labels)
        if self.inset is not None:
            self.inset.draw(image, bare)

    def write(self, out: Path, stem: Path, image: NDArray[np.uint8], answer: LabelMap) -> None:
        """Write all files of a picture, each whole or not at all; the picture may be drawn over.

        The overlay comes last, as the one that people look for.

        Raises:
            OutputError: One cannot be written.
            CalibrationError: The calibration of the map does not fit the picture.
        """
        write_labels(picture_path(out, LABELS, stem), answer.labels, answer.label_set)
        if self.probability_of is not None and answer.probability is not None:
            write_image(picture_path(out, PROBABILITIES, stem), answer.probability)
        if self.overlays != "none":
            self.draw(image, answer)
            write_image(self._overlay_path(out, stem), image, quality=_JPEG_QUALITY)

    def _overlay_path(self, out: Path, stem: Path) -> Path:
        ending = ".jpg" if self.overlays == "jpeg" else ".png"
        return picture_path(out, OVERLAYS, stem, ending)


def picture_path(out: Path, kind: str, stem: Path, ending: str = ".png") -> Path:
    """Give the path of a result, such as `out/labels/a/b.png`."""
    return out / kind / stem.with_name(f"{stem.name}{ending}")


def video_path(out: Path, stem: Path) -> Path:
    """Give the path of an overlaid video."""
    return out / OVERLAYS / stem.with_name(f"{stem.name}.mp4")


def frame_stem(stem: Path, index: int) -> Path:
    """Give what a video's frame is called: the video's name, and its place in six digits."""
    return stem / f"{index:06d}"


def is_frame_name(name: str) -> bool:
    """Tell whether the last part of a result's name is one that a video's frames have."""
    return _FRAME.fullmatch(name) is not None


def main_result(out: Path, source: Source) -> Path:
    """Give the path that stands for all results of a source in messages."""
    if isinstance(source, Video):
        return video_path(out, source.stem)
    return picture_path(out, LABELS, source.stem)
