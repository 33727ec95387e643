"""Truth pictures: a mask that is read holds classes and void, pixel by pixel as the codes say."""

import io

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from fuzzing import png
from fuzzing.cases import Case, Kind
from fuzzing.pictures import picture_bytes
from roadfcn.datasets import camvid, kitti_road
from roadfcn.image_files import read_mask_picture
from roadfcn.label_sets import CAMVID_11, VOID

# KITTI's development kit: red is "valid", blue is "road".
_KITTI = {(255, 0, 0): 0, (255, 0, 255): 1, (0, 0, 0): VOID, (0, 0, 255): VOID}
_CAMVID = {value: value for value in range(len(CAMVID_11))} | {11: VOID}


def _valid_masks():
    generator = np.random.default_rng(4)
    values = generator.integers(0, 12, (13, 17), np.uint8)
    colours = np.array(list(_KITTI), np.uint8)[values % 4]
    palette = Image.fromarray(values)
    palette.putpalette(generator.integers(0, 256, 768, np.uint8).tobytes())
    opaque = Image.fromarray(colours)
    opaque.putalpha(255)
    pictures = [Image.fromarray(colours), Image.fromarray(values), palette, opaque]
    pictures += [Image.fromarray(values % 2 * 255).convert("1"), Image.fromarray(colours[:1, :1])]
    found = []
    for picture in pictures:
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        found.append(("png", buffer.getvalue()))
    buffer = io.BytesIO()
    Image.fromarray(colours).save(buffer, "BMP")
    rows = [values[row].tobytes() for row in range(4)]
    deep = png.from_rows(8, 4, 16, 0, rows)
    return [*found, ("bmp", buffer.getvalue()), ("png", deep)]


def _cases(_workshop):
    contents = picture_bytes(_valid_masks())
    return st.builds(
        lambda content, code: Case("mask.png", content, (code,)),
        contents,
        st.sampled_from(["kitti", "camvid"]),
    )


def _check(case, folder):
    path = folder / case.name
    path.write_bytes(case.content)
    (code,) = case.words
    owner, known = (kitti_road, _KITTI) if code == "kitti" else (camvid, _CAMVID)
    mask = owner.TRUTH_CODE.decode(read_mask_picture(path), path)
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask, _decoded_slowly(case.content, known))


def _decoded_slowly(content, known):
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        if picture.mode == "RGBA":
            picture = picture.convert("RGB")
        if picture.mode == "LA":
            picture = picture.getchannel(0)
        stored = np.asarray(picture).astype(int).tolist()
    return [[known[tuple(v) if isinstance(v, list) else v] for v in row] for row in stored]


MASKS = Kind("masks", _cases, _check)
