"""Pictures and sound keep together, measured in what was written: a flash, and a beep with it."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.runs.videos import predict_video
from roadfcn.prediction.sources.source import Video
from roadfcn.prediction.video.clock import VideoClock
from roadfcn.prediction.video.frames import VideoFrames
from roadfcn.prediction.video.watching import Watching

RATE, SAMPLES = 25, 48000


def flash_and_beep(
    path,
    *,
    sound="aac",
    at=0.6,
    seconds=1.2,
    begin=0.0,
    pictures_begin=0.0,
    codec="libx264",
    **opts,
):
    """Write a video that is dark and silent but from `at` to 0.2 s later.

    Its clock begins at `begin`, and its pictures come in `pictures_begin` seconds after the sound.
    """
    with av.open(str(path), "w", options=opts) as output:
        video = output.add_stream(codec, rate=RATE)
        video.width, video.height, video.pix_fmt = 48, 32, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        audio = output.add_stream(sound, rate=SAMPLES, layout="mono")
        for index in range(round(pictures_begin * RATE), round(seconds * RATE)):
            value = 255 if at <= index / RATE < at + 0.2 else 0
            image = np.full((32, 48, 3), value, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = round(1000 * (begin + index / RATE)), Fraction(1, 1000)
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        time = np.arange(round(seconds * SAMPLES)) / SAMPLES
        wave = 0.6 * np.sin(2 * np.pi * 1000 * time) * (time >= at) * (time < at + 0.2)
        for place in range(0, len(wave), 960):
            piece = wave[None, place : place + 960].astype(np.float32)
            heard = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
            heard.sample_rate, heard.time_base = SAMPLES, Fraction(1, SAMPLES)
            heard.pts = place + round(begin * SAMPLES)
            output.mux(audio.encode(heard))
        output.mux(audio.encode(None))
    return path


def onsets(times, loud, *, pause=0.3):
    """Give the times at which something begins that was not there for a while before."""
    found, last = [], -1.0
    for time, is_loud in zip(times, loud, strict=True):
        if is_loud:
            if not found or time - last > pause:
                found.append(time)
            last = time
    return found


def flashes_and_beeps(path):
    """Decode a video; give when it is bright and when it is loud, in seconds, and its length."""
    with av.open(str(path)) as container:
        frames = [
            (f.time, f.to_ndarray(format="gray").mean() > 80) for f in container.decode(video=0)
        ]
        length = container.duration / 1_000_000
    times, loud = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            samples = frame.to_ndarray()[0].astype(float)
            samples /= 1 if frame.format.name.startswith("flt") else 32768
            times += (frame.time + np.arange(len(samples)) / frame.sample_rate).tolist()
            loud += (np.abs(samples) > 0.15).tolist()
    return onsets(*zip(*frames, strict=True)), onsets(times, loud), length


@pytest.fixture
def written(red_road, tmp_path):
    """Give a function that predicts a video and gives where the result is."""

    def write(path, **watching):
        records = []
        result = predict_video(
            Predictor(red_road),
            Video(path, Path("v")),
            tmp_path / "out",
            Outputs(),
            Watching(**watching),
            records.append,
        )
        assert result.problem is None
        return tmp_path / "out" / "overlays" / "v.mp4", records

    return write


@pytest.mark.parametrize("begin", [0.0, 36000.0], ids=["from_0", "from_10_hours"])
@pytest.mark.parametrize(
    ("suffix", "sound", "codec"),
    [
        (".mp4", "aac", "libx264"),
        (".mkv", "pcm_s16le", "libx264"),
        (".mkv", "libopus", "libx264"),
        (".ts", "aac", "libx264"),
        (".ts", "mp2", "libx264"),
    ],
)
def test_a_beep_is_heard_with_its_flash(written, tmp_path, suffix, sound, codec, begin):
    path = flash_and_beep(tmp_path / f"a{suffix}", sound=sound, codec=codec, begin=begin)
    out, records = written(path)
    (flash,), (beep,), length = flashes_and_beeps(out)
    # A transport stream begins with the encoder's warm-up, some hundredths of a second.
    assert flash == pytest.approx(0.6, abs=0.05)
    assert beep == pytest.approx(flash, abs=0.012)
    assert length == pytest.approx(1.2, abs=0.1)
    assert records[0].time_s == pytest.approx(0, abs=0.05)


def test_sound_that_is_there_before_the_pictures_stays_before_them(written, tmp_path):
    path = flash_and_beep(tmp_path / "a.mkv", sound="pcm_s16le", pictures_begin=0.4)
    out, records = written(path)
    (flash,), (beep,), _ = flashes_and_beeps(out)
    assert flash == pytest.approx(0.6, abs=0.01)
    assert beep == pytest.approx(0.6, abs=0.012)
    assert records[0].time_s == 0.4


@pytest.mark.parametrize("sound", ["aac", "mp2"])
@pytest.mark.parametrize("begins", [(0.0, 0.0), (0.0, 5000.0), (5000.0, 0.0, 20.0)])
def test_joined_recordings_follow_each_other_whatever_their_clocks_say(
    written, tmp_path, begins, sound
):
    pieces = [
        flash_and_beep(tmp_path / f"{i}.ts", sound=sound, begin=begin)
        for i, begin in enumerate(begins)
    ]
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(piece.read_bytes() for piece in pieces))
    out, records = written(both)
    flashes, beeps, length = flashes_and_beeps(out)
    expected = [0.6 + 1.2 * number for number in range(len(begins))]
    assert flashes == pytest.approx(expected, abs=0.15)
    assert beeps == pytest.approx(flashes, abs=0.03)
    assert length == pytest.approx(1.2 * len(begins), abs=0.2)
    steps = np.diff([record.time_s for record in records])
    assert len(steps) == 30 * len(begins) - 1
    assert (steps > 0.015).all()


def test_a_pause_in_a_file_that_tells_times_exactly_stays_a_pause(
    make_video, grey_frames, tmp_path
):
    path = make_video(tmp_path / "a.mkv", grey_frames(0, 50, 100), times_ms=[0, 40, 30_000])
    with VideoFrames(path) as frames:
        assert [frame.time for frame in frames] == [0, Fraction(1, 25), 30]


def test_every_track_gets_the_clock_of_the_file(tmp_path):
    path = flash_and_beep(tmp_path / "a.ts", begin=36000.0)
    with av.open(str(path)) as container:
        clock = VideoClock(container)
        first = {}
        for packet in clock.packets():
            if packet.pts is not None:
                first.setdefault(packet.stream.type, float(packet.pts * packet.time_base))
    # AAC's warm-up is 1024 samples.
    assert float(clock.begin) == pytest.approx(36000 - 1024 / SAMPLES, abs=1e-4)
    assert first == {
        "audio": pytest.approx(0, abs=1e-4),
        "video": pytest.approx(1024 / SAMPLES, abs=1e-4),
    }
