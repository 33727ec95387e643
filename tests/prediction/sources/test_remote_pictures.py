"""Pictures from a site on this machine, which behaves as badly as told."""

import contextlib
import functools
import http.server
import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import DownloadError, ImageFileError
from roadfcn.prediction.sources import remote_pictures
from roadfcn.prediction.sources.pictures import open_picture
from roadfcn.prediction.sources.remote_pictures import fetch_picture


class _Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, answer, *args):
        self.answer = answer
        super().__init__(*args)

    def do_GET(self):
        self.answer(self)

    def log_message(self, *args):
        pass


@pytest.fixture
def site(serving):
    """Give a function that starts a site with one answer, and gives its address."""
    return lambda answer: f"{serving(functools.partial(_Handler, answer))}/street.png"


def answering(content, status=200, **headers):
    def answer(handler):
        handler.send_response(status)
        for name, value in {"Content_Length": len(content), **headers}.items():
            if value is not None:
                handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def test_a_picture_comes_from_an_address(site, noise):
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    address = site(answering(buffer.getvalue()))
    np.testing.assert_array_equal(open_picture(address), noise)


def test_what_is_no_picture_is_told_by_its_address(site):
    address = site(answering(b"<html>hello</html>"))
    with pytest.raises(ImageFileError, match=f"{address} cannot be read as a picture"):
        open_picture(address)
    address = site(answering(b""))
    with pytest.raises(ImageFileError, match=f"{address} is empty"):
        open_picture(address)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (answering(b"", 404), "the server answered 404 Not Found"),
        (answering(b"", 503), "the server answered 503 Service Unavailable"),
        (answering(b"x" * 101), "it has 101 bytes"),
        (answering(b"x" * 101, Content_Length=None), "more than 100 bytes came"),
        (answering(b"x" * 9, Content_Length=10), "the connection broke off|9 bytes came of 10"),
        (answering(b"x", Content_Encoding="gzip"), r"the server packs the file \(gzip\)"),
        (answering(b"", 302, Location="http://["), "street.png: "),
        (answering(b"", 302, Location="/street.png"), "Exceeded 30 redirects"),
    ],
    ids=["404", "503", "large", "endless", "cut", "packed", "nowhere", "circle"],
)
def test_answers_that_bring_no_picture_are_told(site, answer, words):
    address = site(answer)
    with pytest.raises(DownloadError, match=words) as told:
        fetch_picture(address, max_bytes=100)
    assert told.value.found.startswith(f"no picture could be fetched from {address}: ")
    assert "at most 100 bytes" in told.value.allowed


def test_no_server_and_silence_are_told(site, monkeypatch):
    server = http.server.HTTPServer(("127.0.0.1", 0), _Handler)
    server.server_close()
    with pytest.raises(DownloadError, match="no connection"):
        fetch_picture(f"http://127.0.0.1:{server.server_port}/x.png")

    monkeypatch.setattr(remote_pictures, "_READ_S", 0.2)
    released = threading.Event()
    address = site(lambda handler: released.wait(10))
    with pytest.raises(DownloadError, match="nothing came for too long"):
        fetch_picture(address)
    released.set()


def test_a_video_at_an_address_is_told_and_not_fetched(site):
    address = site(answering(b"a video"))
    with pytest.raises(DownloadError, match=r"drive\.MP4 is named as a video is") as caught:
        fetch_picture(f"{address}/drive.MP4?token=secret")
    assert "secret" not in str(caught.value)
    assert caught.value.do == "download the video, and name its path"


def test_an_impossible_address_is_told():
    with pytest.raises(DownloadError, match="no picture could be fetched from http://"):
        fetch_picture("http://")


def test_no_password_is_told(site):
    address = site(answering(b"", 404)).replace("//", "//me:s3cret@") + "?key=t0ken"
    with pytest.raises(DownloadError) as told:
        fetch_picture(address)
    assert "/street.png: the server answered 404" in told.value.found
    far = "http://you:s3cret@h:no/x?key=t0ken"
    with pytest.raises(DownloadError) as sent_on:
        fetch_picture(site(answering(b"", 302, Location=far)))
    with pytest.raises(ImageFileError) as no_picture:
        open_picture(site(answering(b"x")).replace("//", "//me:s3cret@") + "?key=t0ken")
    for caught in (told, sent_on, no_picture):
        assert "s3cret" not in str(caught.value)
        assert "t0ken" not in str(caught.value)


def test_a_picture_that_is_not_wanted_any_more_is_not_waited_for(site):
    """At a few bytes in a tenth of a second the rest would take a minute."""
    begun, stopped = threading.Event(), threading.Event()

    def slow(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(600):
                handler.wfile.write(bytes(160))
                begun.set()
                time.sleep(0.1)

    address = site(slow)
    with ThreadPoolExecutor(1) as pool:
        fetched = pool.submit(fetch_picture, address, stopped=stopped)
        assert begun.wait(10)
        stopped.set()
        with pytest.raises(DownloadError, match="it was stopped"):
            fetched.result(timeout=10)
