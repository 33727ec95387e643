import io
import struct
import zlib

import pytest
from PIL import Image

from roadfcn.errors import ImageFileError
from roadfcn.image_files import image_size, read_image, stored_orientation
from roadfcn.png_notes import one_pixel_with_notes

ON_ITS_SIDE = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def chunk(kind, content):
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


@pytest.fixture
def endless(tmp_path, png_file):
    """Give a PNG that cannot be decoded, with its EXIF behind the pixels."""
    content = png_file(20_000, 10_000, 8, 0, [b""])
    path = tmp_path / "x.png"
    path.write_bytes(content[:-12] + chunk(b"eXIf", ON_ITS_SIDE) + content[-12:])
    return path


def test_exif_behind_the_pixels_is_read_without_decoding_them(endless):
    assert stored_orientation(endless) == "on its side"
    assert image_size(endless) == (20_000, 10_000)


def test_a_limit_on_pixels_is_looked_at_before_exif_behind_them(endless):
    with pytest.raises(ImageFileError, match="is too large: 10000 x 20000 pixels"):
        image_size(endless, max_pixels=1_000_000)
    with pytest.raises(ImageFileError, match="is too large: 10000 x 20000 pixels"):
        read_image(endless, max_pixels=1_000_000)


def test_a_picture_of_one_pixel_keeps_what_stands_before_and_behind_the_pixels(tmp_path, png_file):
    xmp = chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + b"<x/>")
    other = chunk(b"tEXt", b"Comment\0" + bytes(3000))
    content = png_file(7, 4, 8, 2, [bytes(21)] * 4)
    path = tmp_path / "x.png"
    behind = chunk(b"eXIf", ON_ITS_SIDE)
    path.write_bytes(content[:33] + xmp + other + content[33:-12] + behind + content[-12:])
    found = one_pixel_with_notes(path)
    assert len(found) < 300
    with Image.open(io.BytesIO(found)) as picture:
        picture.load()
        assert picture.size == (1, 1)
        assert picture.info["xmp"] == b"<x/>"
        assert picture.getexif()[0x0112] == 6


def test_a_chunk_that_is_cut_off_or_claims_gigabytes_is_left_out(tmp_path, png_file):
    content = png_file(7, 4, 8, 2, [bytes(21)] * 4)
    for rest in (chunk(b"eXIf", ON_ITS_SIDE)[:-1], b"\xff\xff\xff\xffeXIf" + ON_ITS_SIDE):
        path = tmp_path / "x.png"
        path.write_bytes(content[:-12] + rest)
        assert b"eXIf" not in one_pixel_with_notes(path)
        assert image_size(path) == (4, 7)
