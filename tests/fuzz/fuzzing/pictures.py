"""Pictures: whatever `read_image` takes must be what Pillow alone gives for it."""

import io
import warnings

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from fuzzing import png
from fuzzing.cases import Case, Kind
from fuzzing.mutations import damaged, spliced
from roadfcn.errors import ImageFileError
from roadfcn.image_files import image_size, read_image

_MODES = {
    "PNG": ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"],
    "JPEG": ["RGB", "L", "CMYK"],
    "BMP": ["RGB", "L", "P", "1"],
    "TIFF": ["RGB", "RGBA", "L", "P", "I;16", "CMYK", "F"],
    "WEBP": ["RGB", "RGBA"],
    "PPM": ["RGB", "L", "1"],
}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's orientation (EXIF 2.32, tag 0x0112)."""


def valid_pictures():
    """List (ending, bytes) of small pictures, of every format and mode."""
    pixels = np.random.default_rng(3).integers(0, 256, (13, 17, 3), np.uint8)
    photograph = Image.fromarray(pixels)
    found = [
        (form.lower(), _saved(_in_mode(pixels, mode), form))
        for form, modes in _MODES.items()
        for mode in modes
    ]
    exif = Image.Exif()
    exif[0x0112] = 6
    found += [
        ("jpg", _saved(photograph, "JPEG", progressive=True)),
        ("jpg", _saved(photograph, "JPEG", exif=exif)),
        ("jpg", _saved(photograph, "JPEG", subsampling=2, quality=20)),
        ("png", _saved(photograph, "PNG", exif=exif)),
        ("png", _saved(photograph, "PNG", save_all=True, append_images=[photograph])),
        ("png", png.interlaced(pixels)),
        ("png", png.from_rows(8, 4, 16, 2, [bytes(range(48))] * 4)),
        ("png", png.from_rows(8, 4, 2, 0, [b"\x1b\xe4"] * 4)),
        ("png", _saved(photograph.quantize(7), "PNG", transparency=b"\0\x80")),
        ("webp", _saved(photograph, "WEBP", save_all=True, append_images=[photograph])),
        ("webp", _saved(photograph, "WEBP", lossless=True)),
        ("ppm", b"P2 # text\n3 2\n15\n" + b"0 7 15 " * 2),
        ("ppm", b"P5 3 2 65535\n" + bytes(range(12))),
        ("gif", _saved(photograph, "GIF")),
    ]
    packings = ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4"]
    found += [
        ("tif", _saved(photograph.convert("1" if p == "group4" else "RGB"), "TIFF", compression=p))
        for p in packings
    ]
    return found


def _in_mode(pixels, mode):
    if mode == "I;16":
        return Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    if mode == "LA":
        return Image.fromarray(pixels[..., :2])
    return Image.fromarray(pixels).convert(mode)


def _saved(picture, form, **options):
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def picture_bytes(pictures):
    """Give a strategy of bytes: `pictures`, a list of (ending, bytes), damaged in some way."""
    contents = st.sampled_from([content for _, content in pictures])
    pngs = st.sampled_from([content for _, content in pictures if content[1:4] == b"PNG"])
    return st.one_of(damaged(contents), spliced(contents), png.damaged_png(pngs))


def _cases(_workshop):
    pictures = valid_pictures()
    bombs = [png.bomb(4000, 4000), png.bomb(2000, 3000, 8, 2), png.bomb(60_000, 60_000, 1)]
    bombs += [png.bomb(3000, 3000, 16), png.bomb(4000, 4000, 2, 3)]
    contents = st.one_of(*[picture_bytes(pictures)] * 49, st.sampled_from(bombs))
    names = st.sampled_from(sorted({f"x.{ending}" for ending, _ in pictures}))
    return st.builds(Case, names, contents)


def read_by_pillow_alone(content):
    """Give H,W,3 uint8 RGB, written without looking at how the package does it."""
    with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(content)) as opened:
        opened.load()
        # As ImageOps.exif_transpose does, which fails over other tags that cannot be written again.
        turn = _TURNS.get(opened.getexif().get(0x0112))
        upright = opened if turn is None else opened.transpose(turn)
        if upright.mode.startswith("I"):
            deep = np.asarray(upright).astype(np.int64)
            # Half of 257 is no whole number, so nothing is ever halfway.
            return np.repeat(((deep * 2 + 257) // 514).astype(np.uint8)[..., None], 3, 2)
        if upright.mode in ("P", "L", "RGB"):
            upright.info.pop("transparency", None)
        return np.asarray(upright.convert("RGB"))


def _check(case, folder):
    path = folder / case.name
    path.write_bytes(case.content)
    try:
        image = read_image(path)
    except ImageFileError:
        _size(path)  # the header may be whole; what cannot be is any other error
        raise
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, read_by_pillow_alone(case.content))
    assert _size(path) == image.shape[:2]


def _size(path):
    try:
        return image_size(path)
    except ImageFileError as problem:
        return problem


PICTURES = Kind("pictures", _cases, _check)
