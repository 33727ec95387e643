"""One process at a time writes a journal: the rows of two would lie over one another."""

from __future__ import annotations

import contextlib
import errno
import logging
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from roadfcn.errors import OutputError
from roadfcn.output_files import writing

_log = logging.getLogger(__name__)

_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
"""What disks over a network answer that know no locks."""


@contextlib.contextmanager
def locked_journal(path: Path) -> Iterator[None]:
    """Keep other processes from a journal; nothing stays behind, and a kill ends it too.

    Args:
        path: The journal, which need not be there. The lock lies hidden beside it.

    Raises:
        OutputError: Another process has it, or nothing can be written there.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    made = _missing_folders(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as problem:
        raise OutputError(
            f"another process writes its results into {path.parent}, and has {path.name}",
            allowed="one process at a time, or several that share the work with --shard",
            do="wait for its end, or give another output folder",
        ) from problem
    except (OSError, NotImplementedError) as problem:
        if isinstance(problem, OSError) and problem.errno not in _NO_LOCKS:
            with writing(path):
                raise
        _log.warning(
            "the disk of %s knows no locks: see to it that no other process writes there",
            path.parent,
        )
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # some systems remove no file that is open
            Path(lock.lock_file).unlink()
        lock.release()
        for folder in made:
            with contextlib.suppress(OSError):  # which there is something in now
                folder.rmdir()


def _missing_folders(folder: Path) -> list[Path]:
    """List the folders that are to be made for one, the deepest first."""
    return [one for one in (folder, *folder.parents) if not one.exists()]
