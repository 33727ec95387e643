"""From what a user gives, a path or a known name, to a path on this machine."""

from __future__ import annotations

import zipfile
from pathlib import Path

from roadfcn.downloads.archive_members import BoundedFile
from roadfcn.downloads.cache_folder import place_of, unpacked_place
from roadfcn.downloads.fetching import check_file, check_licence, fetch
from roadfcn.downloads.hashes import note_first, pinned_sha256, sha256_of
from roadfcn.downloads.known_file import Catalogue, KnownFile, find_known
from roadfcn.downloads.transfer import Patience, Progress
from roadfcn.downloads.unpacking import is_unpacked, unpack


def local_copy(
    given: str | Path,
    catalogue: Catalogue,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
    offline: bool = False,
    accept_licence: bool = False,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> Path:
    """Give a path for a file, a folder, a zip archive or a known name.

    What lies at a path of that name comes before a known name. An archive, fetched or the user's
    own, is unpacked into the cache, in a folder named by its hash; a model that happens to be
    kept as a zip (PyTorch's .pth) is left as it is.

    Args:
        given: A path or a name.
        catalogue: The known files.
        cache: Another cache than the user's.
        progress: See `fetching.fetch`, as for the following.
        offline: Use no network.
        accept_licence: Says yes to terms of use.
        patience: Waits and tries.

    Returns:
        The file, or the folder that an archive became.

    Raises:
        ConfigError: Neither path nor name.
        DownloadError: It cannot be had, or is not what it should be.
        OutputError: The cache cannot be written.
    """
    path = Path(given)
    if path.is_file() and _is_plain_archive(path):
        target = unpacked_place(sha256_of(path), cache)
        unpack(path, target)
        return target
    if path.exists():
        return path
    known = find_known(str(given), catalogue)
    here = find_local(known, cache)
    if known.kind == "zip" and here is not None and here.is_dir():
        return here
    place = fetch(
        known,
        cache=cache,
        progress=progress,
        offline=offline,
        accept_licence=accept_licence,
        patience=patience,
    )
    if known.kind != "zip":
        return place
    sha256 = pinned_sha256(known, place) or sha256_of(place)
    target = unpacked_place(sha256, cache)
    unpack(place, target, holds=known.holds)
    note_first(known, sha256, place)
    return target


def find_local(known: KnownFile, cache: Path | None = None) -> Path | None:
    """Tell where a known file lies, unpacked if it is an archive; nothing is read or checked.

    Returns:
        Of an archive the folder where it belongs (`unpacks_to`) or the one in the cache; else
        the file in the cache; None if there is neither.
    """
    place = place_of(known.file_name, cache)
    if known.unpacks_to is not None:
        sha256 = pinned_sha256(known, place)
        folders = [known.unpacks_to, *([unpacked_place(sha256, cache)] if sha256 else [])]
        for folder in folders:
            if is_unpacked(folder, known.holds):
                return folder
    return place if place.is_file() else None


def fetch_unpacked(
    known: KnownFile,
    target: Path,
    *,
    own: Path | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
    accept_licence: bool = False,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> bool:
    """Make `target` the folder of a known archive.

    Args:
        known: The archive.
        target: New or empty, or that folder already.
        own: A copy that the user has: it is checked and taken instead of fetching.
        cache: See `local_copy`, as for the following.
        progress: As there.
        accept_licence: As there.
        patience: As there.

    Returns:
        Whether there was anything to do.

    Raises:
        DownloadError: See `local_copy`.
        OutputError: `target` holds something else, or cannot be written.
    """
    if is_unpacked(target, known.holds):
        return False
    if own is not None:
        # Its hash is noted nowhere: only what lies in the cache stands for what came first.
        check_licence(known, accepted=accept_licence)
        check_file(known, own, place_of(known.file_name, cache), str(own))
        return unpack(own, target, holds=known.holds)
    archive = fetch(
        known, cache=cache, progress=progress, accept_licence=accept_licence, patience=patience
    )
    news = unpack(archive, target, holds=known.holds)
    note_first(known, pinned_sha256(known, archive) or sha256_of(archive), archive)
    return news


def known_or_own(given: str, catalogue: Catalogue) -> tuple[KnownFile | None, Path | None]:
    """Find what a path or a name means; what lies at a path comes before a known name.

    Returns:
        The known file and None, if it is a name; the known file and the user's, if that has the
        known file's name; None and the path, if something else lies there.

    Raises:
        ConfigError: Neither path nor name.
    """
    path = Path(given)
    if not given or not path.exists():  # an empty path would mean the working folder
        return find_known(given, catalogue), None
    names = {known.file_name.lower(): known for known in catalogue.values()}
    return (names.get(path.name.lower()) if path.is_file() else None), path


def _is_plain_archive(path: Path) -> bool:
    """Tell an archive of files from a model of PyTorch or NumPy that is kept as one."""
    try:
        if not zipfile.is_zipfile(path):
            return False
        with BoundedFile(path) as file, zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        return False  # whoever reads it will say what is wrong
    return not all(name.endswith(".npy") for name in names) and not any(
        name.endswith("/data.pkl") for name in names
    )
