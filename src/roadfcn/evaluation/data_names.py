"""What scored pictures are called in reports, and what the pool of them all is called."""

from __future__ import annotations

from roadfcn.datasets import kitti_road
from roadfcn.evaluation.scores_json import POOLED

_PROPER = {kitti_road.NAME: "KITTI Road"}


def data_name(dataset: str, origin: str) -> str:
    """Name pictures by their layout, or by what they are: "generated scenes (KITTI Road's layout)".

    Args:
        dataset: Name of the layout; "" if not known.
        origin: As in `FilePairDataset`.
    """
    return f"{origin} ({_PROPER.get(dataset, dataset)}'s layout)" if origin else dataset


def split_name(dataset: str, origin: str, split: str) -> str:
    """Name the pictures of a split: "camvid val", "generated scenes (KITTI Road's layout), test".

    Args:
        dataset: As in `data_name`.
        origin: As in `data_name`.
        split: "" if not known.
    """
    return (", " if origin else " ").join(filter(None, (data_name(dataset, origin), split)))


def shown_names(dataset: str, origin: str) -> dict[str, str]:
    """Give categories other names: KITTI's for all road pictures says nothing about other data."""
    return {} if dataset == kitti_road.NAME and not origin else {POOLED: "all pictures"}
