import itertools

import numpy as np
import pytest

from roadfcn.errors import VideoFileError
from roadfcn.prediction.video.camera import CameraFrames


@pytest.fixture
def plugged_in(make_video, tmp_path):
    """Give a file that OpenCV plays as it would a camera: red frames."""
    red = np.zeros((32, 48, 3), np.uint8)
    red[..., 0] = 250
    return str(make_video(tmp_path / "camera.avi", [red] * 6, codec="mpeg4"))


def test_a_camera_that_is_not_there_is_told(capfd):
    with pytest.raises(VideoFileError, match="there is no camera 97") as caught:
        CameraFrames(97)
    assert caught.value.allowed == "the number of a camera: camera:0 for the first"
    assert capfd.readouterr().err == ""


def test_frames_come_in_rgb_with_the_time_at_which_they_came(plugged_in):
    with CameraFrames(plugged_in) as camera:
        frames = list(itertools.islice(camera, 4))
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    times = [frame.time for frame in frames]
    assert times == sorted(times)
    assert 0 <= times[0] < 5
    assert frames[0].image[8, 8, 0] > 200 > 50 > frames[0].image[8, 8, 2]


def test_a_camera_that_is_unplugged_says_so_after_what_came(plugged_in):
    with CameraFrames(plugged_in, every=2) as camera:
        assert camera.rate == 5
        assert [frame.index for frame in camera] == [0, 2, 4]
    assert camera.problem.found.endswith("gives no more pictures, after 6")
    assert camera.problem.do == "check its cable; what came before is kept"


def test_a_camera_stops_when_its_time_is_over(plugged_in):
    with CameraFrames(plugged_in, seconds=0) as camera:
        assert len(list(camera)) == 1
    assert camera.problem is None
