"""Cameras that are not there, and one that is: a server of motion JPEG on this machine."""

import socket
from pathlib import Path

import pytest

from roadfcn.errors import VideoFileError
from roadfcn.prediction.runs.live_sources import check_live
from roadfcn.prediction.sources.source import Picture, Video
from roadfcn.prediction.video.watching import Watching


@pytest.fixture
def dead():
    """Give a stream at a port where nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return Video(f"rtsp://127.0.0.1:{port}/street", Path("dead"))


@pytest.fixture
def alive(motion_jpeg):
    return Video(motion_jpeg, Path("alive"))


def test_a_stream_that_is_not_there_is_refused(dead):
    with pytest.raises(VideoFileError, match="refused"):
        check_live([dead], Watching())


def test_beside_files_and_live_cameras_it_waits_for_its_turn(dead, alive):
    check_live([dead, Picture(Path("a.png"), Path("a"))], Watching())
    check_live([dead, alive], Watching())
    check_live([], Watching())


def test_it_is_refused_before_a_model_is_converted(dead, tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from roadfcn.cli.app import app

    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))
    result = CliRunner().invoke(app, ["predict", dead.address, "--out", str(tmp_path / "out")])
    assert isinstance(result.exception, VideoFileError)
    assert "converting" not in result.output
    assert list(tmp_path.iterdir()) == []
