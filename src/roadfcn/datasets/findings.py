"""One thing that is odd about a data folder, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
"""Errors keep a split from being used, warnings may spoil results, notes are only good to know."""


@dataclass(frozen=True)
class Finding:
    """One thing that is odd.

    Args:
        severity: "error", "warning" or "note".
        where: The frame ("train/0001TP_006690"), the file or the folder.
        what: What was found.
        fix: What to do.
    """

    severity: Severity
    where: str
    what: str
    fix: str
