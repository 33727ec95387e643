"""What a server's answer says about a file, and what its silence means in words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from http import HTTPStatus

import requests
import urllib3

from roadfcn.downloads.partial_file import Origin

_CHUNK_BYTES = 1 << 16
_LONGEST_WAIT_S = 60.0
_TRY_AGAIN = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class Broken(Exception):
    """The transfer broke off, and another try may go better.

    Args:
        reason: In words.
        wait_s: How long the server wants to be left alone.
    """

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.wait_s = reason, wait_s


class Refused(Exception):
    """The server or the network said no, and will say it again."""


def check_status(response: requests.Response) -> None:
    """Let pass what brings the file's own bytes.

    Raises:
        Broken: The server is busy or in trouble.
        Refused: Anything else, such as 404, or bytes that are packed for the way: they could
            neither be counted nor resumed, and a few may unpack to any number.
    """
    code = response.status_code
    if code in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        packing = response.headers.get("Content-Encoding", "")
        if packing.strip().lower() not in ("", "identity"):
            raise Refused(f"the server packs the file ({packing}), though it was asked not to")
        return
    told = f"the server answered {code} {response.reason}".rstrip()
    if code in _TRY_AGAIN or code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        asked = response.headers.get("Retry-After", "")
        raise Broken(told, min(float(asked), _LONGEST_WAIT_S) if asked.isdecimal() else 0.0)
    raise Refused(told)


def origin_of(response: requests.Response, address: str) -> Origin | None:
    """Give what makes the rest of this answer askable later; None if nothing does."""
    etag = response.headers.get("ETag", "")
    # A weak ETag does not promise the same bytes (RFC 9110, 8.8.3), and dates are no better
    # than their second, but nothing else is left then.
    validator = etag if etag.startswith('"') else response.headers.get("Last-Modified")
    return Origin(address, validator, total_of(response)) if validator else None


def total_of(response: requests.Response) -> int | None:
    """Give the bytes of the whole file, if the answer tells."""
    if response.status_code == HTTPStatus.OK:
        length = response.headers.get("Content-Length", "")
        return int(length) if length.isdecimal() else None
    told = re.search(r"/(\d+)$", response.headers.get("Content-Range", ""))
    return int(told[1]) if told else None


def continues(response: requests.Response, offset: int, origin: Origin) -> bool:
    """Tell whether an answer is the rest that was asked for, of the same version of the file."""
    placed = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if placed is None or int(placed[1]) != offset:
        return False
    now = origin_of(response, origin.address)
    same_version = now is None or now.validator == origin.validator
    return same_version and total_of(response) in (None, origin.total)


def chunks_of(
    response: requests.Response, slowest_bytes_per_s: float, slow_s: float
) -> Iterator[bytes]:
    """Give the bytes as they come, however few.

    Args:
        response: Streamed, and not packed.
        slowest_bytes_per_s: With fewer the connection is given up,
        slow_s: over so long a time of waiting for them.

    Raises:
        Broken: The connection broke off, went silent or is too slow; never an `OSError`.
    """
    came, waited_s = 0, 0.0
    while True:
        began = time.monotonic()
        try:
            # Not `iter_content`, which waits until a chunk is full: at a byte a minute, for weeks.
            chunk = response.raw.read1(_CHUNK_BYTES, decode_content=False)
        except (OSError, urllib3.exceptions.HTTPError) as problem:
            raise Broken(in_words(problem)) from problem
        if not chunk:
            return
        came, waited_s = came + len(chunk), waited_s + time.monotonic() - began
        yield chunk
        if waited_s >= slow_s:
            if came < slowest_bytes_per_s * waited_s:
                raise Broken(f"only {came} bytes came in {waited_s:.0f} s")
            came, waited_s = 0, 0.0


def in_words(problem: BaseException) -> str:
    """Say what a failed connection means."""
    causes = list(_causes(problem))
    for kinds, words in (
        ((urllib3.exceptions.NameResolutionError,), "no network, or no server of that name"),
        ((urllib3.exceptions.ProxyError,), "the proxy cannot be reached or refuses"),
        # which urllib3 takes for a kind of the error below it
        ((urllib3.exceptions.NewConnectionError,), "no connection"),
        ((urllib3.exceptions.ConnectTimeoutError,), "no connection in good time"),
        ((urllib3.exceptions.ReadTimeoutError,), "nothing came for too long"),
        ((urllib3.exceptions.IncompleteRead, ConnectionResetError), "the connection broke off"),
    ):
        if any(isinstance(cause, kinds) for cause in causes):
            return words
    return f"the connection failed ({str(causes[-1]) or type(problem).__name__})"


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """Unwrap an error: requests and urllib3 put the cause in the arguments or in `reason`."""
    for _ in range(8):
        yield problem
        inner = getattr(problem, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((a for a in problem.args if isinstance(a, BaseException)), None)
        inner = inner or problem.__cause__ or problem.__context__
        if inner is None:
            return
        problem = inner
