from pathlib import Path

import pytest
from PIL import Image

from roadfcn.errors import ImageFileError
from roadfcn.prediction.sources.fetched_picture import FetchedPicture


@pytest.mark.parametrize("from_bytes", [True, False])
def test_a_picture_tells_its_size_without_being_decoded(tmp_path, noise, from_bytes):
    Image.fromarray(noise).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()[:60]
    (tmp_path / "a.png").write_bytes(content)
    picture = FetchedPicture(content if from_bytes else tmp_path / "a.png", "a")
    assert picture.pixels() == 24 * 40
    with pytest.raises(ImageFileError):
        picture.read()


def test_what_is_going_to_be_refused_counts_as_one_pixel(tmp_path):
    assert FetchedPicture(b"no picture", "a").pixels() == 1
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    picture = FetchedPicture(tmp_path / "a.png", "a")
    assert (picture.pixels(600), picture.pixels(599)) == (600, 1)
    with pytest.raises(ImageFileError, match="a is too large: 20 x 30 pixels"):
        picture.read(max_pixels=599)


def test_what_is_missing_is_told_when_it_is_read():
    picture = FetchedPicture(Path("nowhere.png"), "nowhere.png")
    assert picture.pixels() == 1
    with pytest.raises(ImageFileError, match=r"there is no picture nowhere\.png"):
        picture.read()
