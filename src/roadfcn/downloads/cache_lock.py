"""One process at a time makes a file or folder of the cache; the others wait for it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from roadfcn.downloads.cache_folder import CACHE_VARIABLE
from roadfcn.errors import OutputError

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def alone(place: Path, doing: str) -> Iterator[None]:
    """Wait until no other process makes `place`, and keep others waiting meanwhile.

    Args:
        place: A file or folder of the cache; the lock lies beside it.
        doing: What the other process does, for the log: "fetching vgg.zip".

    Raises:
        OutputError: There can be no lock beside it.
    """
    lock = FileLock(place.with_name(f"{place.name}.lock"))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            _log.warning("another process is %s: waiting for it", doing)
            lock.acquire()
    except (OSError, NotImplementedError) as problem:
        raise OutputError(
            f"{lock.lock_file} cannot be locked: {problem}",
            allowed="a cache on a disk that you may write to and that knows locks",
            do=f"name another folder with {CACHE_VARIABLE}",
        ) from problem
    try:
        yield
    finally:
        lock.release()
