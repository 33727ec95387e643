"""Fixtures for several files of tests: small disks, pictures made here and those users bring."""

import contextlib
import functools
import http.server
import io
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

# The networks of tests are so small that threads would only wait for each other; on a busy
# machine the suite takes five times as long with them. Read when torch is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A run in one test would change for all tests after it how this process holds memory, and some of
# them measure that.
os.environ["ROADFCN_KEEP_FREED_MEMORY"] = "0"


def _real_folder(variable):
    if variable not in os.environ:
        pytest.skip(f"{variable} names no folder of real pictures")
    return Path(os.environ[variable])


@pytest.fixture
def camvid():
    return _real_folder("ROADFCN_CAMVID")


@pytest.fixture
def kitti_sample():
    return _real_folder("ROADFCN_KITTI_SAMPLE")


@pytest.fixture
def mount_tmpfs(tmp_path):
    """Give a function that mounts a small tmpfs, for tests that need a real full or frozen disk."""
    mounted = []

    def mount(options: str) -> Path:
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as problem:
            pytest.skip(f"no mount command: {problem}")
        if done.returncode:
            pytest.skip(f"no right to mount a tmpfs here: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def without_privileges(monkeypatch):
    """Give a function that runs the command line as someone whom the rights of files hold.

    An administrator reads and writes whatever they say, unless the capability to is given up.
    """
    words = []
    if os.geteuid() == 0:
        words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        if shutil.which("setpriv") is None:
            pytest.skip("no setpriv command")
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
            pytest.skip("no right to give up rights here")
    monkeypatch.setenv("COLUMNS", "120")

    def run(*given):
        command = [*words, sys.executable, "-m", "roadfcn", *map(str, given)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return run


def _png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.fixture
def png_file():
    """Give a function that builds a PNG byte by byte, so that Pillow reads what it did not write.

    `rows` are the bytes of each row without its filter.
    """

    def build(width, height, depth, colour_type, rows):
        header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n"
            + _png_chunk(b"IHDR", header)
            + _png_chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
            + _png_chunk(b"IEND", b"")
        )

    return build


@pytest.fixture
def noise():
    """Give a picture that compresses badly, so that its file is long enough to cut."""
    return np.random.default_rng(5).integers(0, 256, (24, 40, 3), np.uint8)


@pytest.fixture
def make_video():
    """Give a function that writes a tiny video of H,W,3 uint8 frames with PyAV.

    With `sound` it has a sine of 440 Hz in that coding; `times_ms` makes frames come irregularly.
    """

    def make(path, frames, *, rate=10, sound=None, times_ms=None, codec="libx264", **options):
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w", options=options) as output:
            height, width = frames[0].shape[:2]
            video = output.add_stream(codec, rate=rate, options={"crf": "1"})
            video.height, video.width, video.pix_fmt = height, width, "yuv420p"
            video.codec_context.time_base = Fraction(1, 1000 if times_ms else rate)
            audio = output.add_stream(sound, rate=48000) if sound else None
            for index, image in enumerate(frames):
                frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format="yuv420p")
                frame.pts = times_ms[index] if times_ms else index
                frame.time_base = video.codec_context.time_base
                output.mux(video.encode(frame))
            output.mux(video.encode(None))
            if audio is not None:
                wave = 0.3 * np.sin(
                    2 * np.pi * 440 * np.arange(48000 * len(frames) // rate) / 48000
                )
                for start in range(0, len(wave), 960):
                    piece = wave[None, start : start + 960].astype(np.float32)
                    heard = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
                    heard.sample_rate, heard.pts = 48000, start
                    output.mux(audio.encode(heard))
                output.mux(audio.encode(None))
        return path

    return make


@pytest.fixture
def grey_frames():
    """Give a function that makes even frames of these grey values."""

    def make(*values, size=(32, 48)):
        return [np.full((*size, 3), value, np.uint8) for value in values]

    return make


class _MotionJpeg(http.server.BaseHTTPRequestHandler):
    """Sends twenty pictures a second, until nobody listens any more."""

    def do_GET(self):
        content = io.BytesIO()
        Image.new("RGB", (32, 24), (90, 90, 90)).save(content, "JPEG")
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {content.tell()}\r\n\r\n"
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(head.encode() + content.getvalue() + b"\r\n")
                time.sleep(0.05)

    def log_message(self, *_words):
        pass


@pytest.fixture
def serving(monkeypatch):
    """Give a function that serves on this machine by a handler, and gives the address."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    servers = []

    def serve(handler):
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def web_folder(serving):
    """Give a function that serves a folder on this machine, and gives its address."""
    return lambda folder: serving(functools.partial(_QuietFiles, directory=str(folder)))


class _QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words):
        """Say nothing."""


@pytest.fixture
def motion_jpeg():
    """Give the http address of a camera that goes on for ever."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _MotionJpeg)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/live"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard():
    """Hear Ctrl-C as a program started from a shell does; jobs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
