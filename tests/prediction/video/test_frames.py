import re
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from roadfcn.errors import VideoFileError
from roadfcn.prediction.video.frames import VideoFrames


def seen(path, **options):
    """Give all frames of a video, and what was wrong with it."""
    with VideoFrames(path, **options) as frames:
        return list(frames), frames.problem


def test_frames_come_with_their_place_and_time(make_video, grey_frames, tmp_path):
    path = make_video(tmp_path / "a.mp4", grey_frames(20, 90, 160, 230))
    frames, problem = seen(path)
    assert problem is None
    assert [(frame.index, frame.time) for frame in frames] == [
        (index, Fraction(index, 10)) for index in range(4)
    ]
    assert frames[0].image.shape == (32, 48, 3)
    greys = [float(frame.image.mean()) for frame in frames]
    np.testing.assert_allclose(greys, [20, 90, 160, 230], atol=2)


def test_irregular_times_are_kept(make_video, grey_frames, tmp_path):
    times = [0, 40, 300, 310, 900]
    path = make_video(tmp_path / "a.mkv", grey_frames(0, 50, 100, 150, 200), times_ms=times)
    frames, _ = seen(path)
    assert [round(1000 * frame.time) for frame in frames] == times


def test_every_nth_frame_keeps_its_number_and_time(make_video, grey_frames, tmp_path):
    path = make_video(tmp_path / "a.mp4", grey_frames(*range(0, 250, 36)))
    with VideoFrames(path, every=3) as frames:
        assert frames.expected == 3
        assert frames.rate == Fraction(10, 3)
        taken = list(frames)
    assert [(frame.index, float(frame.time)) for frame in taken] == [(0, 0), (3, 0.3), (6, 0.6)]


def test_only_so_many_seconds_are_taken(make_video, grey_frames, tmp_path):
    path = make_video(tmp_path / "a.mp4", grey_frames(*range(0, 250, 25)))
    with VideoFrames(path, seconds=0.35) as frames:
        assert frames.expected == 4
        assert [frame.index for frame in frames] == [0, 1, 2, 3]
        assert frames.problem is None


@pytest.mark.parametrize("seconds", [0.2, 0.4, 0.6, 0.8, 1.2])
def test_seconds_are_counted_as_they_are_written(make_video, grey_frames, tmp_path, seconds):
    path = make_video(tmp_path / "a.mp4", grey_frames(*range(0, 240, 6)), rate=25)
    with VideoFrames(path, seconds=seconds) as frames:
        assert frames.expected == len(list(frames)) == round(25 * seconds)


def test_the_last_frame_lasts_as_long_as_the_file_says(make_video, grey_frames, tmp_path):
    times = [0, 500, 540, 580]
    path = make_video(tmp_path / "a.mp4", grey_frames(0, 80, 160, 240), times_ms=times)
    with av.open(str(path)) as container:
        *_, last = container.decode(video=0)
        said = last.duration * last.time_base
    with VideoFrames(path) as frames:
        assert len(list(frames)) == 4
        assert frames.end == Fraction(58, 100) + said


def test_a_turned_video_is_given_upright(make_video, tmp_path):
    stored = np.zeros((32, 48, 3), np.uint8)
    stored[:, :24] = 255  # left half white
    path = make_video(tmp_path / "a.mp4", [stored, stored])
    content = bytearray(path.read_bytes())
    # The matrix lies 40 bytes behind the head of the track's header (ISO/IEC 14496-12, 8.3.2).
    place = content.index(b"tkhd") + 4 + 40
    one = 0x10000
    content[place : place + 36] = np.array(
        [0, one, 0, -one, 0, 0, 32 * one, 0, 1 << 30], ">i4"
    ).tobytes()
    path.write_bytes(content)
    with VideoFrames(path) as frames:
        image = next(iter(frames)).image
    assert image.shape == (48, 32, 3)
    # Turned clockwise by a quarter, the left half is the upper one.
    assert image[:20].min() > 240
    assert image[-20:].max() < 15


@pytest.mark.parametrize(
    ("planes", "fields", "rgb"),
    [
        # Pure red as BT.709 and as BT.601 code it, from the recommendations' tables.
        ((63, 102, 240), {"colorspace": 1, "color_range": 1}, (255, 0, 0)),
        ((81, 90, 240), {"colorspace": 6, "color_range": 1}, (255, 0, 0)),
        # Full range: R = Y + 1.5748 (Cr - 128), and so on (BT.709, item 3.4).
        ((63, 102, 240), {"colorspace": 1, "color_range": 2}, (239, 15, 15)),
        # Nothing said: small pictures are BT.601, large ones BT.709.
        ((81, 90, 240), {}, (255, 0, 0)),
        ((63, 102, 240), {"size": (720, 64)}, (255, 0, 0)),
    ],
)
def test_colours_follow_what_the_file_says_of_them(write_plain, tmp_path, planes, fields, rgb):
    path = write_plain(tmp_path / "a.mkv", planes, **fields)
    (frame,), _ = seen(path)
    np.testing.assert_allclose(frame.image[8, 8].astype(int), rgb, atol=3)


def test_a_video_that_breaks_off_gives_what_is_there_and_says_so(make_video, noise, tmp_path):
    frames = [np.roll(noise, shift, axis=1) for shift in range(12)]
    path = make_video(tmp_path / "a.mp4", frames, movflags="faststart", sound="aac")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    found, problem = seen(path)
    assert 1 <= len(found) < 12
    assert f"{path} breaks off: about {12 - len(found)} frames are missing" in problem.found
    assert f"{len(found)} frames could be read" in problem.found
    assert problem.do.startswith("use what was made of them")


def test_frames_that_are_missing_and_those_that_are_there_are_all(noise, tmp_path):
    """Of a video whose index is whole: some frames wait in the decoder for others for ever."""
    path, count = tmp_path / "a.mp4", 30
    with av.open(str(path), "w", options={"movflags": "faststart"}) as output:
        stream = output.add_stream("libx264", rate=10, options={"bf": "3", "b-adapt": "0"})
        stream.height, stream.width, stream.pix_fmt = 24, 40, "yuv420p"
        for shift in range(count):
            image = np.roll(noise, 3 * shift, axis=1)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        output.mux(stream.encode(None))
    content = path.read_bytes()
    for share in (0.5, 0.6, 0.7):
        path.write_bytes(content[: round(share * len(content))])
        found, problem = seen(path)
        missing = int(re.search(r"about (\d+) frames are missing", problem.found)[1])
        assert abs(len(found) + missing - count) <= 1


def test_a_video_whose_length_alone_is_known_breaks_off_too(make_video, noise, tmp_path):
    frames = [np.roll(noise, shift, axis=1) for shift in range(30)]
    path = make_video(tmp_path / "a.mkv", frames)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    found, problem = seen(path)
    assert 1 <= len(found) < 30
    assert "breaks off" in problem.found


LATE = [60_000 + 100 * number for number in range(30)]


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".mkv", {}),
        (".mp4", {}),
        (".mp4", {"movflags": "frag_keyframe+empty_moov+delay_moov+frag_discont"}),
        (".ts", {}),
    ],
)
def test_a_whole_video_that_begins_late_is_whole_and_begins_at_0(
    make_video, grey_frames, tmp_path, suffix, options
):
    """Matroska and MP4 in fragments tell when they end, others how long they last."""
    grey = grey_frames(*range(0, 240, 8))
    path = make_video(tmp_path / f"a{suffix}", grey, times_ms=LATE, **options)
    with VideoFrames(path) as frames:
        assert frames.expected == pytest.approx(30, abs=1)
        times = [round(1000 * frame.time) for frame in frames]
        assert frames.problem is None
    assert times == [100 * number for number in range(30)]


def test_a_video_that_begins_late_and_breaks_off_is_told(make_video, noise, tmp_path):
    frames = [np.roll(noise, shift, axis=1) for shift in range(30)]
    path = make_video(tmp_path / "a.mkv", frames, times_ms=LATE)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    found, problem = seen(path)
    assert 1 <= len(found) < 30
    missing = int(re.search(r"breaks off: about (\d+) frames are missing", problem.found)[1])
    assert missing == pytest.approx(30 - len(found), abs=1)


def test_a_whole_video_whose_sound_is_longer_is_whole(make_video, grey_frames, tmp_path):
    path = make_video(tmp_path / "a.mkv", grey_frames(10, 20, 30), rate=2, sound="aac")
    assert seen(path)[1] is None


def test_damage_in_the_middle_is_counted_and_the_rest_is_given(make_video, noise, tmp_path):
    frames = [np.roll(noise, shift, axis=1) for shift in range(10)]
    path = make_video(tmp_path / "a.mp4", frames)
    content = bytearray(path.read_bytes())
    middle = content.index(b"mdat") + len(content) // 4
    content[middle : middle + 3000] = np.random.default_rng(1).bytes(3000)
    path.write_bytes(content)
    found, problem = seen(path)
    assert 1 <= len(found) < 10
    assert re.search(r"has (1 damaged part|[2-9] damaged parts);", problem.found)
    assert problem.found.endswith(
        f"; {len(found)} frames could be read, and how many are missing is not known"
    )


def test_a_video_that_changes_its_size_is_given_up_to_there(make_video, grey_frames, tmp_path):
    small = make_video(tmp_path / "a.ts", grey_frames(10, 20, 30))
    large = make_video(tmp_path / "b.ts", grey_frames(40, 50, size=(64, 48)))
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    found, problem = seen(both)
    assert [frame.image.shape for frame in found] == [(32, 48, 3)] * len(found)
    assert 1 <= len(found) <= 3
    assert "changes from 32 x 48 to 64 x 48 pixels" in problem.found


def test_the_second_of_two_recordings_in_one_file_follows_the_first(
    make_video, grey_frames, tmp_path
):
    piece = make_video(tmp_path / "a.ts", grey_frames(10, 20, 30)).read_bytes()
    (tmp_path / "both.ts").write_bytes(piece + piece)
    found, _ = seen(tmp_path / "both.ts")
    times = [float(frame.time) for frame in found]
    assert times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5], abs=0.05)


def test_a_frame_that_is_too_large_is_not_decoded(make_video, grey_frames, tmp_path, monkeypatch):
    monkeypatch.setattr("roadfcn.prediction.video.opening.MOST_PIXELS", 32 * 48 - 1)
    path = make_video(tmp_path / "a.mp4", grey_frames(10, 20))
    with pytest.raises(VideoFileError, match="has frames of 32 x 48 pixels") as caught:
        VideoFrames(path)
    assert caught.value.allowed == "at most 1535 pixels a frame"


def test_frames_of_an_avi_that_are_predicted_both_ways_keep_their_rhythm(grey_frames, tmp_path):
    """AVI tells only when frames are decoded, which for these is another order."""
    path = tmp_path / "a.avi"
    greys = range(0, 240, 12)
    with av.open(str(path), "w") as output:
        stream = output.add_stream(
            "libx264", rate=10, options={"crf": "1", "bf": "3", "b-adapt": "0"}
        )
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv420p"
        for image in grey_frames(*greys):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        output.mux(stream.encode(None))
    frames, problem = seen(path)
    assert problem is None
    np.testing.assert_allclose([frame.image.mean() for frame in frames], list(greys), atol=2)
    times = [frame.time for frame in frames]
    steps = {later - earlier for earlier, later in pairwise(times)}
    assert steps == {Fraction(1, 10)}
    assert 0 <= times[0] <= Fraction(1, 10)


def test_an_avi_that_begins_in_the_middle_stays_in_time_with_its_sound(noise, tmp_path):
    """What comes before the first frame that needs no other is let go, with its times."""
    path, cut = tmp_path / "a.avi", 7
    packets = []
    with av.open(str(path), "w") as output:
        options = {"crf": "1", "bf": "2", "b-adapt": "0", "x264-params": "keyint=10:scenecut=0"}
        stream = output.add_stream("libx264", rate=10, options=options)
        stream.height, stream.width, stream.pix_fmt = 24, 40, "yuv420p"
        for shift in range(30):
            image = np.roll(noise, 3 * shift, axis=1)
            packets += stream.encode(av.VideoFrame.from_ndarray(image, "rgb24"))
        packets += stream.encode(None)
        for packet in packets[cut:]:
            output.mux(packet)
    with av.open(str(path)) as container:
        read = [packet for packet in container.demux(video=0) if packet.size]
    first = next(place for place, packet in enumerate(read) if packet.is_keyframe)
    assert first == 10 - cut
    times = [packet.dts * packet.time_base for packet in read]
    frames, _ = seen(path)
    assert [frame.time for frame in frames] == [time - times[0] for time in times[first:]]
