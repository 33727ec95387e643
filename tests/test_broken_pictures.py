"""Broken pictures: every way a file can be damaged ends in one kind of error."""

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from roadfcn.errors import ImageFileError
from roadfcn.image_files import image_size, read_image, read_mask_picture, write_image

READERS = pytest.mark.parametrize("read", [read_image, read_mask_picture])


@READERS
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif", ".webp"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_truncated_files_are_refused(tmp_path, noise, read, suffix, share):
    path = tmp_path / f"x{suffix}"
    write_image(path, noise)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ImageFileError, match="cannot be read as a picture"):
        read(path)


@READERS
def test_missing_empty_foreign_and_folder_paths_are_told_apart(tmp_path, read):
    with pytest.raises(ImageFileError, match="there is no picture"):
        read(tmp_path / "x.png")
    (tmp_path / "x.png").touch()
    with pytest.raises(ImageFileError, match="is empty"):
        read(tmp_path / "x.png")
    (tmp_path / "x.png").write_text(
        "this is not a picture, whatever its name says\n", encoding="utf-8"
    )
    with pytest.raises(ImageFileError, match="cannot be read as a picture"):
        read(tmp_path / "x.png")
    with pytest.raises(ImageFileError, match="is a folder") as caught:
        read(tmp_path)
    assert caught.value.do == "name a picture inside this folder"


def test_formats_that_start_programs_are_not_opened(tmp_path):
    (tmp_path / "x.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    with pytest.raises(ImageFileError, match="cannot be read as a picture"):
        read_image(tmp_path / "x.png")


@pytest.mark.parametrize("side", [60_000, 24_000])
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path, png_file, side):
    """Over twice Pillow's limit, and between its limit and ours."""
    (tmp_path / "x.png").write_bytes(png_file(side, side, 8, 2, [b""]))
    with pytest.raises(ImageFileError, match="is too large") as caught:
        read_image(tmp_path / "x.png")
    assert caught.value.allowed == "at most 536870912 pixels"
    with pytest.raises(ImageFileError, match="is too large"):
        image_size(tmp_path / "x.png")


def test_large_pictures_below_our_limit_pass_the_size_check(tmp_path, png_file):
    """20000 x 20000 is over twice the limit that Pillow has by default; only pixels lack here."""
    (tmp_path / "x.png").write_bytes(png_file(20_000, 20_000, 8, 0, [b""]))
    assert image_size(tmp_path / "x.png") == (20_000, 20_000)


def test_a_program_without_pillows_limit_stays_without(tmp_path, noise, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    write_image(tmp_path / "x.png", noise)
    np.testing.assert_array_equal(read_image(tmp_path / "x.png"), noise)
    assert Image.MAX_IMAGE_PIXELS is None


def test_a_caller_may_lower_the_limit(tmp_path, noise):
    write_image(tmp_path / "x.png", noise)
    assert read_image(tmp_path / "x.png", max_pixels=960).shape == (24, 40, 3)
    with pytest.raises(ImageFileError, match="too large: 24 x 40 pixels"):
        read_image(tmp_path / "x.png", max_pixels=959)


damaged_files = given(
    form=st.sampled_from(["PNG", "JPEG", "TIFF", "WEBP", "BMP", "PPM"]),
    damage=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6),
)
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def read_damaged(path, form, damage):
    """Write a small picture, overwrite the bytes that `damage` names, and read it."""
    buffer = io.BytesIO()
    Image.effect_noise((12, 9), 60).convert("RGB").save(buffer, form)
    content = bytearray(buffer.getvalue())
    for at, value in damage:
        content[at % len(content)] = value
    path.write_bytes(content)
    try:
        image = read_image(path, max_pixels=10**6)
    except ImageFileError:
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3


@settings(same_folder, max_examples=150)
@damaged_files
def test_damaged_bytes_give_a_picture_or_an_image_error(tmp_path, form, damage):
    read_damaged(tmp_path / "x", form, damage)


@pytest.mark.slow
@settings(same_folder, max_examples=10_000)
@damaged_files
def test_any_of_many_damages_gives_a_picture_or_an_image_error(tmp_path, form, damage):
    read_damaged(tmp_path / "x", form, damage)
