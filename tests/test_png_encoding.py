"""PNG files that Pillow and OpenCV read back to the last pixel."""

import cv2
import numpy as np
import pytest
from PIL import Image

from roadfcn import png_encoding
from roadfcn.label_sets import CAMVID_11
from roadfcn.png_encoding import write_png

SHAPES = [(1, 1), (1, 9), (9, 1), (31, 17), (1, 1, 3), (1, 9, 3), (9, 1, 3), (31, 17, 3)]


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("band_bytes", [1, 100, 1 << 22])
def test_two_other_programs_read_what_was_written(tmp_path, monkeypatch, shape, band_bytes):
    monkeypatch.setattr(png_encoding, "_BAND_BYTES", band_bytes)
    path, pixels = tmp_path / "a.png", noise(*shape)
    write_png(path, pixels)
    with Image.open(path) as picture:
        picture.verify()  # the chunks' checksums
    np.testing.assert_array_equal(np.array(Image.open(path)), pixels)
    by_opencv = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(by_opencv, pixels[..., ::-1] if len(shape) == 3 else pixels)


def test_indices_come_back_as_indices_and_are_seen_in_their_colours(tmp_path):
    labels = (noise(20, 30) % len(CAMVID_11)).astype(np.uint8)
    labels[0, 0] = 255
    write_png(tmp_path / "a.png", labels, CAMVID_11.palette)
    picture = Image.open(tmp_path / "a.png")
    assert picture.mode == "P"
    np.testing.assert_array_equal(np.array(picture), labels)
    seen = np.array(picture.convert("RGB"))
    for place in ((3, 4), (19, 29)):
        assert tuple(seen[place]) == CAMVID_11.colours[labels[place]]


def test_a_part_of_a_larger_picture_is_written_as_a_picture(tmp_path):
    whole = noise(40, 50, 3)
    write_png(tmp_path / "a.png", whole[5:30:2, 49:10:-1])
    found = np.array(Image.open(tmp_path / "a.png"))
    np.testing.assert_array_equal(found, whole[5:30:2, 49:10:-1])


def test_labels_and_photographs_take_less_room_than_pillows_fastest(tmp_path):
    # Like a label map: few large areas. Like a photograph: a slope with noise.
    labels = np.zeros((300, 900), np.uint8)
    for row in range(150, 300):
        labels[row, 450 - row : 450 + row] = 1
    slope = np.linspace(0, 200, 900)[None, :, None] + np.zeros((300, 1, 3))
    photograph = (slope + np.random.default_rng(0).normal(20, 4, slope.shape)).clip(0, 255)
    for pixels in (labels, photograph.astype(np.uint8)):
        write_png(tmp_path / "ours.png", pixels)
        Image.fromarray(pixels).save(tmp_path / "pillows.png", compress_level=1)
        sizes = [(tmp_path / f"{name}.png").stat().st_size for name in ("ours", "pillows")]
        assert sizes[0] < sizes[1]
