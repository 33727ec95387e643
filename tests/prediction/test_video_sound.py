from fractions import Fraction

import av
import numpy as np
import pytest

from roadfcn.prediction.video_sound import VideoSound
from roadfcn.prediction.video_writing import video_output


def with_sound_of(source, target, images, *, seconds):
    """Write a video of these images with the sound of another one; give what was wrong."""
    sound = VideoSound(source)
    size = images[0].shape[:2]
    options = {"rate": Fraction(10), "time_base": Fraction(1, 1000), "sound": sound}
    with video_output(target, size, **options) as writer:
        for index, image in enumerate(images):
            writer.write(image, Fraction(index, 10))
        writer.finish(Fraction(seconds))
    sound.close()
    return sound.problem


def packets_of(path):
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def heard(path):
    """Give the sound of a video: its coding, its samples, and samples a second."""
    with av.open(str(path)) as container:
        name = container.streams.audio[0].codec_context.name
        frames = list(container.decode(audio=0))
    samples = np.concatenate([np.atleast_2d(frame.to_ndarray())[0] for frame in frames])
    return name, samples.astype(np.float64), frames[0].sample_rate


def pitch_of(samples, rate):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return spectrum.argmax() * rate / len(samples)


def loudness_of(path):
    """Give the root mean square of 16-bit sound, of a full swing of 1."""
    _, samples, _ = heard(path)
    return np.sqrt(np.mean((samples / 32768) ** 2))


@pytest.fixture
def ten(grey_frames):
    return grey_frames(*range(0, 200, 20))


def test_sound_that_mp4_players_know_is_copied_byte_by_byte(make_video, ten, tmp_path):
    source = make_video(tmp_path / "a.mp4", ten, sound="aac")
    assert with_sound_of(source, tmp_path / "b.mp4", ten, seconds=1) is None
    before, after = packets_of(source), packets_of(tmp_path / "b.mp4")
    assert len(after) >= len(before) - 2  # what begins at the very end is left out
    assert after == before[: len(after)]


def test_other_sound_is_coded_anew_and_sounds_the_same(make_video, ten, tmp_path):
    source = make_video(tmp_path / "a.mkv", ten, sound="pcm_s16le")
    assert with_sound_of(source, tmp_path / "b.mp4", ten, seconds=1) is None
    name, samples, rate = heard(tmp_path / "b.mp4")
    assert name == "aac"
    assert len(samples) / rate == pytest.approx(1, abs=0.05)
    assert pitch_of(samples, rate) == pytest.approx(440, abs=2)
    loudness = np.sqrt(np.mean(samples[rate // 4 : rate // 2] ** 2))
    assert loudness == pytest.approx(loudness_of(source), rel=0.03)


def test_sound_ends_where_the_pictures_end(make_video, ten, tmp_path):
    source = make_video(tmp_path / "a.mp4", ten, sound="aac")
    with_sound_of(source, tmp_path / "b.mp4", ten[:4], seconds=0.4)
    _, samples, rate = heard(tmp_path / "b.mp4")
    assert len(samples) / rate == pytest.approx(0.4, abs=0.03)


def test_a_silent_video_stays_silent(make_video, ten, tmp_path):
    source = make_video(tmp_path / "a.mp4", ten)
    assert with_sound_of(source, tmp_path / "b.mp4", ten, seconds=1) is None
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert len(container.streams.audio) == 0


def test_damaged_sound_is_told_and_the_pictures_are_there(make_video, ten, tmp_path):
    source = make_video(tmp_path / "a.mkv", ten, sound="mp2")
    content = bytearray(source.read_bytes())
    for packet in packets_of(source)[10:]:
        place = content.index(packet)
        content[place : place + len(packet)] = b"\xff" * len(packet)
    source.write_bytes(content)
    problem = with_sound_of(source, tmp_path / "b.mp4", ten, seconds=1)
    assert problem.found.startswith(f"the sound of {source} is not whole: ")
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert len(list(container.decode(video=0))) == 10


@pytest.mark.parametrize(("suffix", "coding"), [(".avi", "libmp3lame"), (".ts", "mp2")])
def test_sound_in_coarse_units_of_time_is_whole(make_video, noise, ten, tmp_path, suffix, coding):
    """AVI counts sound in frames of its coding, which AAC's frames do not fall on."""
    codec = "mpeg4" if suffix == ".avi" else "libx264"
    source = make_video(tmp_path / f"a{suffix}", [noise] * 10, sound=coding, codec=codec)
    assert with_sound_of(source, tmp_path / "b.mp4", ten, seconds=3) is None
    name, samples, rate = heard(tmp_path / "b.mp4")
    assert name == {"libmp3lame": "mp3float", "mp2": "aac"}[coding]
    assert pitch_of(samples[rate // 10 :], rate) == pytest.approx(440, abs=2)
    assert len(samples) / rate == pytest.approx(1, abs=0.1)


def test_sound_that_is_coded_anew_in_coarse_units_is_whole(make_video, noise, ten, tmp_path):
    frames = [noise] * 10
    source = make_video(tmp_path / "a.avi", frames, rate=10, sound="mp2", codec="mpeg4")
    assert with_sound_of(source, tmp_path / "b.mp4", ten, seconds=1) is None
    _, samples, rate = heard(tmp_path / "b.mp4")
    assert pitch_of(samples[rate // 10 :], rate) == pytest.approx(440, abs=2)
