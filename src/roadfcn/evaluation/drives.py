"""Which pictures belong together when intervals are drawn: those of one drive, where it is known.

Neighbouring frames of a drive share their street, their light and their mistakes, so a drive is
drawn as a whole (`metrics.intervals`). The names of some data sets tell the drive. KITTI Road's do
not, and pictures of PASCAL VOC have none; then every picture is drawn for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadfcn.datasets import camvid, camvid_32, cityscapes, folders
from roadfcn.datasets.splits import drive_of

_NAMED_AFTER_DRIVES = (camvid.NAME, camvid_32.NAME, cityscapes.NAME, folders.NAME)


@dataclass(frozen=True)
class Drawn:
    """What a draw is made of.

    Args:
        groups: Of each picture, its drive; None where pictures are drawn one by one.
        count: How many drives, or pictures, there are to draw from.
        single_drive: Whether all pictures are of one drive, so that intervals say nothing about
            other drives.
    """

    groups: tuple[str, ...] | None
    count: int
    single_drive: bool = False

    @property
    def unit(self) -> str:
        """What is drawn: "drives" or "pictures"."""
        return "pictures" if self.groups is None else "drives"

    def of(self, chosen: Sequence[int]) -> tuple[str, ...] | None:
        """Give the groups of some pictures, by their positions."""
        return None if self.groups is None else tuple(self.groups[index] for index in chosen)


def drawn_by(dataset: str, names: Sequence[str]) -> Drawn:
    """Tell what is drawn for a data set.

    Args:
        dataset: Name of its layout; "" if not known.
        names: Of its frames.
    """
    if dataset not in _NAMED_AFTER_DRIVES:
        return Drawn(None, len(names))
    drives = tuple(drive_of(name) for name in names)
    count = len(set(drives))
    if count > 1:
        return Drawn(drives, count)
    return Drawn(None, len(names), single_drive=len(names) > 1)
