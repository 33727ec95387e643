"""Whether a file's bytes are of the kind they should be, and what they are if not.

Servers, proxies and login pages answer with HTML and a cheerful 200 when they mean no.
"""

from __future__ import annotations

import html
import re
import zipfile
from pathlib import Path

from roadfcn.downloads.known_file import ContentKind
from roadfcn.errors import DownloadError

HEAD_BYTES = 4096
"""How many of the first bytes are looked at."""

_WORDS_SHOWN = 120  # characters of a page that came instead of a file

_ZIP = b"PK\x03\x04"
_STARTS: dict[ContentKind, tuple[bytes, ...]] = {
    "zip": (_ZIP,),
    # zip files since PyTorch 1.6; before that a pickle of protocol 2
    "torch": (_ZIP, b"\x80\x02"),
    "hdf5": (b"\x89HDF\r\n\x1a\n",),
    # No magic number: a protobuf message that begins with one of these fields of NetParameter
    # (caffe.proto): 1 `name`, 2 `layers`, 100 `layer`, each with a length.
    "caffemodel": (b"\x0a", b"\x12", b"\xa2\x06"),
}
_IN_WORDS: dict[ContentKind, str] = {
    "zip": "a zip archive",
    "torch": "a file of PyTorch",
    "hdf5": "an HDF5 file",
    "caffemodel": "a caffemodel",
}


def check_start(head: bytes, kind: ContentKind, place: Path, origin: str) -> None:
    """Refuse a file by its first bytes.

    Args:
        head: At least its first 16 bytes if it has so many, better `HEAD_BYTES`.
        kind: What it should be.
        place: Where the file is to lie or lies.
        origin: Where the bytes came from: an address or a path.

    Raises:
        DownloadError: It is of another kind, which is told with its first words.
    """
    if head.startswith(_STARTS[kind]) and not _is_page(head):
        return
    if is_path(origin):
        raise DownloadError(
            f"{origin} is not {_IN_WORDS[kind]}, but {_described(head)}",
            allowed=f"{_IN_WORDS[kind]}, {place.name}",
            do=how_to_replace(origin, place),
        )
    raise DownloadError(
        f"{origin} gave {_described(head)}",
        allowed=f"{_IN_WORDS[kind]}, {place.name}",
        do="open the address in a browser to see what it wants (a login, a proxy's password), "
        f"or put the right file at {place}",
    )


def check_content(path: Path, kind: ContentKind, place: Path, origin: str) -> None:
    """Refuse a file that is of another kind, or a zip archive without its end.

    Args:
        path: The file.
        kind: What it should be.
        place: Where it is to lie or lies.
        origin: Where it came from: an address or a path.

    Raises:
        DownloadError: See `check_start`; or the archive is cut short.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    check_start(head, kind, place, origin)
    if head.startswith(_ZIP) and not zipfile.is_zipfile(path):
        raise DownloadError(
            f"{origin} {'is' if is_path(origin) else 'gave'} a zip archive without its end: it is "
            "cut short or damaged",
            allowed="a whole file",
            do=how_to_replace(origin, place),
        )


def is_path(origin: str) -> bool:
    """Tell a file on this machine from an address."""
    return "://" not in origin


def how_to_replace(origin: str, place: Path) -> str:
    """Say how to come to a right file after a wrong one: a user's own is not to be removed.

    Args:
        origin: Where the wrong one came from: an address or a path.
        place: Where it is to lie or lies in the cache.
    """
    if is_path(origin) and Path(origin) != place:
        return "copy the file again, or give the download's name in place of a path to fetch it"
    return f"remove {place} if it is there, and fetch it again"


def _is_page(head: bytes) -> bool:
    start = head.lstrip().lower()
    return start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<!--"))


def _described(head: bytes) -> str:
    if not head:
        return "nothing: an empty file"
    text = head.decode("utf-8", errors="replace")
    if _is_page(head):
        words = _words_of_page(text)
        kind = "an XML message" if text.lstrip().lower().startswith("<?xml") else "an HTML page"
        return f"{kind} that says '{words}'" if words else f"{kind} without words"
    if head.startswith(_ZIP):
        return "a zip archive"
    if (
        all(byte >= 32 or byte in b"\t\r\n" for byte in head)
        and "\N{REPLACEMENT CHARACTER}"
        not in (
            text[:-4]  # a letter may be cut at the end
        )
    ):
        return f"a text that says '{_shortened(text)}'"
    return f"something that begins with the bytes {head[:8].hex(' ')}"


def _words_of_page(text: str) -> str:
    """Give what a reader would see of a page, its title first."""
    text = re.sub(r"(?is)<(script|style)\b.*?(</\1>|$)", " ", text)
    return _shortened(html.unescape(re.sub(r"<[^>]*(>|$)", " ", text)))


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _WORDS_SHOWN else f"{words[:_WORDS_SHOWN]}..."
