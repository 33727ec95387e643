"""Videos of which a half packet is the last: what is left of them is told to be a part."""

import re

import av
import numpy as np
import pytest

from roadfcn.prediction.video.frames import VideoFrames


def seen(path):
    """Give all frames of a video, and what was wrong with it."""
    with VideoFrames(path) as frames:
        return list(frames), frames.problem


@pytest.mark.parametrize("share", [0.6, 0.85])
def test_frames_that_a_recording_in_avi_lacks_are_told(noise, tmp_path, share):
    """FFmpeg takes the length of such a file for that of what is left of it."""
    path, count = tmp_path / "a.avi", 40
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", rate=10)
        stream.height, stream.width, stream.pix_fmt = 24, 40, "yuvj420p"
        for shift in range(count):
            image = np.roll(noise, 3 * shift, axis=1)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        output.mux(stream.encode(None))
    content = path.read_bytes()
    path.write_bytes(content[: round(share * len(content))])
    found, problem = seen(path)
    assert 1 <= len(found) < count
    missing = int(re.search(r"breaks off: about (\d+) frames are missing", problem.found)[1])
    assert missing == pytest.approx(count - len(found), abs=1)


def test_fragments_of_which_the_last_is_torn_are_told(make_video, noise, tmp_path):
    frames = [np.roll(noise, shift, axis=1) for shift in range(40)]
    path = make_video(tmp_path / "a.mp4", frames, movflags="frag_keyframe+empty_moov")
    content = path.read_bytes()
    last = content.rindex(b"mdat")
    path.write_bytes(content[: (last + len(content)) // 2])
    found, problem = seen(path)
    assert 1 <= len(found) < 40
    assert f"{len(found)} frames could be read" in problem.found
