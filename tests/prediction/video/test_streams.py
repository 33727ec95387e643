"""Cameras that send MJPEG over HTTP, and servers that answer nothing.

Those that speak RTSP are in `test_network_streams`.
"""

import base64
import functools
import http.server
import io
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import DownloadError, VideoFileError
from roadfcn.prediction.sources.remote_pictures import fetch_picture
from roadfcn.prediction.video import streams as video_streams
from roadfcn.prediction.video.frames import VideoFrames
from roadfcn.prediction.video.streams import open_stream

RIGHT = "Basic " + base64.b64encode(b"me:s3cret").decode()


class _Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, pictures, goes_on, *args):
        self.pictures, self.goes_on = pictures, goes_on
        super().__init__(*args)

    def do_GET(self):
        if self.path == "/closed" and self.headers.get("Authorization") != RIGHT:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="cam"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/page":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")
        elif self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"file://{Path(__file__)}")
            self.end_headers()
        else:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
            self.end_headers()
            for number, picture in enumerate(self.pictures):
                if number == 10:
                    self.goes_on.wait(30)
                head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n"
                self.wfile.write(head.encode() + b"\r\n" + picture + b"\r\n")

    def log_message(self, *args):
        pass


@pytest.fixture
def goes_on():
    """Give what has the camera wait before its eleventh picture; it is set, so it does not."""
    event = threading.Event()
    event.set()
    return event


@pytest.fixture
def camera(monkeypatch, goes_on):
    """Give host and port of a camera that sends twelve pictures, ever brighter, and hangs up."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    pictures = []
    for value in range(20, 260, 20):
        buffer = io.BytesIO()
        Image.new("RGB", (48, 32), (value, 0, 0)).save(buffer, "JPEG", quality=95)
        pictures.append(buffer.getvalue())
    handler = functools.partial(_Handler, pictures, goes_on)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def refusal(address):
    with pytest.raises(VideoFileError) as caught, open_stream(address):
        pass
    assert "s3cret" not in str(caught.value)
    return caught.value


def test_a_cameras_mjpeg_gives_its_pictures_each_at_the_time_at_which_it_came(camera, goes_on):
    goes_on.clear()
    frames = []
    with VideoFrames(f"http://{camera}/video.mjpg") as stream:
        for frame in stream:
            frames.append(frame)
            if frame.index == 7:
                time.sleep(1)
                goes_on.set()
    reds = [int(frame.image[16, 24, 0]) for frame in frames]
    np.testing.assert_allclose(reds, range(20, 260, 20), atol=6)
    times = [frame.time for frame in frames]
    assert times[0] == 0
    assert times == sorted(set(times))
    assert times[10] - times[7] >= 1  # at 25 a second it would be 0.12
    assert stream.problem.found.startswith(f"the stream http://{camera}/video.mjpg ")


def test_a_camera_that_wants_a_password_gets_it_and_no_message_has_it(camera):
    with VideoFrames(f"http://me:s3cret@{camera}/closed") as stream:
        assert len(list(stream)) == 12
    assert f"the stream http://{camera}/closed " in stream.problem.found
    assert "s3cret" not in str(stream.problem)
    assert refusal(f"http://{camera}/closed").found.endswith("wants a name and password (401)")
    assert "not those in the address" in refusal(f"http://me:no@{camera}/closed").found


def test_what_is_no_stream_of_pictures_is_told(camera):
    problem = refusal(f"http://me:s3cret@{camera}/page")
    assert problem.found.startswith(f"the stream http://{camera}/page does not come: ")
    assert problem.allowed.startswith("a stream of MJPEG (multipart/x-mixed-replace)")


def test_a_camera_cannot_lead_to_a_file_of_this_machine(camera):
    assert "does not come" in refusal(f"http://{camera}/away").found


def test_a_stream_of_pictures_is_no_picture(camera):
    with pytest.raises(DownloadError, match="a stream of pictures") as caught:
        fetch_picture(f"http://me:s3cret@{camera}/video.mjpg")
    assert caught.value.do.startswith(f"name it camera:http://{camera}/video.mjpg, ")


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_server_that_answers_nothing_is_not_waited_for_for_ever(scheme, monkeypatch):
    monkeypatch.setattr(video_streams, "STREAM_TIMEOUT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        problem = refusal(f"{scheme}://me:s3cret@127.0.0.1:{server.getsockname()[1]}/street")
    assert problem.found.endswith("does not come: no pictures within 1 s")
    assert problem.allowed.endswith("whose first pictures come within 1 s")


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_server_that_hangs_up_at_once_is_told(scheme):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up():
            server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        problem = refusal(f"{scheme}://me:s3cret@127.0.0.1:{server.getsockname()[1]}/street")
        thread.join()
    assert "does not come: " in problem.found
    assert "not permitted" not in problem.found
