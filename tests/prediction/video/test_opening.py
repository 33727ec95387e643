import wave

import pytest

from roadfcn.errors import VideoFileError
from roadfcn.prediction.sources.words import VIDEO_SUFFIXES
from roadfcn.prediction.video.opening import moving_pictures, open_video


def refusal(path):
    with pytest.raises(VideoFileError) as caught, open_video(path) as container:
        moving_pictures(container, path)
    return caught.value


def test_a_missing_an_empty_and_a_foreign_file_are_told_apart(tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "foreign.mp4").write_bytes(b"no video" * 100)
    assert refusal(tmp_path / "no.mp4").found == f"there is no video {tmp_path / 'no.mp4'}"
    assert refusal(tmp_path / "empty.mp4").found.endswith("empty.mp4 is empty (0 bytes)")
    problem = refusal(tmp_path / "foreign.mp4")
    assert "foreign.mp4 cannot be read as a video: Invalid data" in problem.found
    assert problem.allowed.startswith("a video: .mp4, ")


def test_a_playlist_that_names_other_files_is_no_video(make_video, grey_frames, tmp_path):
    """FFmpeg would open what it names: other files of the user, or addresses."""
    secret = make_video(tmp_path / "secret.ts", grey_frames(1, 2, 3))
    lists = {
        "hls.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-VERSION:3\n#EXTINF:1,\n"
        f"{secret}\n#EXT-X-ENDLIST\n",
        "concat.mp4": f"ffconcat version 1.0\nfile {secret}\n",
    }
    for name, content in lists.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert "cannot be read as a video" in refusal(tmp_path / name).found


def test_a_name_is_a_name_and_no_order(make_video, grey_frames, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = make_video(tmp_path / "a.mp4", grey_frames(1, 2))
    odd = made.rename(tmp_path / "concat:a|b.mp4")
    with open_video(odd.relative_to(tmp_path)) as container:
        assert moving_pictures(container, odd).codec_context.width == 48


def test_sound_alone_is_no_video(tmp_path):
    path = tmp_path / "hum.mkv"
    with wave.open(str(tmp_path / "hum.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\0" * 8000)
    import av

    with av.open(str(tmp_path / "hum.wav")) as source, av.open(str(path), "w") as output:
        track = output.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = track
                output.mux(packet)
    assert refusal(path).found == f"{path} holds no moving pictures"


def test_a_stream_that_nobody_sends_is_told_without_its_password():
    # Port 9 of this machine: nothing listens there.
    problem = refusal("rtsp://me:secret@127.0.0.1:9/street")
    assert problem.found.startswith("the stream rtsp://127.0.0.1:9/street does not come: ")
    assert "secret" not in str(problem)
    assert problem.allowed == "a stream of RTSP whose first pictures come within 10 s"


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi", ".ts", ".mpg"])
def test_common_containers_are_opened(make_video, noise, tmp_path, suffix):
    assert suffix in VIDEO_SUFFIXES
    codec = "mpeg4" if suffix in (".avi", ".mpg") else "libx264"
    codec = "mpeg1video" if suffix == ".mpg" else codec
    path = make_video(tmp_path / f"a{suffix}", [noise] * 3, rate=25, codec=codec)
    with open_video(path) as container:
        assert moving_pictures(container, path).codec_context.height == 24
