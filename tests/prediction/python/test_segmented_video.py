import gc
import threading
from pathlib import Path

import numpy as np
import pytest

from roadfcn import Segmenter
from roadfcn.errors import ConfigError, LabelSetError, VideoFileError
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.python import segmenter as segmenter_module
from roadfcn.prediction.python.segmented_video import named_video
from roadfcn.prediction.runs import videos as videos_module
from roadfcn.prediction.video.frames import VideoFrames


@pytest.fixture
def segmenter(red_road):
    """Give a segmenter for which red is road."""
    return Segmenter(Predictor(red_road))


@pytest.fixture
def make_red(make_video, tmp_path):
    """Give a function that writes a video whose frames are red in their left part, so wide."""

    def make(*shares, name="drive.mp4", **options):
        frames = []
        for share in shares:
            frame = np.zeros((32, 48, 3), np.uint8)
            frame[:, : round(48 * share), 0] = 255
            frames.append(frame)
        return make_video(tmp_path / name, frames, **options)

    return make


def is_open(path):
    """Tell whether this process has a file open."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not tell which files are open")
    return any(link.is_symlink() and link.readlink() == path for link in folder.iterdir())


def test_frames_come_with_their_place_time_and_answer(segmenter, make_red):
    path = make_red(0.25, 0.5, 0.75, times_ms=[0, 40, 900], name="drive.mkv")
    found = list(segmenter.video(path))
    assert [(one.frame, one.time_s) for one in found] == [(0, 0), (1, 0.04), (2, 0.9)]
    assert [one.share("road") for one in found] == pytest.approx([0.25, 0.5, 0.75], abs=0.03)
    assert found[0].image.shape == (32, 48, 3)
    np.testing.assert_allclose(found[0].probabilities.sum(axis=0), 1, atol=1e-5)
    assert repr(found[1]) == "<Segmentation of frame 1 of 32 x 48 pixels: background, road>"


def test_every_nth_frame_of_the_first_seconds_is_taken(segmenter, make_red):
    path = make_red(*[0.5] * 12)
    found = segmenter.video(str(path), every=3, seconds=0.8)
    assert [one.frame for one in found] == [0, 3, 6]


def test_smoothed_answers_stay_when_the_next_one_comes(segmenter, make_red):
    found = list(segmenter.video(make_red(1, 0, 1), smooth=0.75))
    road = [float(one.probability("road").mean()) for one in found]
    plain = [float(one.probability("road").mean()) for one in segmenter.video(make_red(1, 0, 1))]
    # p_0 = x_0, p_t = 0.75 p_(t-1) + 0.25 x_t
    second = 0.75 * plain[0] + 0.25 * plain[1]
    assert road == pytest.approx([plain[0], second, 0.75 * second + 0.25 * plain[2]], abs=1e-5)
    assert [one.share("road") for one in found] == [1, 1, 1]


def test_of_large_frames_labels_are_kept_and_one_probability(segmenter, make_red, monkeypatch):
    monkeypatch.setattr(segmenter_module, "_KEPT_BYTES", 4 * 2 * 32 * 48 - 1)
    (found,) = segmenter.video(make_red(0.5), probability_of="road")
    assert found.probabilities is None
    assert found.probability("road").mean() == pytest.approx(0.5, abs=0.05)
    assert found.share("road") == pytest.approx(0.5, abs=0.03)


def test_few_frames_are_decoded_before_they_are_wanted(segmenter, make_red, monkeypatch):
    decoded = []

    class Counted(VideoFrames):
        def __iter__(self):
            for frame in super().__iter__():
                decoded.append(frame.index)
                yield frame

    monkeypatch.setattr(videos_module, "VideoFrames", Counted)
    with_next = segmenter.video(make_red(*[0.5] * 60))
    for _ in range(3):
        next(with_next)
    with_next.close()
    assert 3 <= len(decoded) <= 8


def test_a_loop_that_is_left_closes_the_video(segmenter, make_red):
    path = make_red(*[0.5] * 30)
    threads = threading.active_count()
    for _ in segmenter.video(path):
        assert is_open(path)
        break
    gc.collect()
    assert not is_open(path)
    assert threading.active_count() == threads


def test_nothing_is_opened_before_the_first_frame_is_wanted(segmenter, make_red):
    path = make_red(0.5)
    frames = segmenter.video(path)
    assert not is_open(path)
    assert len(list(frames)) == 1
    assert not is_open(path)


def test_a_video_that_breaks_off_gives_its_frames_and_then_says_so(segmenter, make_red):
    path = make_red(*[0.5] * 60, movflags="faststart", name="drive.mp4")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 400])
    found = []
    with pytest.raises(VideoFileError, match="breaks off"):
        found.extend(segmenter.video(path))
    assert 1 <= len(found) < 60


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"every": 0}, ConfigError, "every 0th frame"),
        ({"seconds": 0}, ConfigError, "0 seconds of a video"),
        ({"smooth": 1}, ConfigError, "smoothing is 1"),
        ({"probability_of": "sky"}, LabelSetError, "sky"),
    ],
)
def test_what_makes_no_sense_is_told_at_once(segmenter, options, error, words):
    with pytest.raises(error, match=words):
        segmenter.video("no.mp4", **options)


def test_a_missing_video_is_told(segmenter, tmp_path):
    with pytest.raises(VideoFileError, match="there is no video"):
        next(segmenter.video(tmp_path / "no.mp4"))


def test_cameras_streams_and_files_are_known_by_their_form():
    assert named_video(1).address == named_video("camera:1").address == 1
    assert named_video("rtsp://cam.local/street").address == "rtsp://cam.local/street"
    assert named_video("drive.mp4").address == Path("drive.mp4")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("https://me:secret@a.org/x.mp4", "a video was given as https://a.org/x.mp4"),
        (True, "a video was given as True"),
        (None, "a video was given as None"),
    ],
)
def test_what_is_no_video_is_refused(name, words):
    with pytest.raises(VideoFileError) as caught:
        named_video(name)
    assert caught.value.found == words
    assert "an rtsp:// address" in caught.value.allowed
