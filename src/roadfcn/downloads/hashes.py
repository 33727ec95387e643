"""Whether a file is the known one: by its hash, or by the hash it had when it first came.

Where a publisher gives no whole SHA-256, the one of the first file that came whole is noted beside
it (`NAME.sha256`, in the form that `sha256sum --check` reads), and later files are compared with
it. Comparing notes nothing: a damaged file would make every good one wrong.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import re
from pathlib import Path

from roadfcn.downloads.content import how_to_replace
from roadfcn.downloads.known_file import KnownFile
from roadfcn.errors import DownloadError, OutputError
from roadfcn.output_files import write_text

_SHA256_DIGITS = 64
_BLOCK_BYTES = 1 << 20

_log = logging.getLogger(__name__)


def sha256_of(path: Path) -> str:
    """Compute a file's SHA-256, in hex."""
    return _digests(path, "sha256")["sha256"]


def file_sha256(path: Path) -> str:
    """Compute the same, once for a file that several parts of one program ask about.

    Raises:
        OSError: It cannot be read.
    """
    now = path.stat()
    return _sha256_as_of(path, now.st_ino, now.st_size, now.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _sha256_as_of(path: Path, *_state: int) -> str:
    return sha256_of(path)


def pin_path(place: Path) -> Path:
    """Give where the hash of a file that lies at `place` is noted."""
    return place.with_name(f"{place.name}.sha256")


def pinned_sha256(known: KnownFile, place: Path) -> str | None:
    """Give the whole SHA-256 that a file must have: known, or noted when it first came.

    Args:
        known: The file.
        place: Where it lies in the cache.
    """
    if known.sha256 is not None and len(known.sha256) == _SHA256_DIGITS:
        return known.sha256
    try:
        noted = pin_path(place).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.match(r"[0-9a-f]{64}\b", noted)
    return found[0] if found else None


def check_hash(known: KnownFile, path: Path, place: Path, origin: str) -> str:
    """Compare a file with all that is known of it.

    Args:
        known: What it should be.
        path: The file to check.
        place: Where it lies, or is going to lie, in the cache: the first hash is noted beside that.
        origin: Where it came from, for messages: an address or a path.

    Returns:
        Its SHA-256 in hex.

    Raises:
        DownloadError: It is another file.
        OSError: It cannot be read.
    """
    if known.size_bytes is not None and path.stat().st_size != known.size_bytes:
        size = path.stat().st_size
        raise _another(known, origin, place, f"{size} bytes", f"{known.size_bytes} bytes")
    older, digits = known.older_digest or ("sha256", None)
    found = _digests(path, "sha256", older)
    sha256 = found["sha256"]
    if known.sha256 is not None and not sha256.startswith(known.sha256):
        raise _another(known, origin, place, f"the SHA-256 {sha256}", f"{known.sha256}")
    if digits is not None and found[older] != digits:
        raise _another(known, origin, place, f"the {older.upper()} {found[older]}", digits)
    pinned = pinned_sha256(known, place)
    if pinned not in (None, sha256):
        raise DownloadError(
            f"{origin} gave a file with the SHA-256 {sha256}; the {known.name} that came first had "
            f"{pinned}",
            allowed="the same file each time",
            do=f"if its publisher has changed it and you trust the new one, remove {place} and "
            f"{pin_path(place)}, and fetch it again",
        )
    return sha256


def note_first(known: KnownFile, sha256: str, place: Path) -> None:
    """Note the hash of a file that has proven whole, if none is known yet.

    Args:
        known: The file.
        sha256: In hex, of the file that lies at `place`.
        place: Where it lies in the cache.
    """
    if pinned_sha256(known, place) is not None:
        return
    try:
        write_text(pin_path(place), f"{sha256}  {place.name}\n")
    except OutputError as problem:
        # A cache that others own, say: the file can be used, and nothing else is to be done.
        _log.warning("the hash of %s could not be noted: %s", place, problem.found)


def _another(known: KnownFile, origin: str, place: Path, found: str, wanted: str) -> DownloadError:
    return DownloadError(
        f"{origin} gave another file than {known.name}: it has {found}",
        allowed=wanted,
        do=f"{how_to_replace(origin, place)}; if it comes so once more, "
        "something on the way changes it, or its publisher has changed it",
    )


def _digests(path: Path, *algorithms: str) -> dict[str, str]:
    """Compute several hashes in one pass; MD5 and SHA-1 only tell that a file came well."""
    running = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            for digest in running.values():
                digest.update(block)
    return {name: digest.hexdigest() for name, digest in running.items()}
