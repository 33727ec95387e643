from pathlib import Path

import pytest
from PIL import Image

from roadfcn.errors import ImageFileError
from roadfcn.prediction.source import Picture, RemotePicture, Video


def test_a_picture_tells_its_size_without_being_decoded(tmp_path, noise):
    Image.fromarray(noise).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content[:60])
    picture = Picture(tmp_path / "a.png", Path("x/a"))
    assert picture.pixels() == 24 * 40
    assert picture.file_name == "x/a.png"
    with pytest.raises(ImageFileError):
        picture.read()


def test_what_is_no_picture_counts_as_one_pixel(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    assert Picture(tmp_path / "a.png", Path("a")).pixels() == 1


def test_a_picture_over_the_limit_is_refused(tmp_path):
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    with pytest.raises(ImageFileError, match="is too large: 20 x 30 pixels"):
        Picture(tmp_path / "a.png", Path("a")).read(max_pixels=599)


def test_a_remote_picture_is_called_after_its_ending_where_it_has_one():
    assert RemotePicture("https://a.org/x.JPG?size=9", Path("a")).file_name == "a.jpg"
    assert RemotePicture("https://a.org/show?id=9", Path("a")).file_name == "a.png"


def test_a_remote_picture_that_does_not_come_is_an_error_of_the_picture():
    from roadfcn.errors import DownloadError

    with pytest.raises(DownloadError):
        RemotePicture("http://127.0.0.1:9/a.png", Path("a")).read()


@pytest.mark.parametrize(
    ("address", "called", "is_live"),
    [
        (Path("a.mp4"), "a.mp4", False),
        (1, "camera:1", True),
        ("rtsp://me:secret@h/s", "rtsp://h/s", True),
    ],
)
def test_a_video_is_called_so_that_it_is_found_and_no_password_is_told(address, called, is_live):
    video = Video(address, Path("v"))
    assert (str(video), video.is_live) == (called, is_live)
