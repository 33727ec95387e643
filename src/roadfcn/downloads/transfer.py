"""Brings a file over HTTP, going on where it broke off, as long as that promises anything."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import requests

from roadfcn.downloads.answers import (
    Broken,
    Refused,
    check_status,
    chunks_of,
    continues,
    in_words,
    origin_of,
    total_of,
)
from roadfcn.downloads.content import HEAD_BYTES, check_start
from roadfcn.downloads.known_file import KnownFile
from roadfcn.downloads.partial_file import PartialFile
from roadfcn.errors import DownloadError, OutputError
from roadfcn.machine import free_disk_bytes

Progress = Callable[[int, int | None], None]
"""Is told the bytes that are here, and all of them if the server says how many."""

_MOST_BYTES = 16 << 30
"""Where neither we nor the server know a size: no file that roadfcn knows is a tenth of this."""

_HEADWAY_BYTES = 1 << 20
"""A try that brought so much is no failure, however it ended."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how often to try.

    Args:
        connect_s: For a connection.
        read_s: For the next bytes.
        tries: Tries without headway before giving up.
        first_wait_s: Before the second try; doubled before each further one.
        slowest_bytes_per_s: Fewer than these are taken for a broken connection,
        slow_s: if it has been so slow for so long.
    """

    connect_s: float = 15.0
    read_s: float = 60.0
    tries: int = 5
    first_wait_s: float = 0.5
    slowest_bytes_per_s: float = 1000.0
    slow_s: float = 60.0


def transfer(
    known: KnownFile, part: PartialFile, *, progress: Progress | None, patience: Patience
) -> None:
    """Bring all of a file into `part`.

    Proxies and certificates are those that the environment names (HTTPS_PROXY, NO_PROXY,
    REQUESTS_CA_BUNDLE).

    Raises:
        DownloadError: It cannot be had: no network, no such file, another kind of content.
        OutputError: It cannot be written, or the disk has no room for it.
    """
    failures, best = 0, part.size()
    with requests.Session() as session:
        # Bytes as they are; `check_status` refuses packed ones.
        session.headers.update({"Accept-Encoding": "identity", "User-Agent": "roadfcn"})
        while True:
            try:
                _exchange(session, known, part, progress, patience)
                return
            except Broken as problem:
                if part.size() >= best + _HEADWAY_BYTES:
                    failures, best = 0, part.size()
                failures += 1
                if failures >= patience.tries:
                    reason = f"{problem.reason} ({failures} tries)"
                    raise not_fetched(known, part.place, reason) from problem
                wait_s = max(problem.wait_s, patience.first_wait_s * 2 ** (failures - 1))
                _log.info("%s: %s; again in %.0f s", known.address, problem.reason, wait_s)
                time.sleep(wait_s)
            except Refused as problem:
                raise not_fetched(known, part.place, str(problem)) from problem


def not_fetched(known: KnownFile, place: Path, reason: str) -> DownloadError:
    """Give the error that names the address, and the place for a file that comes another way."""
    return DownloadError(
        f"{known.name} could not be fetched from {known.address}: {reason}",
        allowed="a network that reaches this address (HTTPS_PROXY names a proxy), or the file put "
        "in its place by hand",
        do=f"run the same command again when the network is there; or get the file elsewhere "
        f"({known.licence.page} tells about it) and put it at {place}",
    )


def _exchange(
    session: requests.Session,
    known: KnownFile,
    part: PartialFile,
    progress: Progress | None,
    patience: Patience,
) -> None:
    """Ask once for what is missing; return when nothing is."""
    origin = part.origin(known.address)
    offset = 0 if origin is None else part.size()
    if origin is not None and offset == origin.total:
        return
    wanted = {}
    if origin is not None and offset:
        wanted = {"Range": f"bytes={offset}-", "If-Range": origin.validator}
    with _answer(session, known, wanted, patience) as response:
        if wanted and response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            if total_of(response) == offset:
                return
            part.discard()
            raise Broken("the server has no rest of the file")
        check_status(response)
        total = total_of(response)
        chunks = chunks_of(response, patience.slowest_bytes_per_s, patience.slow_s)
        if response.status_code == HTTPStatus.OK:
            head = _head(chunks)
            check_start(head, known.kind, part.place, known.address)
            chunks = itertools.chain([head], chunks)
            _check_size(known, part, total)
            part.begin(origin_of(response, known.address))
        elif origin is None or not continues(response, offset, origin):
            part.discard()
            raise Broken("the server gave another part than the one asked for")
        part.append(
            _limited(known, part, chunks, total),
            lambda size: None if progress is None else progress(size, total or known.size_bytes),
        )
    if total is not None and part.size() != total:
        raise Broken(f"{part.size()} bytes came of {total}")


def _answer(
    session: requests.Session, known: KnownFile, wanted: dict[str, str], patience: Patience
) -> requests.Response:
    try:
        response = session.get(
            known.address,
            headers=wanted,
            stream=True,
            timeout=(patience.connect_s, patience.read_s),
            hooks={"response": _drop_redirects_body},
        )
    except requests.exceptions.SSLError as problem:
        raise Refused(f"the server's certificate is not trusted ({problem})") from problem
    except (requests.ConnectionError, requests.Timeout) as problem:
        raise Broken(in_words(problem)) from problem
    except requests.RequestException as problem:  # an impossible address, endless redirects
        raise Refused(str(problem)) from problem
    except ValueError as problem:  # of urllib, which requests lets out: a redirect to http://[
        raise Refused(f"the server sends us on to no address ({problem})") from problem
    stations = [station.url for station in (*response.history, response)]
    unsafe = [url for url in stations if not url.startswith("https:")]
    if unsafe and known.address.startswith("https:"):
        response.close()
        raise Refused(f"the server sends us on to {unsafe[0]}, which is not encrypted")
    return response


def _drop_redirects_body(response: requests.Response, **settings: object) -> None:
    """Close an answer that only leads elsewhere: requests would read it, however long it is."""
    del settings
    if response.is_redirect:
        response.close()


def _head(chunks: Iterator[bytes]) -> bytes:
    """Give as many first bytes as a file is known by: chunks may be of one byte."""
    head = b""
    while len(head) < HEAD_BYTES and (chunk := next(chunks, b"")):
        head += chunk
    return head


def _check_size(known: KnownFile, part: PartialFile, total: int | None) -> None:
    """Refuse, before its bytes come, what cannot be the file or finds no room."""
    if None not in (total, known.size_bytes) and total != known.size_bytes:
        raise Refused(f"the server has {total} bytes there, and the file has {known.size_bytes}")
    size = total or known.size_bytes or 0
    free = free_disk_bytes(part.place.parent) + part.size()  # which makes room
    if size > free:
        raise OutputError(
            f"no room for {part.place}: it needs {size / 1e6:.1f} MB, {free / 1e6:.1f} are free",
            allowed="a disk with enough space",
            do="free some space, or name a cache on another disk with ROADFCN_CACHE",
        )


def _limited(
    known: KnownFile, part: PartialFile, chunks: Iterator[bytes], total: int | None
) -> Iterator[bytes]:
    """Pass chunks on until there are more than the file can have."""
    left = (total or known.size_bytes or _MOST_BYTES) - part.size()
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise Refused("more bytes come than the file has")
        yield chunk
