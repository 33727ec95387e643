"""Fixtures for several files of tests: small disks, pictures made here and those users bring."""

import os
import signal
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

# The networks of tests are so small that threads would only wait for each other; on a busy
# machine the suite takes five times as long with them. Read when torch is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")


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


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard():
    """Hear Ctrl-C as a program started from a shell does; jobs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
