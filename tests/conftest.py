"""Fixtures for tests in several folders: small disks, and real pictures that the user brings."""

import os
import subprocess
from pathlib import Path

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
