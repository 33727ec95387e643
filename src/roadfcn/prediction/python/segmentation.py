"""What was found in a picture, in the forms in which programs go on with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ImageFileError
from roadfcn.image_files import labels_to_pillow, write_labels
from roadfcn.label_sets import REST, LabelSet
from roadfcn.overlays import blend, colourise, draw_outlines
from roadfcn.prediction.python.drawing import Drawing
from roadfcn.prediction.results.coco import RunLengths, bounding_box, polygons, rle

if TYPE_CHECKING:
    from PIL.Image import Image


class CocoAnnotation(TypedDict):
    """One class of a picture, as an entry of "annotations" in a COCO file; `id` is the caller's.

    Attributes:
        category_id: The class's index plus 1, as 0 is no category to many tools.
        segmentation: Run lengths, or polygons.
        area: In pixels.
        bbox: x, y, width and height in px.
        iscrowd: 0.
    """

    category_id: int
    segmentation: RunLengths | list[list[float]]
    area: int
    bbox: list[float]
    iscrowd: int


@dataclass(frozen=True, eq=False, repr=False)
class Segmentation:
    """A picture with the class of each of its pixels.

    Args:
        image: H,W,3 uint8 RGB, upright.
        labels: H,W uint8 class indices, the most probable class of each pixel.
        label_set: What the indices mean.
        probabilities: C,H,W float32 in 0..1, which sum to 1 over the classes; None for a picture
            so large that they were not kept.
        kept: Of such a picture the probability that was asked for, by the class's name: H,W
            uint8, 255 times the probability.
        frame: Its place in a video, from 0; None for a picture.
        time_s: When it is shown, in seconds from the video's beginning; None for a picture.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    label_set: LabelSet
    probabilities: NDArray[np.float32] | None
    kept: dict[str, NDArray[np.uint8]]
    frame: int | None = None
    time_s: float | None = None

    def __repr__(self) -> str:
        height, width = self.labels.shape
        place = "" if self.frame is None else f" of frame {self.frame}"
        return f"<Segmentation{place} of {height} x {width} pixels: {', '.join(self.classes)}>"

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, by index."""
        return self.label_set.classes

    def mask(self, class_name: str) -> NDArray[np.bool_]:
        """Tell which pixels are of a class: H,W bool.

        Raises:
            LabelSetError: There is no such class.
        """
        mask: NDArray[np.bool_] = self.labels == self.label_set.index(class_name)
        return mask

    def share(self, class_name: str) -> float:
        """Give the share of the picture that is of a class, 0..1.

        Raises:
            LabelSetError: There is no such class.
        """
        return float(np.count_nonzero(self.mask(class_name)) / self.labels.size)

    def probability(self, class_name: str) -> NDArray[np.float32]:
        """Give the probability of a class at each pixel: H,W float32 in 0..1.

        Raises:
            LabelSetError: There is no such class.
            ImageFileError: The picture is so large that it was not kept.
        """
        index = self.label_set.index(class_name)
        if self.probabilities is not None:
            probability: NDArray[np.float32] = self.probabilities[index]
            return probability
        if class_name in self.kept:
            return self.kept[class_name].astype(np.float32) / np.float32(255)
        height, width = self.labels.shape
        raise ImageFileError(
            f"the probability of '{class_name}' was not kept: the picture has {height} x {width} "
            "pixels",
            allowed="any class of a smaller picture; the one class asked for of a large one",
            do=f"ask for it with the picture: segmenter(picture, probability_of='{class_name}')",
        )

    def overlay(self, opacity: float = 0.5, *, outlines: bool = False) -> Drawing:
        """Draw the classes' colours over the picture; "background" stays without.

        Args:
            opacity: Share of the colours, 0..1.
            outlines: Draw thin lines between classes too; with an opacity of 0 they are all that
                is drawn.

        Raises:
            ConfigError: `opacity` is out of range.
        """
        drawn = blend(self.image, self.labels, self.label_set, opacity)
        if outlines:
            draw_outlines(drawn, self.labels)
        return Drawing(drawn)

    def colours(self) -> Drawing:
        """Draw the classes' colours alone."""
        return Drawing(colourise(self.labels, self.label_set))

    def save_labels(self, path: str | Path) -> Path:
        """Write the class indices as a palette PNG: values are indices, viewers show colours.

        Raises:
            OutputError: The file cannot be written, or does not end in ".png".
        """
        write_labels(Path(path), self.labels, self.label_set)
        return Path(path)

    def to_pil(self) -> Image:
        """Give the class indices as a palette picture of Pillow's."""
        return labels_to_pillow(self.labels, self.label_set)

    def to_coco(self, form: Literal["rle", "polygons"] = "rle") -> list[CocoAnnotation]:
        """Give each class that is in the picture as a COCO annotation; "background" is none.

        Args:
            form: How pixels are written: as run lengths or as polygons, see `results.coco`.
        """
        found: list[CocoAnnotation] = []
        present = np.bincount(self.labels.ravel(), minlength=len(self.classes))
        for index, name in enumerate(self.classes):
            if name == REST or not present[index]:
                continue
            mask = self.labels == index
            found.append(
                {
                    "category_id": index + 1,
                    "segmentation": rle(mask) if form == "rle" else polygons(mask),
                    "area": int(present[index]),
                    "bbox": bounding_box(mask),
                    "iscrowd": 0,
                }
            )
        return found
