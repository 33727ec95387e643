"""A site on this machine that behaves as badly as told, and files that it may have."""

import functools
import hashlib
import http.server
import io
import random
import re
import threading
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest

from roadfcn.downloads.known_file import KnownFile, Licence
from roadfcn.downloads.transfer import Patience

IMPATIENT = Patience(connect_s=2.0, read_s=0.3, tries=3, first_wait_s=0.01)
CONTENT = b"\x0a\x05VGG16" + random.Random(4).randbytes(300_000)


class Site:
    """Answers each request by the next of its `answers`, the last one again and again."""

    def __init__(self, server):
        self.answers, self.requests = [], []
        self.released = threading.Event()
        self.address = f"http://127.0.0.1:{server.server_port}"

    def ranges(self):
        return [headers.get("Range") for _, headers in self.requests]


class _Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, site, *args):
        self.site = site
        super().__init__(*args)

    def do_GET(self):
        number = len(self.site.requests)
        self.site.requests.append((self.path, dict(self.headers)))
        self.site.answers[min(number, len(self.site.answers) - 1)](self)

    def log_message(self, *args):
        pass


def start_site(context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.daemon_threads = True
    site = Site(server)
    server.RequestHandlerClass = functools.partial(_Handler, site)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def stop():
        site.released.set()
        server.shutdown()
        server.server_close()

    return site, stop


@pytest.fixture
def site():
    made, stop = start_site()
    yield made
    stop()


@pytest.fixture(autouse=True)
def _no_other_network(monkeypatch, tmp_path):
    """Keep the proxies and the cache of whoever runs the tests out of them."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def cache(tmp_path):
    """Give the folder in which fetched files lie."""
    return tmp_path / "cache" / "downloads"


def answer(status, body=b"", headers=None):
    """Make an answer that is sent as it is."""

    def send(handler):
        handler.send_response(status)
        for name, value in {"Content-Length": len(body), **(headers or {})}.items():
            if value is not None:
                handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def serve(content=CONTENT, *, etag='"one"', ranges=True, cut=None, stall=False, headers=None):
    """Make an answer of a web server with this file.

    Args:
        content: The file.
        etag: Its mark; None for none.
        ranges: Whether parts can be asked for.
        cut: How many bytes to send before the connection ends or stalls.
        stall: Send nothing more after `cut`, and keep the connection until the test releases it.
        headers: More of them, or others.
    """

    def send(handler):
        first = _first_byte(handler.headers, etag) if ranges else 0
        if first >= len(content):
            answer(416, headers={"Content-Range": f"bytes */{len(content)}"})(handler)
            return
        body = content[first:]
        handler.send_response(206 if first else 200)
        told = {"Content-Length": len(body), "ETag": etag}
        if first:
            told["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        for name, value in {**told, **(headers or {})}.items():
            if value is not None:
                handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(body[:cut])
        handler.wfile.flush()
        if stall:
            handler.site.released.wait(10)
            if cut is not None:
                handler.wfile.write(body[cut:])

    return send


def _first_byte(headers, etag):
    """Do as RFC 9110, 13.1.5 says: a range counts only for the version that was meant."""
    asked = re.fullmatch(r"bytes=(\d+)-", headers.get("Range", ""))
    same = headers.get("If-Range") in (None, etag)
    return int(asked[1]) if asked and same else 0


@pytest.fixture
def web():
    """Give what makes answers, and the usual file and patience."""
    return SimpleNamespace(
        serve=serve,
        answer=answer,
        content=CONTENT,
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        patience=IMPATIENT,
        start=start_site,
    )


@pytest.fixture
def known(site):
    """Give a caffemodel on the site, of which nothing but the address is known."""
    return KnownFile(
        name="vgg",
        summary="a test",
        address=f"{site.address}/models/net.caffemodel",
        file_name="net.caffemodel",
        kind="caffemodel",
        licence=Licence("CC0", "https://example.org/about"),
    )


@pytest.fixture
def known_zip(known, site):
    """Give an archive on the site: a folder `vgg` with two files."""
    return replace(
        known,
        address=f"{site.address}/vgg.zip",
        file_name="vgg.zip",
        kind="zip",
        holds=("saved_model.pb", "variables"),
    )


@pytest.fixture
def make_zip():
    """Give a function that makes a zip of {name: bytes}."""

    def make(members, **settings):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", **settings) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    return make


@pytest.fixture
def vgg_zip(make_zip):
    return make_zip({"vgg/saved_model.pb": b"graph", "vgg/variables/variables.index": b"index"})
