"""Which frames are held out for validation where a data set names none.

The choice depends on names alone: it is the same on every machine and in every order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

_ONE_IN = 6
"""One frame in six is held out: on KITTI Road's 95 + 96 + 98 training frames that gives 16 of
each category, 48 of 289, as many as the split that KittiSeg publishes."""


def held_out(names: Iterable[str]) -> set[str]:
    """Choose the validation frames of one category.

    Of n frames n/6, rounded, are held out, at least one if there are two: those whose names have
    the smallest SHA-256. Frames added to one category leave the others' split as it was.
    """
    ranked = sorted(names, key=_digest)
    return set(ranked[: _sixth(len(ranked))])


def drive_of(name: str) -> str:
    """Give the drive that a frame of one's own belongs to.

    That is its sub-folder ("monday" of "monday/000012"), or without one what stands before the
    last number of its name ("monday" of "monday_000012"; nothing of "000012").
    """
    folder, _, rest = name.rpartition("/")
    return folder or re.sub(r"[\W_]*\d+$", "", rest)


def held_out_by_drive(names: Iterable[str]) -> set[str]:
    """Choose validation frames so that neighbours of a video do not sit on both sides.

    Neighbouring frames of a drive look alike: with one in training and the next in validation, a
    model is asked what it has been told. So whole drives are held out, those with the smallest
    SHA-256 of their name, until the sixth is reached as nearly as whole drives allow (at least
    one drive, the smallest, but never all). Of a single drive its last sixth is held out.
    """
    drives: dict[str, list[str]] = {}
    for name in names:
        drives.setdefault(drive_of(name), []).append(name)
    if len(drives) < 2:
        in_order = sorted((name for drive in drives.values() for name in drive), key=numerically)
        return set(in_order[len(in_order) - _sixth(len(in_order)) :])
    wanted = _sixth(sum(map(len, drives.values())))
    chosen: list[str] = []
    for drive in sorted(drives, key=_digest):
        members = drives[drive]
        if len(chosen) + len(members) / 2 <= wanted:
            chosen += members
    if not chosen:
        chosen = drives[min(drives, key=lambda drive: (len(drives[drive]), _digest(drive)))]
    return set(chosen)


def _sixth(count: int) -> int:
    """Give a sixth, halves rounded up, and at least one of two."""
    sixth = (2 * count + _ONE_IN) // (2 * _ONE_IN)
    return max(1, sixth) if count >= 2 else sixth


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode(errors="surrogateescape")).digest()


def numerically(name: str) -> tuple[tuple[int, int, str], ...]:
    """Give what sorts "frame_9" before "frame_10"."""
    parts = re.split(r"(\d+)", name)
    return tuple((0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts)
