"""Pictures in and out: every kind that users bring. Broken ones: test_broken_pictures.py."""

import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import ImageFileError, MaskError, OutputError
from roadfcn.image_files import (
    find_images,
    image_size,
    read_grey_picture,
    read_image,
    read_mask_picture,
    stored_orientation,
    write_image,
    write_labels,
)
from roadfcn.label_sets import ROAD, VOID

# What read_image makes of each kind


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".ppm", ".PNG"])
def test_lossless_formats_give_back_the_picture(tmp_path, noise, suffix):
    path = tmp_path / f"x{suffix}"
    write_image(path, noise)
    np.testing.assert_array_equal(read_image(path), noise)
    assert image_size(path) == (24, 40)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_formats_give_back_nearly_the_picture(tmp_path, suffix):
    smooth = np.linspace(20, 230, 32, dtype=np.uint8)[:, None, None].repeat(32, 1).repeat(3, 2)
    write_image(tmp_path / f"x{suffix}", smooth)
    read = read_image(tmp_path / f"x{suffix}")
    assert np.abs(read.astype(int) - smooth).max() <= 4


def test_grey_becomes_three_equal_channels(tmp_path, png_file):
    (tmp_path / "x.png").write_bytes(png_file(3, 1, 8, 0, [bytes([0, 100, 255])]))
    assert read_image(tmp_path / "x.png").tolist() == [[[0] * 3, [100] * 3, [255] * 3]]


def test_16_bit_grey_is_scaled_to_8(tmp_path, png_file):
    row = struct.pack(">4H", 0, 257, 32768, 65535)
    (tmp_path / "x.png").write_bytes(png_file(4, 1, 16, 0, [row]))
    assert read_image(tmp_path / "x.png")[0, :, 0].tolist() == [0, 1, 128, 255]


def test_16_bit_colour_is_scaled_to_8(tmp_path, png_file):
    row = struct.pack(">6H", 0, 257, 32768, 65535, 514, 65535)
    (tmp_path / "x.png").write_bytes(png_file(2, 1, 16, 2, [row]))
    assert read_image(tmp_path / "x.png").tolist() == [[[0, 1, 128], [255, 2, 255]]]


def test_transparency_is_dropped_and_colours_are_kept(tmp_path, png_file):
    (tmp_path / "rgba.png").write_bytes(png_file(1, 1, 8, 6, [bytes([10, 20, 30, 0])]))
    (tmp_path / "la.png").write_bytes(png_file(1, 1, 8, 4, [bytes([40, 128])]))
    assert read_image(tmp_path / "rgba.png").tolist() == [[[10, 20, 30]]]
    assert read_image(tmp_path / "la.png").tolist() == [[[40, 40, 40]]]


def test_palette_with_transparent_entries_gives_its_colours(tmp_path):
    picture = Image.fromarray(np.array([[0, 1]], np.uint8))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.save(tmp_path / "x.png", transparency=b"\x00\x80")
    assert read_image(tmp_path / "x.png").tolist() == [[[10, 20, 30], [40, 50, 60]]]


def test_cmyk_is_converted(tmp_path):
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "x.jpg", quality=100)
    red, green, blue = read_image(tmp_path / "x.jpg")[0, 0]
    assert red > 250
    assert max(green, blue) < 5


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        # Rows of the stored picture are 1 2 3 / 4 5 6; EXIF 2.32, table of orientation values.
        (1, [[1, 2, 3], [4, 5, 6]]),
        (2, [[3, 2, 1], [6, 5, 4]]),
        (3, [[6, 5, 4], [3, 2, 1]]),
        (4, [[4, 5, 6], [1, 2, 3]]),
        (5, [[1, 4], [2, 5], [3, 6]]),
        (6, [[4, 1], [5, 2], [6, 3]]),
        (7, [[6, 3], [5, 2], [4, 1]]),
        (8, [[3, 6], [2, 5], [1, 4]]),
    ],
)
def test_exif_orientation_is_applied(tmp_path, orientation, expected):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "x.png"
    Image.fromarray(np.array([[1, 2, 3], [4, 5, 6]], np.uint8)).save(path, exif=exif)
    assert read_image(path)[..., 0].tolist() == expected
    assert image_size(path) == np.shape(expected)
    for other in (tmp_path / "x.jpg", tmp_path / "x.tif"):
        Image.new("RGB", (3, 2)).save(other, exif=exif)
        assert image_size(other) == np.shape(expected)
        assert read_image(other).shape[:2] == np.shape(expected)


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    first, second = Image.new("RGB", (2, 2), (255, 0, 0)), Image.new("RGB", (2, 2), (0, 0, 255))
    first.save(tmp_path / "x.tif", save_all=True, append_images=[second])
    assert read_image(tmp_path / "x.tif")[0, 0].tolist() == [255, 0, 0]


def test_floating_point_pictures_are_refused(tmp_path):
    Image.fromarray(np.full((2, 2), 0.5, np.float32)).save(tmp_path / "x.tif")
    with pytest.raises(ImageFileError, match=r"holds float32 values from 0\.5 to 0\.5"):
        read_image(tmp_path / "x.tif")


def test_32_bit_pictures_are_refused(tmp_path):
    Image.fromarray(np.full((2, 2), 70000, np.int32)).save(tmp_path / "x.tif")
    with pytest.raises(ImageFileError, match="values from 70000"):
        read_image(tmp_path / "x.tif")


# Masks


def test_palette_masks_give_their_ids(tmp_path):
    labels = np.array([[0, 1], [VOID, 1]], np.uint8)
    write_labels(tmp_path / "x.png", labels, ROAD)
    np.testing.assert_array_equal(read_mask_picture(tmp_path / "x.png"), labels)
    assert read_image(tmp_path / "x.png")[0, 1].tolist() == list(ROAD.colours[1])


def test_colour_and_grey_masks_give_their_values(tmp_path):
    colours = np.array([[[255, 0, 255], [255, 0, 0]]], np.uint8)
    write_image(tmp_path / "colour.png", colours)
    write_image(tmp_path / "grey.png", colours[..., 1])
    np.testing.assert_array_equal(read_mask_picture(tmp_path / "colour.png"), colours)
    np.testing.assert_array_equal(read_mask_picture(tmp_path / "grey.png"), colours[..., 1])


def test_one_bit_masks_give_zeros_and_ones(tmp_path, png_file):
    (tmp_path / "x.png").write_bytes(png_file(4, 1, 1, 0, [b"\xa0"]))
    mask = read_mask_picture(tmp_path / "x.png")
    assert mask.tolist() == [[1, 0, 1, 0]]
    assert mask.dtype == np.uint8


def test_an_opaque_alpha_channel_is_dropped_from_masks(tmp_path, png_file):
    (tmp_path / "rgba.png").write_bytes(png_file(1, 1, 8, 6, [bytes([255, 0, 255, 255])]))
    (tmp_path / "la.png").write_bytes(png_file(1, 1, 8, 4, [bytes([7, 255])]))
    assert read_mask_picture(tmp_path / "rgba.png").tolist() == [[[255, 0, 255]]]
    assert read_mask_picture(tmp_path / "la.png").tolist() == [[7]]


def test_transparent_masks_are_refused(tmp_path, png_file):
    (tmp_path / "x.png").write_bytes(png_file(1, 1, 8, 6, [bytes([255, 0, 255, 254])]))
    with pytest.raises(MaskError, match="kind 'RGBA' with transparent pixels"):
        read_mask_picture(tmp_path / "x.png")


def test_16_bit_masks_are_refused(tmp_path, png_file):
    (tmp_path / "x.png").write_bytes(png_file(1, 1, 16, 0, [b"\0\7"]))
    with pytest.raises(MaskError, match="kind 'I;16'"):
        read_mask_picture(tmp_path / "x.png")


# What read_grey_picture takes


def test_grey_pictures_give_their_values(tmp_path, png_file):
    (tmp_path / "x.png").write_bytes(png_file(2, 1, 8, 0, [b"\x09\xff"]))
    assert read_grey_picture(tmp_path / "x.png").tolist() == [[9, 255]]


@pytest.mark.parametrize(
    ("depth", "colour_type", "row", "kind"),
    [
        (16, 0, b"\0\7", "16-bit grey\n"),
        (8, 2, b"\1\2\3", "in colour\n"),
        (8, 6, b"\1\2\3\377", "in colour with alpha\n"),
        (8, 4, b"\1\377", "grey with alpha\n"),
        (1, 0, b"\0", "black and white\n"),
    ],
)
def test_other_kinds_are_no_grey_pictures(tmp_path, png_file, depth, colour_type, row, kind):
    (tmp_path / "x.png").write_bytes(png_file(1, 1, depth, colour_type, [row]))
    with pytest.raises(ImageFileError, match=re.escape(f"x.png is {kind}")) as caught:
        read_grey_picture(tmp_path / "x.png")
    assert caught.value.allowed == "8-bit grey"


def test_a_palette_picture_is_no_grey_picture(tmp_path):
    Image.new("P", (2, 1)).save(tmp_path / "x.png")
    with pytest.raises(ImageFileError, match=r"x\.png is a palette picture"):
        read_grey_picture(tmp_path / "x.png")


# Writing and finding


@pytest.mark.parametrize("name", ["x", "x.txt", "x.eps"])
def test_unknown_endings_are_refused_when_writing(tmp_path, noise, name):
    with pytest.raises(OutputError, match="ends in") as caught:
        write_image(tmp_path / name, noise)
    assert ".png" in caught.value.allowed
    assert list(tmp_path.iterdir()) == []


def test_labels_are_written_as_png_only(tmp_path):
    with pytest.raises(OutputError, match=r"ends in '\.jpg'"):
        write_labels(tmp_path / "x.jpg", np.zeros((2, 2), np.uint8), ROAD)


def test_pictures_are_found_sorted_and_nothing_hidden(tmp_path):
    for name in ("b.png", "a/c.JPG", "notes.txt", ".hidden.png", ".git/d.png", "e.png/f.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in find_images(tmp_path)]
    assert found == ["a/c.JPG", "b.png", "e.png/f.tif"]


@pytest.mark.parametrize(
    ("orientation", "words"),
    [(1, ""), (3, "upside down"), (6, "on its side"), (8, "on its side"), (99, "")],
)
def test_how_a_picture_is_stored_is_told_in_words(tmp_path, orientation, words):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for name in ("a.jpg", "a.png"):
        Image.new("RGB", (4, 2)).save(tmp_path / name, exif=exif)
        assert stored_orientation(tmp_path / name) == words
    Image.new("RGB", (4, 2)).save(tmp_path / "plain.png")
    assert stored_orientation(tmp_path / "plain.png") == ""


def test_every_16_bit_value_is_rounded_to_the_nearest_of_8_bits(tmp_path):
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    Image.fromarray(values).save(tmp_path / "x.png")
    expected = np.rint(values / 257).astype(np.uint8)
    np.testing.assert_array_equal(read_image(tmp_path / "x.png")[..., 1], expected)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


EXIF_ON_ITS_SIDE = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
XMP_ON_ITS_SIDE = (
    b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta><rdf:Description tiff:Orientation='6'/></x:xmpmeta>"
).replace(b"'", b'"')


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        (_chunk(b"eXIf", EXIF_ON_ITS_SIDE), (7, 4)),
        (_chunk(b"iTXt", XMP_ON_ITS_SIDE), (7, 4)),
        (_chunk(b"tEXt", b"date\0today") + _chunk(b"eXIf", EXIF_ON_ITS_SIDE), (7, 4)),
        (_chunk(b"tEXt", b"date\0today"), (4, 7)),
    ],
)
@pytest.mark.parametrize("behind", [True, False])
def test_the_size_of_a_png_is_that_it_is_read_in_wherever_its_notes_lie(
    tmp_path, png_file, notes, expected, behind
):
    content = png_file(7, 4, 8, 2, [bytes(21)] * 4)
    at = -12 if behind else 33  # before the end mark, or right after the header
    path = tmp_path / "x.png"
    path.write_bytes(content[:at] + notes + content[at:])
    assert image_size(path) == expected
    assert read_image(path).shape[:2] == expected


def test_the_size_of_a_large_png_is_told_without_decoding_it(tmp_path, png_file):
    """Text behind the pixels, as some programs write the date, is no reason to decode them."""
    content = png_file(20_000, 20_000, 8, 0, [b""])  # which could not be decoded
    path = tmp_path / "x.png"
    path.write_bytes(content[:-12] + _chunk(b"tEXt", b"date\0today") + content[-12:])
    assert image_size(path) == (20_000, 20_000)
