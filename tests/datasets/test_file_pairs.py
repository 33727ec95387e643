import hashlib
import pickle

import numpy as np
import pytest
from PIL import Image

from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import ImageFileError, MaskError


@pytest.fixture
def kitti(make_kitti):
    return make_kitti({"um": 2, "uu": 1})


def _image(root):
    return root / "training" / "image_2" / "um_000000.png"


def _truth(root):
    return root / "training" / "gt_image_2" / "um_road_000000.png"


def test_the_split_hash_is_over_layout_split_and_frame_names(kitti):
    text = "kitti-road\nall\num_000000\num_000001\nuu_000000"
    assert open_dataset(kitti, "all").split_hash == hashlib.sha256(text.encode()).hexdigest()


def test_the_split_hash_does_not_depend_on_the_place(make_kitti):
    hashes = {open_dataset(make_kitti({"um": 3}, folder=place), "all").split_hash for place in "ab"}
    assert len(hashes) == 1


def test_a_copy_for_another_process_reads_the_same(kitti):
    dataset = open_dataset(kitti, "all")
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy.frames == dataset.frames
    assert (copy[0].mask == dataset[0].mask).all()


def test_truth_of_another_size_is_refused_with_both_sizes(kitti):
    Image.new("RGB", (79, 24), (255, 0, 0)).save(_truth(kitti))
    with pytest.raises(
        MaskError, match=r"is 24 x 79 pixels \(height x width\) and its picture 24 x 80"
    ):
        open_dataset(kitti, "all")[0]


@pytest.mark.parametrize("which", [_image, _truth])
def test_a_truncated_png_is_refused(kitti, which):
    path = which(kitti)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ImageFileError, match="cannot be read as a picture"):
        open_dataset(kitti, "all")[0]


def test_a_16_bit_mask_is_refused(kitti):
    Image.fromarray(np.zeros((24, 80), np.uint16)).save(_truth(kitti))
    with pytest.raises(MaskError, match="is of kind 'I;16'"):
        open_dataset(kitti, "all")[0]


def test_an_opaque_rgba_mask_is_read_and_a_transparent_one_refused(kitti):
    Image.new("RGBA", (80, 24), (255, 0, 255, 255)).save(_truth(kitti))
    assert (open_dataset(kitti, "all")[0].mask == 1).all()
    Image.new("RGBA", (80, 24), (255, 0, 255, 254)).save(_truth(kitti))
    with pytest.raises(MaskError, match="with transparent pixels"):
        open_dataset(kitti, "all")[0]


def test_a_palette_mask_is_read_by_index_and_refused_where_colours_belong(kitti, make_camvid):
    camvid = make_camvid({"train": 1})
    path = camvid / "trainannot" / "train_000.png"
    with Image.open(path) as grey:
        palette = grey.convert("L")
    palette.putpalette([value for index in range(256) for value in (index, 0, 255 - index)])
    palette.save(path)
    assert open_dataset(camvid)[0].mask[:2].max() == 0
    Image.new("P", (80, 24)).save(_truth(kitti))
    with pytest.raises(MaskError, match="has one channel"):
        open_dataset(kitti, "all")[0]


@pytest.mark.parametrize(("mode", "fill"), [("L", 90), ("RGBA", (90, 90, 90, 10))])
def test_grey_and_rgba_photographs_become_rgb(kitti, mode, fill):
    Image.new(mode, (80, 24), fill).save(_image(kitti))
    image = open_dataset(kitti, "all")[0].image
    assert image.shape == (24, 80, 3)
    assert (image == 90).all()
