from fractions import Fraction

import av
import numpy as np
import pytest

from roadfcn.prediction.video.sound import VideoSound
from roadfcn.prediction.video.writing import video_output


def with_sound_of(source, target, images, *, seconds, **finish):
    """Write a video of these images with the sound of another one; give what was wrong."""
    sound = VideoSound(source)
    size = images[0].shape[:2]
    options = {"rate": Fraction(10), "time_base": Fraction(1, 1000), "sound": sound}
    with video_output(target, size, **options) as writer:
        for index, image in enumerate(images):
            writer.write(image, Fraction(index, 10))
        writer.finish(Fraction(seconds), **finish)
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


def tone(path, *, rate, layout="mono", samples="s16"):
    """Write half a second of 440 Hz beside five pictures, as PCM in this rate and layout."""
    kinds = {"s16": ("pcm_s16le", np.int16, 30000), "flt": ("pcm_f32le", np.float32, 0.9)}
    coding, kind, loudest = kinds[samples]
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 48, 32, "yuv420p"
        audio = output.add_stream(coding, rate=rate, layout=layout)
        for index in range(5):
            frame = av.VideoFrame(48, 32, "yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        wave = loudest * np.sin(2 * np.pi * 440 * np.arange(rate // 2) / rate)
        channels = np.repeat(wave.astype(kind), audio.layout.nb_channels)
        heard = av.AudioFrame.from_ndarray(channels[None], samples, layout)
        heard.sample_rate, heard.pts, heard.time_base = rate, 0, Fraction(1, rate)
        output.mux(audio.encode(heard))
        output.mux(audio.encode(None))
    return path


@pytest.mark.parametrize(
    ("rate", "kept"), [(192_000, 96_000), (96_000, 96_000), (11_000, 11_025), (4_000, 7_350)]
)
def test_sound_in_a_rate_that_aac_does_not_know_gets_the_next_one(
    tmp_path, grey_frames, rate, kept
):
    source = tone(tmp_path / "a.mkv", rate=rate)
    five = grey_frames(10, 20, 30, 40, 50)
    assert with_sound_of(source, tmp_path / "b.mp4", five, seconds=0.5) is None
    name, samples, now = heard(tmp_path / "b.mp4")
    assert (name, now) == ("aac", kept)
    assert pitch_of(samples, now) == pytest.approx(440, abs=2)
    assert len(samples) / now == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("layout", ["5.1", "7.1", "16 channels"])
def test_sound_of_many_channels_becomes_stereo(tmp_path, grey_frames, layout):
    source = tone(tmp_path / "a.mkv", rate=48_000, layout=layout, samples="flt")
    five = grey_frames(10, 20, 30, 40, 50)
    assert with_sound_of(source, tmp_path / "b.mp4", five, seconds=0.5) is None
    _, samples, rate = heard(tmp_path / "b.mp4")
    assert pitch_of(samples, rate) == pytest.approx(440, abs=2)
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert container.streams.audio[0].layout.name == "stereo"


def test_sound_that_nothing_reads_is_told_and_the_video_is_silent(make_video, ten, tmp_path):
    source = make_video(tmp_path / "a.mkv", ten, sound="pcm_s16le")
    content = source.read_bytes()
    assert content.count(b"A_PCM/INT/LIT") == 1
    source.write_bytes(content.replace(b"A_PCM/INT/LIT", b"A_OWN/INT/LIT"))
    problem = with_sound_of(source, tmp_path / "b.mp4", ten, seconds=1)
    expected = f"the sound of {source} is not whole: nothing here knows its coding"
    assert problem.found == expected
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        assert len(list(container.decode(video=0))) == 10


def test_sound_ends_where_the_pictures_end(make_video, ten, tmp_path):
    source = make_video(tmp_path / "a.mp4", ten, sound="aac")
    with_sound_of(source, tmp_path / "b.mp4", ten[:4], seconds=0.4)
    _, samples, rate = heard(tmp_path / "b.mp4")
    assert len(samples) / rate == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize("coding", ["aac", "mp2"])  # copied, and coded anew
def test_sound_after_the_last_picture_is_kept_where_all_is_wanted(
    make_video, ten, tmp_path, coding
):
    source = make_video(tmp_path / "a.mkv", ten, sound=coding)
    with_sound_of(source, tmp_path / "b.mp4", ten[:4], seconds=0.4, cut_sound=False)
    _, samples, rate = heard(tmp_path / "b.mp4")
    assert len(samples) / rate == pytest.approx(1, abs=0.05)


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
