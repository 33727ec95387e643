"""A data set as a list of frames: each a picture file, perhaps with truth and calibration.

Everything that trains, scores or draws works on this one class; the layout modules only fill the
list. A data set holds paths, no pixels, and is picklable, so loader processes can have copies.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn import image_files
from roadfcn.datasets.mask_decoding import MaskCode
from roadfcn.datasets.sbd_truth import read_segmentation
from roadfcn.errors import DatasetError, MaskError
from roadfcn.label_sets import LabelSet


@dataclass(frozen=True)
class Frame:
    """One picture and what belongs to it.

    Args:
        name: Unique in its data set, such as "um_000012".
        image_path: The photograph.
        mask_path: The truth picture; None where there is no truth.
        category: Group that scores are told apart by ("um", "umm", "uu"); None if there is none.
        calibration_path: KITTI calibration file; None if the frame has none.
    """

    name: str
    image_path: Path
    mask_path: Path | None
    category: str | None = None
    calibration_path: Path | None = None


@dataclass(frozen=True, eq=False)
class Sample:
    """A frame's pixels.

    Args:
        image: H,W,3 uint8 RGB.
        mask: H,W uint8 class indices with void; None where there is no truth.
        frame: Where they come from.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None
    frame: Frame


@dataclass(frozen=True)
class FilePairDataset:
    """A split of a data set.

    Args:
        name: The layout it was read as, such as "kitti-road".
        root: The folder it lies in.
        split: "train", "val", "test" or "all".
        label_set: What the masks' values mean.
        frames: The frames in a fixed order.
        code: How truth pictures are coded on disk.
        target: "road" or "lane" for KITTI Road, else "".
        remark: Why the split has no truth, where the data set is published without; else "".
        origin: What the pictures are, where they are not those that the layout was made for:
            "generated scenes" in KITTI Road's; else "".
    """

    name: str
    root: Path
    split: str
    label_set: LabelSet
    frames: tuple[Frame, ...]
    code: MaskCode
    target: str = ""
    remark: str = ""
    origin: str = ""

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> Sample:
        """Read a frame.

        Raises:
            ImageFileError: A file is missing or damaged.
            MaskError: The truth has unknown values or another size than the picture.
        """
        frame = self.frames[index]
        image = self.read_image(index)
        if frame.mask_path is None:
            return Sample(image, None, frame)
        mask = self.read_mask(index)
        if mask.shape != image.shape[:2]:
            turned = image_files.stored_orientation(frame.image_path)
            raise size_mismatch(frame, image.shape[:2], mask.shape, turned)
        return Sample(image, mask, frame)

    def read_image(self, index: int) -> NDArray[np.uint8]:
        """Read a frame's photograph as H,W,3 uint8 RGB.

        Raises:
            ImageFileError: The file is missing or damaged.
        """
        return image_files.read_image(self.frames[index].image_path)

    def read_mask(self, index: int) -> NDArray[np.uint8]:
        """Read a frame's truth as a mask, H,W uint8 with void.

        Raises:
            DatasetError: The frame has no truth; `has_truth` tells.
            ImageFileError: The file is missing or damaged.
            MaskError: The file holds values that are no label.
        """
        frame = self.frames[index]
        if frame.mask_path is None:
            raise DatasetError(
                f"frame {frame.name} of the {self.split} split of {self.root} has no truth"
                f"{self.why_no_truth}",
                allowed="a split with truth",
                do="take another split, or only predict on this one",
            )
        is_matlab = frame.mask_path.suffix.lower() == ".mat"
        read = read_segmentation if is_matlab else image_files.read_mask_picture
        return self.code.decode(read(frame.mask_path), frame.mask_path)

    @property
    def has_truth(self) -> bool:
        """Whether every frame has truth."""
        return all(frame.mask_path is not None for frame in self.frames)

    @property
    def why_no_truth(self) -> str:
        """The remark as the end of an error's first sentence, "" without one."""
        return f": {self.remark}" if self.remark else ""

    @cached_property
    def split_hash(self) -> str:
        """SHA-256 (hex) over layout, split and frame names: equal means the same frames."""
        lines = [self.name, self.split, *(frame.name for frame in self.frames)]
        return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()


def size_mismatch(
    frame: Frame, image_size: tuple[int, ...], mask_size: tuple[int, ...], turned: str = ""
) -> MaskError:
    """Give the error for truth whose (height, width) is not its picture's.

    Args:
        frame: The frame.
        image_size: Of the picture as it is read.
        mask_size: Of its truth.
        turned: How the picture is stored if EXIF turns it, see `image_files.stored_orientation`.
    """
    found = (
        f"the mask {frame.mask_path} is {mask_size[0]} x {mask_size[1]} pixels (height x width) "
        f"and its picture {image_size[0]} x {image_size[1]}"
    )
    if turned and mask_size == image_size[::-1]:
        return MaskError(
            f"{found}; the picture is stored {turned} and turned when it is read (EXIF), the mask "
            "is not",
            allowed="a mask of the picture's own height and width",
            do="turn the mask as a viewer shows the picture, or store both upright without EXIF",
        )
    return MaskError(
        found,
        allowed="a mask of the picture's own height and width",
        do="copy both files again from the same source",
    )


def pictures_by_stem(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    """List the pictures that lie directly in a folder, by file name without ending, sorted.

    A folder that is not there has none.

    Raises:
        DatasetError: The folder cannot be listed, or two pictures differ only by their ending,
            so that a stem is no name.
    """
    found: dict[str, Path] = {}
    if not folder.is_dir():
        return found
    for path in list_folder(folder):
        if path.suffix.lower() not in suffixes or path.name[0] == "." or not path.is_file():
            continue
        if path.stem in found:
            raise DatasetError(
                f"{folder} holds {found[path.stem].name} and {path.name}",
                allowed="one picture of each name",
                do="remove one of the two",
            )
        found[path.stem] = path
    return found


def list_folder(folder: Path) -> list[Path]:
    """List a folder, sorted.

    Raises:
        DatasetError: It cannot be read.
    """
    try:
        return sorted(folder.iterdir())
    except OSError as problem:
        raise DatasetError(
            f"the folder {folder} cannot be listed: {problem.strerror or problem}",
            allowed="a folder that you may read",
            do="check its rights and the disk",
        ) from problem
