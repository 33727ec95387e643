"""PNG files that others read back to the last pixel, whoever packed them."""

import cv2
import numpy as np
import pytest
from PIL import Image

from roadfcn import image_files
from roadfcn.image_files import write_image, write_labels
from roadfcn.label_sets import CAMVID_11


def random_pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("most", [0, 2**26], ids=["large", "small"])
@pytest.mark.parametrize("shape", [(1, 1), (9, 1), (31, 17), (1, 1, 3), (9, 1, 3), (31, 17, 3)])
def test_two_other_programs_read_what_was_written(tmp_path, monkeypatch, shape, most):
    monkeypatch.setattr(image_files, "_MOST_FOR_OPENCV", most)
    path, pixels = tmp_path / "ä b.PNG", random_pixels(*shape)
    write_image(path, pixels)
    with Image.open(path) as picture:
        picture.verify()  # the chunks' checksums
    np.testing.assert_array_equal(np.array(Image.open(path)), pixels)
    by_opencv = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(by_opencv, pixels[..., ::-1] if len(shape) == 3 else pixels)


@pytest.mark.parametrize("most", [0, 2**26], ids=["large", "small"])
def test_a_part_of_a_larger_picture_is_written_as_a_picture(tmp_path, monkeypatch, most):
    monkeypatch.setattr(image_files, "_MOST_FOR_OPENCV", most)
    part = random_pixels(40, 50, 3)[5:30:2, 49:10:-1]
    write_image(tmp_path / "a.png", part)
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / "a.png")), part)


def test_labels_come_back_as_indices_and_are_seen_in_their_colours(tmp_path):
    labels = (random_pixels(20, 30) % len(CAMVID_11)).astype(np.uint8)
    labels[0, 0] = 255
    write_labels(tmp_path / "a.png", labels, CAMVID_11)
    picture = Image.open(tmp_path / "a.png")
    assert picture.mode == "P"
    np.testing.assert_array_equal(np.array(picture), labels)
    seen = np.array(picture.convert("RGB"))
    for place in ((3, 4), (19, 29)):
        assert tuple(seen[place]) == CAMVID_11.colours[labels[place]]


def test_labels_take_less_room_than_with_zlibs_own_choice(tmp_path):
    labels = np.zeros((300, 900), np.uint8)
    for row in range(150, 300):
        labels[row, 450 - row : 450 + row] = 1
    write_labels(tmp_path / "ours.png", labels, CAMVID_11)
    palette = Image.open(tmp_path / "ours.png")
    palette.save(tmp_path / "theirs.png", compress_level=1)
    ours, theirs = ((tmp_path / f"{name}.png").stat().st_size for name in ("ours", "theirs"))
    assert ours < theirs
