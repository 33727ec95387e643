"""Folders of real pictures, for the tests that want some; they come from the user, never from us."""

import os
from pathlib import Path

import pytest


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
