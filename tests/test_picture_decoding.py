"""The less usual files: animations, many bits, odd shapes, headers that lie, bytes."""

import io
import itertools
import struct
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from PIL import Image, ImageOps, TiffImagePlugin

from roadfcn import picture_decoding
from roadfcn.errors import ImageFileError
from roadfcn.image_files import from_pillow, image_size, read_image, to_pillow

RED, BLUE = (255, 0, 0), (0, 0, 255)


def encoded(picture, form, **options):
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken(form):
    first, second = (Image.new("RGB", (6, 5), colour) for colour in (RED, BLUE))
    options = {} if form == "TIFF" else {"duration": 100}
    content = encoded(first, form, save_all=True, append_images=[second], **options)
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.n_frames == 2
    image = read_image(content)
    assert image.shape == (5, 6, 3)
    np.testing.assert_allclose(image[0, 0].astype(int), RED, atol=2)


def test_a_gif_is_read_with_its_colours_and_without_its_transparency(tmp_path):
    picture = Image.fromarray(np.array([[0, 1]], np.uint8))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    path = tmp_path / "x.gif"
    picture.save(path, transparency=1)
    assert read_image(path).tolist() == [[[10, 20, 30], [40, 50, 60]]]
    assert image_size(path) == (1, 2)


@pytest.mark.parametrize(
    "content",
    [
        # A screen of 65535 x 65535, as a GIF's header may say in ten bytes.
        b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b"," + bytes(9) + b"\x02\0;",
        encoded(Image.new("1", (4, 4)), "PPM").replace(b"4 4", b"99999 99999"),
    ],
    ids=["gif", "pbm"],
)
def test_headers_that_promise_gigabytes_are_refused_before_memory_is_taken(content):
    tracemalloc.start()
    with pytest.raises(ImageFileError, match="is too large") as told:
        read_image(content, name="bomb")
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()
    assert told.value.found.startswith("bomb is too large")
    assert "--max-pixels of roadfcn predict, max_pixels in Python" in told.value.do


def test_the_limit_can_be_raised_above_the_usual_one(tmp_path, png_file, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    path = tmp_path / "x.png"
    path.write_bytes(png_file(40_000, 40_000, 8, 2, [b""]))
    with pytest.raises(ImageFileError, match="is too large"):
        image_size(path)
    assert image_size(path, max_pixels=40_000**2) == (40_000, 40_000)


@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bit_grey_tiffs_are_scaled_in_either_byte_order(order):
    values = np.array([[0, 257, 32768, 65535]], f"{order}u2")
    prefix = "II" if order == "<" else "MM"
    strip = values.tobytes()
    entries = [(256, 4), (257, 1), (258, 16), (259, 1), (262, 1), (273, 0), (277, 1), (278, 1)]
    entries.append((279, len(strip)))
    start = 8 + 2 + 12 * len(entries) + 4
    content = prefix.encode() + struct.pack(f"{order}HIH", 42, 8, len(entries))
    for tag, value in entries:
        content += struct.pack(f"{order}HHII", tag, 4, 1, start if tag == 273 else value)
    content += bytes(4) + strip
    assert read_image(content)[0, :, 0].tolist() == [0, 1, 128, 255]


def test_16_bit_colour_tiffs_are_scaled():
    """Pillow writes none: this one has a strip of two pixels, 16 bits for each channel."""
    strip = np.array([0, 257, 32768, 65535, 514, 65535], "<u2").tobytes()
    bits = struct.pack("<3H", 16, 16, 16)
    tags = {256: 2, 257: 1, 258: None, 259: 1, 262: 2, 273: None, 277: 3, 278: 1, 279: len(strip)}
    after = 8 + 2 + 12 * len(tags) + 4
    content = b"II" + struct.pack("<HIH", 42, 8, len(tags))
    for tag, value in tags.items():
        place = {258: after, 273: after + len(bits)}.get(tag, value)
        count, kind = (3, TiffImagePlugin.TiffTags.SHORT) if tag == 258 else (1, 4)
        content += struct.pack("<HHII", tag, kind, count, place)
    content += bytes(4) + bits + strip
    # The higher byte of each value, as for PNG.
    assert read_image(content).tolist() == [[[0, 1, 128], [255, 2, 255]]]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "TIFF", "PPM", "GIF"])
@pytest.mark.parametrize("size", [(1, 1), (3, 5000), (5000, 3)])
def test_pictures_of_extreme_sizes_are_read(form, size):
    content = encoded(Image.new("RGB", (size[1], size[0]), (90, 90, 90)), form)
    image = read_image(content)
    assert image.shape == (*size, 3)
    assert np.abs(image.astype(int) - 90).max() <= 1


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK", "RGBA", "I;16", "LA", "1"])
def test_large_pictures_are_converted_band_by_band_to_the_same_pixels(monkeypatch, mode):
    rng = np.random.default_rng(0)
    noisy = Image.fromarray(rng.integers(0, 256, (37, 23, 3), np.uint8))
    deep = Image.fromarray(rng.integers(0, 65536, (37, 23), np.uint16))
    picture = deep if mode == "I;16" else noisy.convert(mode)
    whole = from_pillow(picture)
    monkeypatch.setattr(picture_decoding, "_BAND_PIXELS", 100)  # four rows at a time
    np.testing.assert_array_equal(from_pillow(picture), whole)
    assert whole.std() > 20


def test_a_picture_given_to_pillow_and_back_is_the_same(noise):
    np.testing.assert_array_equal(from_pillow(to_pillow(noise)), noise)
    np.testing.assert_array_equal(from_pillow(to_pillow(noise[..., 0])), noise[..., [0, 0, 0]])
    np.testing.assert_array_equal(from_pillow(to_pillow(noise[::-1, ::2])), noise[::-1, ::2])


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF"])
def test_broken_bytes_are_told_by_the_name_they_are_given(noise, form, share):
    content = encoded(Image.fromarray(noise), form)
    with pytest.raises(ImageFileError, match="frame 7 cannot be read as a picture") as told:
        read_image(content[: int(share * len(content))], name="frame 7")
    assert "BytesIO" not in told.value.found  # an address in memory helps nobody


def test_orientations_are_applied_to_bytes_too():
    for orientation, name in itertools.product((3, 6), ("JPEG", "PNG", "WEBP")):
        exif = Image.Exif()
        exif[0x0112] = orientation
        image = read_image(encoded(Image.new("RGB", (8, 4), RED), name, exif=exif))
        assert image.shape == ((8, 4, 3) if orientation == 6 else (4, 8, 3))


def test_pillows_own_guard_is_as_it_was_before(tmp_path, png_file, monkeypatch):
    """It is of the whole process, and other code may rely on it."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    (tmp_path / "x.png").write_bytes(png_file(40, 40, 8, 0, [bytes(40)] * 40))
    assert image_size(tmp_path / "x.png", max_pixels=10**12) == (40, 40)
    assert read_image(tmp_path / "x.png", max_pixels=10**12).shape == (40, 40, 3)
    with pytest.raises(ImageFileError):
        read_image(b"no picture")
    assert Image.MAX_IMAGE_PIXELS == 1000


def test_a_programs_own_warnings_about_large_pictures_stay(tmp_path, monkeypatch):
    Image.new("L", (50, 30)).save(tmp_path / "x.png")
    read_image(tmp_path / "x.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.warns(Image.DecompressionBombWarning, match="exceeds limit of 1000 pixels"):
        Image.open(tmp_path / "x.png").close()


def test_a_bomb_is_refused_without_a_warning_of_pillows(tmp_path, png_file):
    """In a process of its own, as tests make errors of warnings."""
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_file(30_000, 30_000, 8, 2, [b""]))
    code = """
import sys
from roadfcn.errors import ImageFileError
from roadfcn.image_files import read_image
try:
    read_image(sys.argv[1])
except ImageFileError as problem:
    sys.exit(problem.found)
"""
    words = [sys.executable, "-c", code, str(bomb)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = f"{bomb} is too large: 30000 x 30000 pixels (height x width)\n"
    assert (done.returncode, done.stderr) == (1, found)


def test_large_pictures_are_turned_band_by_band(monkeypatch):
    """What Pillow's own turning makes of them, is expected."""
    monkeypatch.setattr(picture_decoding, "_BAND_PIXELS", 20)
    stored = Image.fromarray(np.arange(9 * 7 * 3, dtype=np.uint8).reshape(9, 7, 3))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        content = encoded(stored, "PNG", exif=exif)
        with Image.open(io.BytesIO(content)) as picture:
            upright = ImageOps.exif_transpose(picture)
        np.testing.assert_array_equal(read_image(content), np.array(upright))


def test_an_odd_tag_beside_the_orientation_does_no_harm():
    """ImageWidth as letters, which Pillow cannot write again."""
    tags = [(0x0100, 2, 4, b"abc\0"), (0x0112, 3, 1, b"\0\6\0\0")]
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", len(tags))
    exif += b"".join(struct.pack(">HHI", *tag[:3]) + tag[3] for tag in tags) + bytes(4)
    plain = encoded(Image.new("RGB", (16, 8)), "JPEG")
    content = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]
    assert read_image(content).shape == (16, 8, 3)
