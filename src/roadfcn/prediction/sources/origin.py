"""Where a source comes from, and in which state it was: what makes its results those of it.

Two files of one name in two folders, or one that was changed, are not the same to a run that goes
on.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from roadfcn.prediction.sources.words import shown_address

Origin = list[str | int]
"""JSON-ready; equal if nothing has changed."""


def origin_of_file(path: Path) -> Origin:
    """Give the path, the size in bytes and the time of the last change in ns."""
    whole = os.path.abspath(path)  # noqa: PTH100 - ten times as fast, and there may be very many
    try:
        state = path.stat()
    except OSError:  # which is told when it is to be read
        return [whole]
    return [whole, state.st_size, state.st_mtime_ns]


def origin_of_address(address: str) -> Origin:
    """Give an address so that it is known again, without what may be secret in it."""
    digest = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
    return [shown_address(address), digest]
