"""Which pictures belong together when intervals are drawn: those of one drive, where it is known.

Neighbouring frames of a drive share their street, their light and their mistakes, so a drive is
drawn as a whole (`metrics.intervals`). If there is only one, stretches of it are drawn: frames that
lie further apart share less. The names of some data sets tell the drive. KITTI Road's do not, and
pictures of PASCAL VOC have none; then every picture is drawn for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadfcn.datasets.held_out_drives import NAMED_AFTER_DRIVES
from roadfcn.datasets.splits import drive_of, numerically
from roadfcn.metrics.intervals import FEWEST

STRETCH = 10
"""So many frames that follow each other make a stretch, or a few more. A choice: with longer ones
intervals hardly widen on CamVid's validation drive (`docs/metrics.md`), and there are fewer to draw
from."""
_ONE = {"pictures": "picture", "drives": "drive", "stretches of a drive": "stretch of a drive"}


@dataclass(frozen=True)
class Drawn:
    """What a draw is made of.

    Args:
        groups: Of each picture, its drive or stretch; None where pictures are drawn one by one.
        count: How many drives, stretches or pictures there are to draw from.
        single_drive: Whether all pictures are of one drive, so that stretches of it are drawn, and
            intervals say nothing about other drives.
    """

    groups: tuple[str, ...] | None
    count: int
    single_drive: bool = False

    @property
    def unit(self) -> str:
        """What is drawn: "drives", "stretches of a drive" or "pictures"."""
        if self.single_drive:
            return "stretches of a drive"
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
    if dataset not in NAMED_AFTER_DRIVES or len(names) < 2:
        return Drawn(None, len(names))
    drives = tuple(drive_of(name) for name in names)
    count = len(set(drives))
    if count > 1:
        return Drawn(drives, count)
    stretches = _stretches(names)
    return Drawn(stretches, len(set(stretches)), single_drive=True)


def too_few(unit: str, count: int) -> str:
    """Say why there are no intervals; "" where there is enough to draw from.

    Args:
        unit: As in `Drawn`.
        count: How many there are.
    """
    if count >= FEWEST:
        return ""
    told = f"1 {_ONE.get(unit, unit)} is" if count == 1 else f"{count} {unit} are"
    return f"{told} too few to say how far other {unit} would change a score: that takes {FEWEST}."


def some_too_few(unit: str) -> str:
    """Say what a dash instead of an interval means, where some scores have one.

    Args:
        unit: As in `Drawn`.
    """
    return f"A dash instead of an interval: fewer than {FEWEST} {unit} speak of that score."


def _stretches(names: Sequence[str]) -> tuple[str, ...]:
    """Cut a drive into stretches of as equal a length as can be, none below `STRETCH` frames."""
    count = max(1, len(names) // STRETCH)
    in_order = sorted(names, key=numerically)
    stretch = {name: str(place * count // len(names)) for place, name in enumerate(in_order)}
    return tuple(stretch[name] for name in names)
