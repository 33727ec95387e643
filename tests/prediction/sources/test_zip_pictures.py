import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import DownloadError, ImageFileError
from roadfcn.prediction.sources import zip_pictures
from roadfcn.prediction.sources.source import ZippedPicture
from roadfcn.prediction.sources.zip_pictures import ZipPictures


@pytest.fixture
def png(noise):
    content = io.BytesIO()
    Image.fromarray(noise).save(content, "png")
    return content.getvalue()


def pack(path, members, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_pictures_are_listed_sorted_and_read_as_they_went_in(tmp_path, png, noise):
    members = {"b.png": png, "a/x.jpg": b"1", "notes.txt": b"2", "a/.y.png": b"3"}
    archive = ZipPictures(pack(tmp_path / "a.zip", members, zipfile.ZIP_DEFLATED))
    assert archive.names() == ["a/x.jpg", "b.png"]
    assert archive.content("b.png") == png
    assert archive.info("b.png").file_size == len(png)
    source = ZippedPicture(archive, "b.png", tmp_path / "b")
    np.testing.assert_array_equal(source.fetch().read(), noise)


def test_what_is_no_archive_or_cut_off_is_told(tmp_path, png):
    (tmp_path / "no.zip").write_bytes(b"no archive")
    whole = pack(tmp_path / "a.zip", {"a.png": png}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    for name in ("no.zip", "cut.zip"):
        with pytest.raises(ImageFileError, match=f"the archive .*{name} cannot be read"):
            ZipPictures(tmp_path / name)


def test_a_damaged_member_is_told_by_its_name_and_the_others_are_read(tmp_path, png):
    path = pack(tmp_path / "a.zip", {"a.png": png, "b.png": png})
    content = bytearray(path.read_bytes())
    content[content.index(png) + 100] ^= 0xFF
    path.write_bytes(content)
    archive = ZipPictures(path)
    with pytest.raises(ImageFileError, match=r"a\.zip: a\.png cannot be read: Bad CRC"):
        archive.content("a.png")
    assert archive.content("b.png") == png


def test_no_member_is_read_that_is_larger_than_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(zip_pictures, "MOST_MEMBER_BYTES", 1000)
    archive = ZipPictures(pack(tmp_path / "a.zip", {"a.png": bytes(1001)}, zipfile.ZIP_DEFLATED))
    with pytest.raises(ImageFileError, match=r"a\.png has 1,001 bytes") as caught:
        archive.content("a.png")
    assert caught.value.allowed == "pictures of at most 1,000 bytes in archives"


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "C:/a.png", "a\nb.png"])
def test_names_that_lead_out_are_refused_with_the_archive(tmp_path, png, name):
    path = pack(tmp_path / "a.zip", {"ok.png": png, name: png})
    with pytest.raises(DownloadError, match="leads out of its folder or cannot be a file's"):
        ZipPictures(path)


def test_a_picture_that_is_none_is_called_by_archive_and_name(tmp_path):
    archive = ZipPictures(pack(tmp_path / "a.zip", {"x/a.png": b"no picture", "b.png": b""}))
    source = ZippedPicture(archive, "x/a.png", tmp_path / "a")
    with pytest.raises(ImageFileError, match=r"a\.zip: x/a\.png cannot be read as a picture"):
        source.fetch().read()


def test_an_archive_is_open_only_while_it_is_read(tmp_path, png):
    """So that hundreds of them take no more open files than one."""
    path = pack(tmp_path / "a.zip", {"a.png": png, "b.png": b"2"})
    before = len(list(Path("/proc/self/fd").iterdir()))
    archives = [ZipPictures(path) for _ in range(20)]
    assert [archive.content("b.png") for archive in archives] == [b"2"] * 20
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    path.unlink()
    with pytest.raises(ImageFileError, match=r"a\.zip: a\.png cannot be read: .*No such file"):
        archives[0].content("a.png")
