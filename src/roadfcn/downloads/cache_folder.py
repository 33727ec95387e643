"""Where fetched files are kept: one folder for each user."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "ROADFCN_CACHE"
"""The environment variable that names another folder."""


def cache_folder(given: Path | None = None) -> Path:
    """Give the cache: `given`, else what ROADFCN_CACHE says, else the system's usual place."""
    if given is not None:
        return Path(given)
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_cache_dir("roadfcn"))


def place_of(file_name: str, cache: Path | None = None) -> Path:
    """Give the path at which a fetched file lies, and at which one may be put by hand."""
    return (cache_folder(cache) / "downloads" / file_name).absolute()


def unpacked_place(sha256: str, cache: Path | None = None) -> Path:
    """Give the folder that an archive with this hash is unpacked into."""
    return (cache_folder(cache) / "unpacked" / sha256).absolute()
