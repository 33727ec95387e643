"""What the page on prediction shows is so: the kinds of pictures that it names are those read."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roadfcn.image_files import IMAGE_SUFFIXES, find_images, read_image
from roadfcn.picture_decoding import _FORMATS
from roadfcn.prediction.video.opening import VIDEO_SUFFIXES

PAGE = (Path(__file__).parents[1] / "docs" / "prediction.md").read_text(encoding="utf-8")
PICTURES = re.search(r"the picture: ([\w, ]+) \|", PAGE)[1].split(", ")
VIDEOS = re.search(r"the video: ([\w, ]+), \.\.\. \|", PAGE)[1].split(", ")


def test_the_page_names_all_kinds_of_pictures_that_are_read():
    assert [name.upper() for name in PICTURES] == list(_FORMATS)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_each_kind_is_read_and_found_in_folders_unless_it_is_a_gif(tmp_path, name):
    path = tmp_path / f"a.{name.lower()}"
    image = np.full((5, 7, 3), (255, 0, 0), np.uint8)
    Image.fromarray(image).save(path)
    assert np.abs(read_image(path).astype(int) - image).max() <= 3  # JPEG and WebP lose a little
    assert find_images(tmp_path) == ([] if name == "GIF" else [path])
    assert (path.suffix in IMAGE_SUFFIXES) == (name != "GIF")


@pytest.mark.parametrize("name", VIDEOS)
def test_the_videos_that_are_named_are_taken_for_videos(name):
    assert f".{name.lower()}" in VIDEO_SUFFIXES
