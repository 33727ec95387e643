"""Counts a data set: frames, sizes, class shares, mean colour, class weights.

Void is counted apart: class shares are shares of the labelled pixels, and add up to one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.datasets.scan import FrameScan, scan_frames


@dataclass(frozen=True)
class ClassStatistics:
    """One class over a split.

    Args:
        name: The class.
        pixels: Its pixels.
        share: Its share of the labelled pixels, 0..1; None if no pixel is labelled.
        images: Number of frames that contain it.
        weight: Median-frequency weight; None for a class that no frame contains.
    """

    name: str
    pixels: int
    share: float | None
    images: int
    weight: float | None


@dataclass(frozen=True)
class DatasetStatistics:
    """A split in numbers.

    Args:
        dataset: Layout name.
        origin: What the pictures are, if not the layout's; see `FilePairDataset`.
        split: "train", "val", "test" or "all".
        split_hash: See `FilePairDataset.split_hash`.
        frames: Number of frames.
        frames_with_truth: How many of them have truth.
        categories: Frames by category; empty where the data set has none.
        sizes: Frames by "height x width".
        mean_rgb: Mean red, green and blue over all pixels, 0..255.
        labelled_px: Pixels that have a class.
        void_px: Pixels of void.
        void_share: Share of void in all pixels of the truth, 0..1; None without truth.
        classes: The classes in index order.
    """

    dataset: str
    origin: str
    split: str
    split_hash: str
    frames: int
    frames_with_truth: int
    categories: dict[str, int]
    sizes: dict[str, int]
    mean_rgb: tuple[float, float, float]
    labelled_px: int
    void_px: int
    void_share: float | None
    classes: tuple[ClassStatistics, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON-ready form; an origin is in it only if there is one."""
        fields = asdict(self)
        if not self.origin:
            del fields["origin"]
        return fields


def compute_statistics(
    dataset: FilePairDataset, progress: Callable[[int, int], None] | None = None
) -> DatasetStatistics:
    """Read a split and count it.

    Raises:
        RoadfcnError: A frame cannot be read; the first one's problem.
    """
    scans = scan_frames(dataset, progress)
    for scan in scans:
        if scan.problems:
            raise scan.problems[0]
    return summarise(dataset, scans)


def summarise(dataset: FilePairDataset, scans: Sequence[FrameScan]) -> DatasetStatistics:
    """Count a split from scans of all its frames, none of which has problems."""
    counts = [scan.class_px for scan in scans if scan.class_px is not None]
    class_px = np.array(counts, np.int64).reshape(-1, len(dataset.label_set))
    totals = class_px.sum(axis=0)
    labelled_px, void_px = int(totals.sum()), sum(scan.void_px for scan in scans)
    weights = median_frequency_weights(class_px)
    sizes = [scan.size for scan in scans if scan.size is not None]
    total_px = sum(height * width for height, width in sizes)
    red, green, blue = np.sum([scan.rgb_sum for scan in scans], axis=0) / total_px
    return DatasetStatistics(
        dataset=dataset.name,
        origin=dataset.origin,
        split=dataset.split,
        split_hash=dataset.split_hash,
        frames=len(scans),
        frames_with_truth=len(counts),
        categories=dict(Counter(frame.category for frame in dataset.frames if frame.category)),
        sizes=dict(Counter(f"{height} x {width}" for height, width in sizes).most_common()),
        mean_rgb=(float(red), float(green), float(blue)),
        labelled_px=labelled_px,
        void_px=void_px,
        void_share=void_px / (labelled_px + void_px) if counts else None,
        classes=tuple(
            ClassStatistics(
                name=name,
                pixels=int(totals[index]),
                share=int(totals[index]) / labelled_px if labelled_px else None,
                images=int((class_px[:, index] > 0).sum()),
                weight=float(weights[index]) if np.isfinite(weights[index]) else None,
            )
            for index, name in enumerate(dataset.label_set.classes)
        ),
    )


def median_frequency_weights(
    class_px: NDArray[np.int64] | NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give class weights that balance the loss.

    freq(c) = pixels of c / labelled pixels of the frames that contain c; the weight of c is
    median(freq) / freq(c) (Eigen and Fergus, ICCV 2015; used on CamVid by Badrinarayanan et al.,
    PAMI 2017). Void pixels are in neither count: the loss never sees them. Classes that occur
    nowhere take no part in the median.

    Args:
        class_px: N,C pixels of each class in each frame; times its weight, where frames count
            unequally.

    Returns:
        C float64; NaN for a class that no frame contains.
    """
    totals = class_px.sum(axis=0)
    around = (class_px.sum(axis=1)[:, None] * (class_px > 0)).sum(axis=0)
    frequency = np.full(class_px.shape[1], np.nan)
    np.divide(totals, around, out=frequency, where=totals > 0)
    if not totals.any():
        return frequency
    weights: NDArray[np.float64] = np.nanmedian(frequency) / frequency
    return weights
