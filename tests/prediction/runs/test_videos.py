import signal
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import CalibrationError, OutputError, VideoFileError
from roadfcn.kitti.calibration import Calibration
from roadfcn.label_sets import ROAD
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.results.birds_eye_inset import BirdsEyeInset
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.runs import videos as module
from roadfcn.prediction.runs.videos import predict_video
from roadfcn.prediction.sources.source import Video
from roadfcn.prediction.video.watching import Watching


@pytest.fixture
def predict(red_road, tmp_path):
    """Give a function that predicts a video into `out`, and gives what came and all records."""

    def run(path, *, watching=None, done=None, stem="sub/v", **outputs):
        records = []

        def note(record):
            records.append(record)
            if done is not None:
                done(record)

        result = predict_video(
            Predictor(red_road),
            Video(path, Path(stem)),
            tmp_path / "out",
            Outputs(**outputs),
            watching or Watching(),
            note,
        )
        return result, records

    return run


def red_halves(*shares, size=(32, 48)):
    """Give frames whose left part, so wide, is red, and the rest black."""
    frames = []
    for share in shares:
        frame = np.zeros((*size, 3), np.uint8)
        frame[:, : round(share * size[1]), 0] = 255
        frames.append(frame)
    return frames


def written(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_video_becomes_an_overlaid_video_with_its_sound(make_video, predict, tmp_path):
    path = make_video(tmp_path / "a.mov", red_halves(0.5, 0.5, 0.75), sound="aac")
    result, records = predict(path)
    assert written(tmp_path / "out") == ["overlays/sub/v.mp4"]
    assert (result.frames, result.problem) == (3, None)
    assert [record.name for record in records] == [f"sub/v/{number:06d}" for number in range(3)]
    assert [record.time_s for record in records] == [0, 0.1, 0.2]
    np.testing.assert_allclose([record.share for record in records], [0.5, 0.5, 0.75], atol=0.03)
    # A quarter of the pixels changes in the second of two steps.
    assert result.flicker == pytest.approx(0.125, abs=0.02)
    with av.open(str(tmp_path / "out" / "overlays" / "sub" / "v.mp4")) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
        image = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    expected = (np.array([255, 0, 0]) + ROAD.colours[1]) / 2
    np.testing.assert_allclose(image[16, 8], expected, atol=12)
    np.testing.assert_allclose(image[16, 40], 0, atol=12)


def test_frames_are_written_as_pictures_on_demand(make_video, predict, tmp_path):
    path = make_video(tmp_path / "a.mp4", red_halves(*[0.5] * 5), sound="aac")
    result, _ = predict(path, frames=True, probability_of="road", watching=Watching(every=2))
    assert result.frames == 3
    assert written(tmp_path / "out") == [
        f"{kind}/sub/v/{number:06d}.png"
        for kind in ("labels", "overlays", "probabilities")
        for number in (0, 2, 4)
    ]
    labels = np.array(Image.open(tmp_path / "out" / "labels" / "sub" / "v" / "000002.png"))
    assert (labels[:, :22] == 1).all()
    assert (labels[:, 26:] == 0).all()


def test_smoothing_is_measured_against_the_labels_without_it(make_video, predict, tmp_path):
    path = make_video(tmp_path / "a.mp4", red_halves(1, 1, 1, 0, 1, 1))
    result, records = predict(path, watching=Watching(smooth=0.8))
    assert result.flicker_before == pytest.approx(2 / 5, abs=0.01)
    assert result.flicker == 0
    assert [round(record.share) for record in records] == [1] * 6


def test_frames_of_odd_sizes_go_through(make_video, predict, tmp_path):
    frames = red_halves(0.5, 0.5, 0.5, size=(33, 47))
    path = make_video(tmp_path / "a.mkv", frames, codec="ffv1")
    _, records = predict(path)
    assert [(record.height, record.width) for record in records] == [(33, 47)] * 3
    with av.open(str(tmp_path / "out" / "overlays" / "sub" / "v.mp4")) as container:
        images = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert [image.shape for image in images] == [(34, 48, 3)] * 3
    # What was added is like what was last.
    np.testing.assert_allclose(images[0][33].astype(int), images[0][32], atol=12)
    np.testing.assert_allclose(images[0][:, 47].astype(int), images[0][:, 46], atol=12)


def test_frames_that_come_irregularly_keep_their_times(make_video, predict, tmp_path):
    path = make_video(tmp_path / "a.mkv", red_halves(0.5, 0.5, 0.5), times_ms=[0, 70, 900])
    predict(path)
    with av.open(str(tmp_path / "out" / "overlays" / "sub" / "v.mp4")) as container:
        times = [round(1000 * frame.time) for frame in container.decode(video=0)]
    assert times == [0, 70, 900]


def test_a_broken_tail_keeps_what_was_decoded_and_is_told(make_video, predict, noise, tmp_path):
    frames = [np.roll(noise, shift, axis=1) for shift in range(12)]
    path = make_video(tmp_path / "a.mp4", frames, movflags="faststart")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    result, records = predict(path)
    assert 1 <= result.frames == len(records) < 12
    assert "breaks off" in result.problem.found
    with av.open(str(tmp_path / "out" / "overlays" / "sub" / "v.mp4")) as container:
        assert len(list(container.decode(video=0))) == result.frames


def test_a_video_without_frames_is_an_error_and_leaves_nothing(make_video, predict, tmp_path):
    path = make_video(tmp_path / "a.mp4", red_halves(0.5), movflags="faststart")
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])
    with pytest.raises(VideoFileError, match=r"a\.mp4 has no frames"):
        predict(path)
    assert not (tmp_path / "out").exists()


def test_a_calibration_of_another_camera_is_refused_before_anything_is_written(
    make_video, predict, tmp_path
):
    p2 = np.array([[720.0, 0, 621, 0], [0, 720, 173, 0], [0, 0, 1, 0]])
    to_road = np.eye(3, 4)
    to_road[1, 3] = -1.6
    inset = BirdsEyeInset(Calibration(p2, np.eye(3), to_road))
    path = make_video(tmp_path / "a.mp4", red_halves(0.5))
    with pytest.raises(CalibrationError):
        predict(path, inset=inset)
    assert not (tmp_path / "out").exists()


def test_ctrl_c_in_a_file_leaves_nothing(make_video, predict, tmp_path):
    path = make_video(tmp_path / "a.mp4", red_halves(*[0.5] * 8))

    def interrupt(record):
        if record.name.endswith("2"):
            signal.raise_signal(signal.SIGINT)

    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        predict(path, done=interrupt)
    assert written(tmp_path / "out") == []
    assert threading.active_count() == threads


def test_ctrl_c_ends_a_camera_and_what_came_is_a_whole_video(
    make_video, predict, tmp_path, monkeypatch
):
    played = make_video(tmp_path / "camera.avi", red_halves(*[0.5] * 200), codec="mpeg4")
    opened = module.CameraFrames
    # OpenCV plays a file as it would a camera.
    monkeypatch.setattr(module, "CameraFrames", lambda _, **options: opened(str(played), **options))

    def interrupt(record):
        if record.name.endswith("000000"):
            time.sleep(0.5)  # so that others are written before it
            signal.raise_signal(signal.SIGINT)

    result, records = predict(0, done=interrupt, stem="camera-0")
    assert result.frames == len(records) < 10
    names = [record.name for record in records]
    assert names == sorted(set(names))
    with av.open(str(tmp_path / "out" / "overlays" / "camera-0.mp4")) as container:
        assert len(list(container.decode(video=0))) == result.frames


def test_a_full_disk_ends_it_with_nothing_half_written(make_video, predict, mount_tmpfs, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (12, 128, 160, 3), np.uint8)
    path = make_video(tmp_path / "a.mp4", list(noise))
    disk = mount_tmpfs("size=64k")
    (tmp_path / "out").symlink_to(disk)
    with pytest.raises(OutputError, match="the disk is full"):
        predict(path)
    assert written(disk) == []
