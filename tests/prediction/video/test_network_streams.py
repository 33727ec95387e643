"""A network camera, spoken to as real ones are: RTSP, over TCP and UDP, well and badly behaved."""

import base64
import re
import socket
import struct
import threading
from pathlib import Path

import av
import numpy as np
import pytest

from roadfcn.errors import VideoFileError
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.runs.videos import predict_video
from roadfcn.prediction.sources.source import Video
from roadfcn.prediction.video import streams as video_streams
from roadfcn.prediction.video.frames import VideoFrames
from roadfcn.prediction.video.watching import Watching

# A transport stream in RTP: payload type 33 and a clock of 90 kHz (RFC 3551, section 5.7).
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=street\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 33\r\na=control:0\r\n"
    "m=audio 0 RTP/AVP 8\r\na=control:1\r\n"
)


class Camera(threading.Thread):
    """Answers one caller as RFC 2326 says, sends him a transport stream, and hangs up.

    `asked` has the first lines of all that he asked. With `udp` it refuses to send within the
    connection, with `right` it wants this name and password, with `quiet` it goes silent and hangs
    up when that is set; its answer to DESCRIBE can be `described`.
    """

    def __init__(self, content, *, udp=False, right=None, quiet=None, described="200 OK"):
        super().__init__()
        self._content, self._udp, self._right = content, udp, right
        self._quiet, self._described = quiet, described
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(30)
        self.place = f"127.0.0.1:{self._server.getsockname()[1]}/street"
        self.address = f"rtsp://{self.place}"
        self.asked = []
        self._to = None

    def run(self):
        with self._server, self._server.accept()[0] as caller, caller.makefile("rwb") as line:
            while request := self._request(line):
                line.write(self._answer(*request).encode())
                line.flush()
                if request[0] == "PLAY":
                    self._play(line)
                    if self._quiet is not None:
                        self._quiet.wait(30)
                    return

    def _request(self, line):
        lines = []
        while (text := line.readline().decode().strip()) or not lines:
            if not text:
                return None
            lines.append(text)
        self.asked.append(lines[0])
        heads = {name.lower(): value for name, _, value in (text.partition(": ") for text in lines)}
        return lines[0].split()[0], heads

    def _answer(self, method, heads):
        status, more = "200 OK", "Session: 1\r\n\r\n"
        if method == "OPTIONS":
            more = "Public: OPTIONS, DESCRIBE, SETUP, PLAY\r\n\r\n"
        elif method == "DESCRIBE":
            status = self._described
            more = f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}"
            if self._right and heads.get("authorization") != self._key():
                status, more = "401 Unauthorized", 'WWW-Authenticate: Basic realm="cam"\r\n\r\n'
        elif method == "SETUP":
            ports = re.search(r"client_port=(\d+)-(\d+)", heads["transport"])
            if self._udp and ports is None:
                status = "461 Unsupported Transport"
            way = "RTP/AVP/TCP;unicast;interleaved=0-1"
            if ports is not None:
                self._to = ("127.0.0.1", int(ports[1]))
                way = f"RTP/AVP;unicast;{ports[0]};server_port=9-9"
            more = f"Transport: {way}\r\nSession: 1\r\n\r\n"
        return f"RTSP/1.0 {status}\r\nCSeq: {heads['cseq']}\r\n{more}"

    def _key(self):
        return "Basic " + base64.b64encode(self._right.encode()).decode()

    def _play(self, line):
        step = 7 * 188  # packets of a transport stream in one of RTP
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for number, place in enumerate(range(0, len(self._content), step)):
                head = struct.pack(">BBHII", 0x80, 33, number, 0, 1)  # RFC 3550, section 5.1
                packet = head + self._content[place : place + step]
                if self._to is None:
                    line.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                else:
                    udp.sendto(packet, self._to)
        line.flush()


@pytest.fixture
def make_camera(make_video, tmp_path):
    """Give a function that makes a camera that sends three seconds."""
    red = np.zeros((32, 48, 3), np.uint8)
    red[:, :24, 0] = 255
    path = make_video(tmp_path / "sent.ts", [red] * 30, sound="aac")
    cameras = []

    def make(**options):
        cameras.append(Camera(path.read_bytes(), **options))
        cameras[-1].start()
        return cameras[-1]

    yield make
    for camera in cameras:
        camera.join()


def refusal(address):
    with pytest.raises(VideoFileError) as caught:
        VideoFrames(address)
    return caught.value


def test_a_network_stream_becomes_a_video_of_the_frames_that_were_seen(
    red_road, make_camera, tmp_path
):
    records = []
    camera = make_camera()
    result = predict_video(
        Predictor(red_road),
        Video(camera.address, Path("street")),
        tmp_path,
        Outputs(),
        Watching(),
        records.append,
    )
    methods = [line.split()[0] for line in camera.asked]
    assert methods[:4] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]  # one SETUP: without sound
    assert 1 <= result.frames == len(records) <= 30
    assert records[0].share == pytest.approx(0.5, abs=0.03)
    with av.open(str(tmp_path / "overlays" / "street.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        frames = list(container.decode(video=0))
    assert len(frames) == result.frames


def test_a_stream_that_ends_though_nobody_stopped_it_is_told(make_camera):
    camera = make_camera()
    with VideoFrames(camera.address) as frames:
        count = len(list(frames))
    assert 1 <= count <= 30
    assert frames.problem.found == f"the stream {camera.address} ended, after {count} frames"
    assert frames.problem.do.endswith("what came before is kept")


def test_a_stream_that_was_wanted_for_some_time_ends_well(make_camera):
    with VideoFrames(make_camera().address, seconds=0.5) as frames:
        assert len(list(frames)) == 5
    assert frames.problem is None


def test_a_stream_that_goes_silent_is_told_so(make_camera, monkeypatch):
    monkeypatch.setattr(video_streams, "STREAM_TIMEOUT_S", 2.0)
    quiet = threading.Event()
    camera = make_camera(quiet=quiet)
    try:
        with VideoFrames(camera.address) as frames:
            count = len(list(frames))
    finally:
        quiet.set()
    assert 1 <= count <= 30
    assert frames.problem.found.endswith(f"street went silent for 2 s, after {count} frames")


def test_a_camera_that_knows_udp_alone_is_seen_too(make_camera):
    camera = make_camera(udp=True)
    with VideoFrames(camera.address) as frames:
        assert 1 <= len(list(frames)) <= 30
    methods = [line.split()[0] for line in camera.asked]
    assert methods[:5] == ["OPTIONS", "DESCRIBE", "SETUP", "SETUP", "PLAY"]


def test_a_password_opens_a_stream_and_a_wrong_one_is_not_told(make_camera):
    camera = make_camera(right="me:a/b@c")
    with VideoFrames(f"rtsp://me:a%2Fb%40c@{camera.place}") as frames:
        assert len(list(frames)) > 0
    assert "a/b@c" not in str(frames.problem)
    camera = make_camera(right="me:right")
    problem = refusal(f"rtsp://me:wr0ng@{camera.place}")
    assert "wants a name and password, and not those in the address (401)" in problem.found
    assert "wr0ng" not in str(problem)
    camera = make_camera(right="me:right")
    assert refusal(camera.address).found.endswith("wants a name and password (401)")


def test_a_path_that_a_camera_does_not_have_is_told(make_camera):
    camera = make_camera(described="404 Not Found")
    assert refusal(camera.address).found == (
        f"the stream {camera.address} does not come: the camera answers, but has no such path (404)"
    )


def test_a_stream_that_nobody_sends_is_told_without_its_password(red_road, tmp_path):
    # Port 9 of this machine: nothing listens there.
    source = Video("rtsp://me:secret@127.0.0.1:9/street", Path("street"))
    with pytest.raises(VideoFileError, match="does not come") as caught:
        predict_video(
            Predictor(red_road), source, tmp_path / "out", Outputs(), Watching(), lambda _: None
        )
    assert caught.value.found.startswith("the stream rtsp://127.0.0.1:9/street does not come: ")
    assert not (tmp_path / "out").exists()
