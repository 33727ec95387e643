"""How many pictures and frames are coming, counted by hand."""

from pathlib import Path

import pytest

from roadfcn.prediction.runs.expected_pictures import expected_pictures
from roadfcn.prediction.sources.source import Picture, Video
from roadfcn.prediction.video.watching import Watching

PICTURES = [Picture(Path("a.png"), Path("a")), Picture(Path("b.png"), Path("b"))]


@pytest.mark.parametrize(
    ("every", "seconds", "frames"), [(1, None, 10), (3, None, 4), (1, 0.5, 5), (1, 0.05, 1)]
)
def test_a_video_counts_by_the_frames_that_are_taken_of_it(
    make_video, grey_frames, tmp_path, every, seconds, frames
):
    make_video(tmp_path / "a.mp4", grey_frames(*range(10)), rate=10)
    video = Video(tmp_path / "a.mp4", Path("a"))
    assert expected_pictures([*PICTURES, video], Watching(every, seconds)) == 2 + frames


def test_nobody_knows_how_much_a_camera_will_give():
    assert expected_pictures([*PICTURES, Video(0, Path("camera-0"))], Watching()) is None


def test_a_video_that_cannot_be_opened_gives_nothing(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    video = Video(tmp_path / "a.mp4", Path("a"))
    assert expected_pictures([*PICTURES, video], Watching()) == 2
