"""Pictures that are named by an http or https address: bounded in size and in time."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

import requests

from roadfcn.downloads.answers import Broken, Refused, check_status, chunks_of, in_words, total_of
from roadfcn.errors import DownloadError
from roadfcn.prediction.sources.words import VIDEO_SUFFIXES, shown_address, without_secrets

MAX_BYTES = 2**28
"""Of a picture's file: 268 MB, more than a photograph of 2^29 pixels has as JPEG."""

_CONNECT_S, _READ_S = 15.0, 30.0
_SLOWEST_BYTES_PER_S, _SLOW_S = 1000.0, 30.0


def fetch_picture(
    address: str, *, max_bytes: int = MAX_BYTES, stopped: threading.Event | None = None
) -> bytes:
    """Give the bytes that lie at an address; whether they are a picture is not looked at.

    Proxies and certificates are those that the environment names (HTTPS_PROXY, NO_PROXY,
    REQUESTS_CA_BUNDLE). It is tried once.

    Args:
        address: http or https.
        max_bytes: Of the file.
        stopped: Once it is set, from another thread, no more of the file is waited for.

    Raises:
        DownloadError: No connection, no such file, more than `max_bytes`, a camera's stream, or
            named as a video is; or it was stopped.
    """
    shown = shown_address(address)
    path = shown.partition("://")[2].partition("/")[2]
    if path.lower().endswith(VIDEO_SUFFIXES):
        raise DownloadError(
            f"{shown} is named as a video is, and of addresses pictures are taken",
            allowed="videos in files, from cameras and rtsp:// addresses",
            do="download the video, and name its path",
        )
    try:
        with requests.get(
            address,
            headers={"Accept-Encoding": "identity", "User-Agent": "roadfcn"},
            stream=True,
            timeout=(_CONNECT_S, _READ_S),
            hooks={"response": _drop_redirects_body},
        ) as response:
            check_status(response)
            _check_kind(address, response)
            _check_way(address, response)
            return _content(response, max_bytes, stopped)
    except (Broken, Refused) as problem:
        raise _not_fetched(address, str(problem), max_bytes) from problem
    except (requests.ConnectionError, requests.Timeout) as problem:
        raise _not_fetched(address, in_words(problem), max_bytes) from problem
    # An impossible address, endless redirects; and of urllib, what requests lets out.
    except (requests.RequestException, ValueError) as problem:
        raise _not_fetched(address, str(problem), max_bytes) from problem


def _drop_redirects_body(response: requests.Response, **settings: object) -> None:
    """Close an answer that only leads elsewhere: requests would read it, however long it is."""
    del settings
    if response.is_redirect:
        response.close()


def _content(response: requests.Response, max_bytes: int, stopped: threading.Event | None) -> bytes:
    total = total_of(response)
    if total is not None and total > max_bytes:
        raise Refused(f"it has {total} bytes")
    content = bytearray()
    for chunk in chunks_of(response, _SLOWEST_BYTES_PER_S, _SLOW_S):
        content += chunk
        if stopped is not None and stopped.is_set():
            raise Broken("it was stopped")
        if len(content) > max_bytes:
            raise Refused(f"more than {max_bytes} bytes came")
    if total is not None and len(content) != total:
        raise Broken(f"{len(content)} bytes came of {total}")
    return bytes(content)


def _check_way(address: str, response: requests.Response) -> None:
    """Refuse to be sent from an encrypted address to one that is not."""
    ways = {urlsplit(station.url).scheme for station in (*response.history, response)}
    if address.lower().startswith("https:") and ways != {"https"}:
        raise Refused("the server sends us on to an address that is not encrypted")


def _check_kind(address: str, response: requests.Response) -> None:
    """Refuse a camera's pictures without end, of which the first would be a part of a file."""
    if response.headers.get("Content-Type", "").lower().startswith("multipart/"):
        raise DownloadError(
            f"{shown_address(address)} is no picture, but a stream of pictures (MJPEG)",
            allowed="a picture's file, or a stream that is named as a camera",
            do=f"name it camera:{shown_address(address)}, with its password if it has one",
        )


def _not_fetched(address: str, reason: str, max_bytes: int) -> DownloadError:
    return DownloadError(
        f"no picture could be fetched from {shown_address(address)}: {without_secrets(reason)}",
        allowed=f"an address that answers with a picture's file of at most {max_bytes} bytes",
        do="check the address and the network; or fetch the file yourself and name its path",
    )
