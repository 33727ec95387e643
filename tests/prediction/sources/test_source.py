import os
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from roadfcn.errors import DownloadError
from roadfcn.prediction.sources.source import (
    Picture,
    RemotePicture,
    Unreadable,
    Video,
    ZippedPicture,
)
from roadfcn.prediction.sources.zip_pictures import ZipPictures


def test_a_picture_is_read_from_its_file(tmp_path, noise):
    Image.fromarray(noise).save(tmp_path / "a.png")
    picture = Picture(tmp_path / "a.png", Path("x/a"))
    assert picture.file_name == "x/a.png"
    assert (picture.fetch().read() == noise).all()
    assert picture.fetch_bytes == 0


def test_the_origin_of_a_file_changes_with_its_place_its_size_and_its_time(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (6, 4)).save(tmp_path / name / "1.png")
        os.utime(tmp_path / name / "1.png", ns=(5, 5))
    picture = Picture(tmp_path / "a" / "1.png", Path("1"))
    size = picture.path.stat().st_size
    assert picture.origin == [str(tmp_path / "a" / "1.png"), size, 5]
    assert Picture(tmp_path / "b" / "1.png", Path("1")).origin != picture.origin
    before = picture.origin
    os.utime(picture.path, ns=(5, 6))
    assert picture.origin != before
    assert Video(picture.path, Path("v")).origin == picture.origin
    picture.path.unlink()
    assert picture.origin == [str(tmp_path / "a" / "1.png")]


def test_the_origin_of_a_picture_in_an_archive_is_what_the_archive_says_of_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("1.png", b"123456789")
        archive.writestr("2.png", b"")
    source = ZippedPicture(ZipPictures(tmp_path / "a.zip"), "1.png", Path("1"))
    # The check value of CRC-32 of these digits, in every catalogue of checksums.
    assert source.origin == [str(tmp_path / "a.zip"), "1.png", 9, 0xCBF43926]
    assert source.fetch_bytes == 9


def test_the_origin_of_an_address_tells_no_password():
    one, other = (RemotePicture(f"https://me:pw@h/a?key={key}", Path("a")) for key in (1, 2))
    assert one.origin[0] == other.origin[0] == "https://h/a"
    assert one.origin != other.origin
    assert str(one) == "https://h/a"
    assert "pw" not in f"{one.origin} {Video('rtsp://me:pw@h/s', Path('s')).origin}"


def test_a_broken_archive_says_what_is_wrong_when_its_turn_comes(tmp_path):
    source = Unreadable(tmp_path / "a.zip", Path("a.zip"), DownloadError("x", allowed="y", do="z"))
    with pytest.raises(DownloadError, match="x"):
        source.fetch()


def test_a_remote_picture_is_called_after_its_ending_where_it_has_one():
    assert RemotePicture("https://a.org/x.JPG?size=9", Path("a")).file_name == "a.jpg"
    assert RemotePicture("https://a.org/show?id=9", Path("a")).file_name == "a.png"


def test_a_remote_picture_that_does_not_come_is_an_error_of_the_picture():
    with pytest.raises(DownloadError):
        RemotePicture("http://127.0.0.1:9/a.png", Path("a")).fetch()


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
