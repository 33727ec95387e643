"""Truth pictures: a mask that is read holds classes and void, pixel by pixel as the codes say."""

import io

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from fuzzing import png
from fuzzing.cases import Case, Kind
from fuzzing.pictures import picture_bytes
from roadfcn.datasets import camvid, kitti_road, voc
from roadfcn.datasets.camvid_32_classes import COLOUR_CODE
from roadfcn.datasets.cityscapes_labels import CityscapesCode
from roadfcn.image_files import read_mask_picture
from roadfcn.label_sets import CAMVID_11, VOID

# KITTI's development kit: red is "valid", blue is "road".
_KITTI = {(255, 0, 0): 0, (255, 0, 255): 1, (0, 0, 0): VOID, (0, 0, 255): VOID}
_CAMVID = {value: value for value in range(len(CAMVID_11))} | {11: VOID}
_VOC = {value: value for value in range(21)} | {255: VOID}
# The ids that Cityscapes' benchmark scores, in the order of the training ids.
_SCORED = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
_IDS = dict.fromkeys(range(34), VOID) | {found: index for index, found in enumerate(_SCORED)}
_TRAIN_IDS = {value: value for value in range(19)} | {255: VOID}
_STILLS = {(128, 64, 128): 3, (128, 0, 192): 3, (64, 128, 192): 8, (0, 0, 192): 4, (0, 0, 0): VOID}

_CODES = {
    "kitti": (kitti_road.TRUTH_CODE, _KITTI, ""),
    "camvid": (camvid.TRUTH_CODE, _CAMVID, ""),
    "voc": (voc.TRUTH_CODE, _VOC, ""),
    "ids": (CityscapesCode(), _IDS, "_gtFine_labelIds"),
    "training ids": (CityscapesCode(), _TRAIN_IDS, "_gtFine_labelTrainIds"),
    "stills": (COLOUR_CODE, _STILLS, "_L"),
}
"""What decodes them, what each value or colour must become, and how the files' names end."""


def _valid_masks():
    generator = np.random.default_rng(4)
    values = generator.integers(0, 12, (13, 17), np.uint8)
    colours = np.array(list(_KITTI), np.uint8)[values % 4]
    stills = np.array(list(_STILLS), np.uint8)[values % 5]
    palette = Image.fromarray(values)
    palette.putpalette(generator.integers(0, 256, 768, np.uint8).tobytes())
    opaque = Image.fromarray(colours)
    opaque.putalpha(255)
    pictures = [Image.fromarray(colours), Image.fromarray(values), palette, opaque]
    pictures += [Image.fromarray(values % 2 * 255).convert("1"), Image.fromarray(colours[:1, :1])]
    pictures += [
        Image.fromarray(stills),
        Image.fromarray(values * 3),
        Image.fromarray(np.where(values == 11, VOID, values).astype(np.uint8)),
    ]
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
        lambda content, code: Case(f"mask{_CODES[code][2]}.png", content, (code,)),
        contents,
        st.sampled_from(list(_CODES)),
    )


def _check(case, folder):
    path = folder / case.name
    path.write_bytes(case.content)
    (code,) = case.words
    decoder, known, _ = _CODES[code]
    mask = decoder.decode(read_mask_picture(path), path)
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
