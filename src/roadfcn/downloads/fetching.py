"""Known files, fetched once into the user's cache and checked each time they are wanted."""

from __future__ import annotations

from pathlib import Path

from roadfcn.downloads.cache_folder import place_of
from roadfcn.downloads.cache_lock import alone
from roadfcn.downloads.content import check_content
from roadfcn.downloads.hashes import check_hash, note_first
from roadfcn.downloads.known_file import KnownFile
from roadfcn.downloads.partial_file import PartialFile
from roadfcn.downloads.transfer import Patience, Progress, not_fetched, transfer
from roadfcn.errors import DownloadError
from roadfcn.output_files import writing


def fetch(
    known: KnownFile,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
    offline: bool = False,
    accept_licence: bool = False,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> Path:
    """Give the path of a known file, which is brought if it is not here.

    What was put in its place by hand is checked as what comes over the network is. Several
    processes may call this at once: one fetches, the others wait for it. The hash of the first
    file is noted, but not of an archive: whether that is whole turns out when it is unpacked.

    Args:
        known: The file.
        cache: Another cache than the user's.
        progress: Is told (bytes here, bytes in all or None).
        offline: Use no network: the file is here, or it is an error.
        accept_licence: Says yes to its terms, where they have to be accepted.
        patience: Waits and tries.

    Raises:
        DownloadError: It cannot be had, is not what it should be, or its licence has not been
            accepted. The message names the address and the place to put the file by hand.
        OutputError: The cache cannot be written, or its disk is full.
    """
    place = place_of(known.file_name, cache)
    check_licence(known, accepted=accept_licence)
    if _is_here(known, place):
        return place
    if offline:
        raise not_fetched(known, place, "the network was not to be used")
    with writing(place):
        place.parent.mkdir(parents=True, exist_ok=True)
    with alone(place, f"fetching {place.name}"):
        if _is_here(known, place):  # another process brought it
            return place
        part = PartialFile(place)
        transfer(known, part, progress=progress, patience=patience)
        try:
            sha256 = check_file(known, part.path, place, known.address)
        except DownloadError:
            part.discard()  # or it would be found whole, and wrong, at the next try
            raise
        part.finish()
        _note_unless_archive(known, sha256, place)
    return place


def check_licence(known: KnownFile, *, accepted: bool) -> None:
    """Refuse a file whose terms have to be accepted and were not.

    Raises:
        DownloadError: It tells the licence and its page.
    """
    if known.licence.must_be_accepted and not accepted:
        raise DownloadError(
            f"the licence of {known.name} has not been accepted: {known.licence.text}",
            allowed=f"use under the terms that {known.licence.page} tells",
            do="read them, and run the same command with --accept-licence if you agree",
        )


def check_file(known: KnownFile, path: Path, place: Path, origin: str) -> str:
    """Compare a file with all that is known of it; nothing is noted.

    Args:
        known: What it should be.
        path: The file.
        place: Where it lies, or is going to lie, in the cache.
        origin: Where it came from, for messages: an address or a path.

    Returns:
        Its SHA-256 in hex.

    Raises:
        DownloadError: It is another file, or cannot be read.
    """
    try:
        check_content(path, known.kind, place, origin)
        return check_hash(known, path, place, origin)
    except OSError as problem:
        raise DownloadError(
            f"{path} cannot be read: {problem.strerror or problem}",
            allowed="a file that you may read, on a disk that works",
            do="check its rights and the disk",
        ) from problem


def _is_here(known: KnownFile, place: Path) -> bool:
    if not place.exists():
        return False
    _note_unless_archive(known, check_file(known, place, place, str(place)), place)
    return True


def _note_unless_archive(known: KnownFile, sha256: str, place: Path) -> None:
    if known.kind != "zip":
        note_first(known, sha256, place)
