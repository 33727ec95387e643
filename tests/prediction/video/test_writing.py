import contextlib
from fractions import Fraction

import av
import numpy as np
import pytest

from roadfcn.errors import OutputError, VideoFileError
from roadfcn.prediction.video.writing import video_output

TENTH = Fraction(1, 10)


def write(path, images, *, times=None, end=None, **options):
    options = {"rate": Fraction(10), "time_base": Fraction(1, 1000), **options}
    times = times or [index * TENTH for index in range(len(images))]
    with video_output(path, images[0].shape[:2], **options) as writer:
        for image, time in zip(images, times, strict=True):
            writer.write(image, time)
        writer.finish(times[-1] + TENTH if end is None else end)
    return path


def write_all(path, images, **options):
    """Write frames of 128 x 160 as they come, ten a second."""
    options = {"rate": Fraction(10), "time_base": Fraction(1, 1000), **options}
    with video_output(path, (128, 160), **options) as writer:
        for index, image in enumerate(images):
            writer.write(image, index * TENTH)


def read(path):
    """Read a video back with PyAV alone: frames as RGB, times in ms, and its streams."""
    with av.open(str(path)) as container:
        facts = [
            (stream.type, stream.codec_context.name, float(stream.duration * stream.time_base))
            for stream in container.streams
        ]
        frames = list(container.decode(video=0))
        times = [round(1000 * frame.time) for frame in frames]
        return [frame.to_ndarray(format="rgb24") for frame in frames], times, facts


def test_a_video_is_h264_with_its_frames_and_times(grey_frames, tmp_path):
    path = write(tmp_path / "sub" / "a.mp4", grey_frames(20, 120, 220))
    images, times, facts = read(path)
    assert times == [0, 100, 200]
    assert facts == [("video", "h264", pytest.approx(0.3, abs=0.01))]
    np.testing.assert_allclose([image.mean() for image in images], [20, 120, 220], atol=3)
    assert [item.name for item in (tmp_path / "sub").iterdir()] == ["a.mp4"]


def test_irregular_times_are_kept(grey_frames, tmp_path):
    times = [Fraction(ms, 1000) for ms in (0, 40, 300, 310, 900)]
    path = write(tmp_path / "a.mp4", grey_frames(0, 50, 100, 150, 200), times=times)
    assert read(path)[1] == [0, 40, 300, 310, 900]


def test_times_that_fall_together_stay_in_order(grey_frames, tmp_path):
    times = [Fraction(0), Fraction(1, 10000), Fraction(2, 10000)]
    path = write(tmp_path / "a.mp4", grey_frames(0, 50, 100), times=times)
    assert read(path)[1] == [0, 1, 2]


def test_the_last_frame_is_shown_until_the_end(grey_frames, tmp_path):
    """Every seventh of 20 frames, ten a second: the last one stands for six."""
    times = [Fraction(7 * number, 10) for number in range(3)]
    path = write(tmp_path / "a.mp4", grey_frames(0, 50, 100), times=times, end=2, rate=TENTH / 7)
    assert read(path)[1:] == ([0, 700, 1400], [("video", "h264", 2.0)])


@pytest.mark.parametrize("size", [(33, 47), (1, 1), (3, 70), (2, 2)])
def test_odd_sizes_get_their_last_row_and_column_twice(tmp_path, size):
    image = np.full((*size, 3), 60, np.uint8)
    image[-1], image[:, -1] = 200, 200
    (found,), _, _ = read(write(tmp_path / "a.mp4", [image]))
    height, width = (side + side % 2 for side in size)
    assert found.shape == (height, width, 3)
    assert abs(int(found[-1, -1].mean()) - 200) < 25


def test_colours_are_bt709_and_say_so(tmp_path):
    red = np.zeros((32, 48, 3), np.uint8)
    red[..., 0] = 255
    path = write(tmp_path / "a.mp4", [red])
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (1, 1)
        # Y, Cb, Cr of pure red, from the recommendation.
        values = [int(np.frombuffer(plane, np.uint8)[0]) for plane in frame.planes]
    np.testing.assert_allclose(values, [63, 102, 240], atol=2)


def test_pixels_that_are_not_square_stay_so(grey_frames, tmp_path):
    path = write(tmp_path / "a.mp4", grey_frames(9), pixel_aspect=Fraction(4, 3))
    with av.open(str(path)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3)


@pytest.mark.parametrize("problem", [ValueError("the model failed"), KeyboardInterrupt()])
def test_after_an_error_there_is_no_video(grey_frames, tmp_path, problem):
    def break_off():
        options = {"rate": Fraction(10), "time_base": TENTH}
        with video_output(tmp_path / "a.mp4", (32, 48), **options) as writer:
            writer.write(grey_frames(9)[0], Fraction(0))
            raise problem

    with pytest.raises(type(problem)):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_frames_that_are_too_large_are_refused(tmp_path):
    with (
        pytest.raises(VideoFileError, match="frames of 8 x 16400 pixels") as caught,
        video_output(tmp_path / "a.mp4", (8, 16400), rate=TENTH, time_base=TENTH),
    ):
        pass
    assert caught.value.do == "write pictures instead: --frames"


def test_a_full_disk_is_told_and_left_as_it_was(mount_tmpfs, tmp_path):
    disk = mount_tmpfs("size=64k")
    noise = np.random.default_rng(0).integers(0, 256, (12, 128, 160, 3), np.uint8)
    with pytest.raises(OutputError, match="the disk is full"):
        write(disk / "a.mp4", list(noise))
    assert list(disk.iterdir()) == []


def playable(path):
    """Give the times of all frames of a video that may break off, in s."""
    times = []
    with av.open(str(path)) as container, contextlib.suppress(av.FFmpegError):
        times.extend(frame.time for frame in container.decode(video=0))
    return times


@pytest.mark.parametrize("bright", [0, 255])
def test_of_what_is_live_a_full_disk_keeps_all_but_the_last_seconds(mount_tmpfs, bright):
    """A still street, of which a frame has few bytes, with something small that moves."""
    disk = mount_tmpfs("size=128k")
    write(disk / "a.mp4", [np.zeros((128, 160, 3), np.uint8)] * 3)
    old = (disk / "a.mp4").read_bytes()
    written = []

    def street():
        draw = np.random.default_rng(0)
        for number in range(20_000):
            image = np.full((128, 160, 3), bright, np.uint8)
            image[40:56, 40:56] = draw.integers(0, 256, (16, 16, 3))
            written.append(number)
            yield image

    with pytest.raises(OutputError, match="the disk is full") as caught:
        write_all(disk / "a.mp4", street(), is_live=True)
    assert caught.value.found.endswith("; what came before is in a-broken-off.mp4")
    assert (disk / "a.mp4").read_bytes() == old
    assert sorted(path.name for path in disk.iterdir()) == ["a-broken-off.mp4", "a.mp4"]
    times = playable(disk / "a-broken-off.mp4")
    assert times[0] == 0
    assert len(written) / 10 - times[-1] <= 3


def test_a_live_recording_of_nothing_leaves_nothing(mount_tmpfs):
    disk = mount_tmpfs("size=4k")
    noise = np.random.default_rng(0).integers(0, 256, (30, 128, 160, 3), np.uint8)
    with pytest.raises(OutputError, match="the disk is full") as caught:
        write(disk / "a.mp4", list(noise), is_live=True)
    assert "what came before" not in caught.value.found
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize("is_live", [False, True])
def test_frames_are_shown_when_they_were(tmp_path, grey_frames, is_live):
    times = [Fraction(0), Fraction(1, 2), Fraction(3, 4), Fraction(2), Fraction(5, 2)]
    write(tmp_path / "a.mp4", grey_frames(*range(0, 250, 50)), times=times, is_live=is_live)
    assert playable(tmp_path / "a.mp4") == [float(time) for time in times]


def test_a_folder_without_rights_is_told(mount_tmpfs, grey_frames):
    disk = mount_tmpfs("ro,size=64k")
    with pytest.raises(OutputError, match="no permission to write"):
        write(disk / "a.mp4", grey_frames(9))
