"""A network camera, spoken to as real ones are: RTSP, with the pictures in the same connection."""

import socket
import struct
import threading
from pathlib import Path

import av
import numpy as np
import pytest

from roadfcn.errors import VideoFileError
from roadfcn.prediction.outputs import Outputs
from roadfcn.prediction.predictor import Predictor
from roadfcn.prediction.source import Video
from roadfcn.prediction.videos import predict_video
from roadfcn.prediction.watching import Watching

# A transport stream in RTP: payload type 33 and a clock of 90 kHz (RFC 3551, section 5.7).
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=street\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 33\r\na=control:0\r\n"
)


class Camera(threading.Thread):
    """Answers one caller as RFC 2326 says, sends him a transport stream, and hangs up.

    `asked` has the first lines of all that he asked.
    """

    def __init__(self, content):
        super().__init__()
        self._content = content
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(30)
        self.address = f"rtsp://127.0.0.1:{self._server.getsockname()[1]}/street"
        self.asked = []

    def run(self):
        with self._server, self._server.accept()[0] as caller, caller.makefile("rwb") as line:
            while request := self._request(line):
                method, number = request
                line.write(self._answer(method, number).encode())
                line.flush()
                if method == "PLAY":
                    self._play(line)
                    return

    def _request(self, line):
        lines = []
        while (text := line.readline().decode().strip()) or not lines:
            if not text:
                return None
            lines.append(text)
        self.asked.append(lines[0])
        number = next(text for text in lines if text.lower().startswith("cseq"))
        return lines[0].split()[0], number

    def _answer(self, method, number):
        more = {
            "OPTIONS": "Public: OPTIONS, DESCRIBE, SETUP, PLAY\r\n\r\n",
            "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}",
            "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n\r\n",
            "PLAY": "Session: 1\r\n\r\n",
        }[method]
        return f"RTSP/1.0 200 OK\r\n{number}\r\n{more}"

    def _play(self, line):
        step = 7 * 188  # packets of a transport stream in one of RTP
        for number, place in enumerate(range(0, len(self._content), step)):
            payload = self._content[place : place + step]
            head = struct.pack(">BBHII", 0x80, 33, number, 0, 1)  # RFC 3550, section 5.1
            line.write(struct.pack(">cBH", b"$", 0, len(head) + len(payload)) + head + payload)
        line.flush()


@pytest.fixture
def camera(make_video, tmp_path):
    """Give a camera that sends three seconds."""
    red = np.zeros((32, 48, 3), np.uint8)
    red[:, :24, 0] = 255
    path = make_video(tmp_path / "sent.ts", [red] * 30, sound="aac")
    camera = Camera(path.read_bytes())
    camera.start()
    yield camera
    camera.join()


def test_a_network_stream_becomes_a_video_of_the_frames_that_were_seen(red_road, camera, tmp_path):
    records = []
    result = predict_video(
        Predictor(red_road),
        Video(camera.address, Path("street")),
        tmp_path,
        Outputs(),
        Watching(),
        records.append,
    )
    methods = [line.split()[0] for line in camera.asked]
    assert methods[:4] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]
    assert 1 <= result.frames == len(records) <= 30
    assert records[0].share == pytest.approx(0.5, abs=0.03)
    assert result.problem is None
    with av.open(str(tmp_path / "overlays" / "street.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        frames = list(container.decode(video=0))
    assert len(frames) == result.frames


def test_a_stream_that_nobody_sends_is_told_without_its_password(red_road, tmp_path):
    # Port 9 of this machine: nothing listens there.
    source = Video("rtsp://me:secret@127.0.0.1:9/street", Path("street"))
    with pytest.raises(VideoFileError, match="does not come") as caught:
        predict_video(
            Predictor(red_road), source, tmp_path / "out", Outputs(), Watching(), lambda _: None
        )
    assert caught.value.found.startswith("the stream rtsp://127.0.0.1:9/street does not come: ")
    assert not (tmp_path / "out").exists()
