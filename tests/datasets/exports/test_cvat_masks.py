import numpy as np
import pytest

from roadfcn.datasets.exports.convert import convert
from roadfcn.datasets.layouts import open_dataset, take_inventory
from roadfcn.errors import DatasetError, ImageFileError, MaskError

ROAD, CAR, NOTHING = (9, 8, 7), (1, 2, 3), (0, 0, 0)


def colours(*rows):
    """Give a mask of 6 x 10 whose rows have these colours."""
    return np.repeat(np.array(rows, np.uint8)[:, None], 10, axis=1)


MASK = colours(NOTHING, NOTHING, ROAD, ROAD, ROAD, CAR)


@pytest.mark.parametrize("name", ["export", "export.zip"])
def test_colours_become_classes(cvat_masks, tmp_path, name):
    source = cvat_masks({"one": MASK, "drive/two": MASK[::-1]}, name=name)
    conversion = convert([source], tmp_path / "out")
    assert conversion.label_set.classes == ("background", "road", "car")
    assert conversion.label_set.colours[2] == CAR
    dataset = open_dataset(tmp_path / "out", "all")
    masks = {dataset.frames[i].name: dataset[i].mask[:, 0].tolist() for i in range(2)}
    assert masks == {"one": [0, 0, 1, 1, 1, 2], "drive/two": [2, 1, 1, 1, 0, 0]}


def test_masks_of_values_count_the_lines_of_the_label_map(cvat_masks, tmp_path):
    values = np.repeat(np.array([0, 0, 1, 1, 2, 2], np.uint8)[:, None], 10, axis=1)
    convert([cvat_masks({"one": values})], tmp_path / "out")
    assert open_dataset(tmp_path / "out", "all")[0].mask[:, 3].tolist() == [0, 0, 1, 1, 2, 2]


def test_unlabelled_pixels_may_be_void(cvat_masks, tmp_path):
    convert([cvat_masks({"one": MASK})], tmp_path / "out", unlabelled="void")
    dataset = open_dataset(tmp_path / "out", "all")
    assert dataset.label_set.classes == ("road", "car")
    assert dataset[0].mask[:, 0].tolist() == [255, 255, 0, 0, 0, 1]


def test_subsets_become_splits(cvat_masks, tmp_path):
    sets = {"train": ["a"], "Validation": ["b"], "default": ["c"]}
    source = cvat_masks(dict.fromkeys("abc", MASK), sets=sets)
    assert convert([source], tmp_path / "out").listed
    splits = take_inventory(tmp_path / "out").splits
    assert {key: [frame.name for frame in value] for key, value in splits.items()} == {
        "train": ["a", "c"], "val": ["b"], "test": [], "all": ["a", "c", "b"],
    }  # fmt: skip


def test_pictures_that_were_not_exported_are_found_beside(cvat_masks, tmp_path):
    source = cvat_masks({"drive/one": MASK})
    (source / "JPEGImages").rename(tmp_path / "pictures")
    with pytest.raises(DatasetError, match=r"the picture drive/one is missing") as caught:
        convert([source], tmp_path / "out")
    assert "--images" in caught.value.do
    assert convert([source], tmp_path / "out", images=tmp_path / "pictures").frames == 1
    (tmp_path / "pictures" / "drive" / "one.jpg").rename(tmp_path / "pictures" / "one.jpg")
    assert convert([source], tmp_path / "again", images=tmp_path / "pictures").frames == 1


def test_two_pictures_that_may_be_meant_are_refused(cvat_masks, tmp_path, picture_bytes):
    source = cvat_masks({"one": MASK})
    (source / "JPEGImages" / "one.png").write_bytes(picture_bytes(9))
    with pytest.raises(DatasetError, match=r"may be JPEGImages/one.jpg or JPEGImages/one.png"):
        convert([source], tmp_path / "out")


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (colours(*[(9, 8, 6)] * 6), MaskError, r"one.png holds 60 px of \(9, 8, 6\)"),
        (MASK[:5], MaskError, r"one.png is 5 x 10 pixels \(height x width\) and its picture 6 x"),
        (np.zeros((6, 10), np.uint16), MaskError, r"SegmentationClass/one.png is of kind 'I;16'"),
    ],
    ids=["colour", "size", "16 bits"],
)
def test_masks_that_make_no_sense_are_named(cvat_masks, encode, tmp_path, mask, error, message):
    source = cvat_masks({"one": MASK})
    (source / "SegmentationClass" / "one.png").write_bytes(encode(mask))
    with pytest.raises(error, match=message):
        convert([source], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_broken_picture_is_named_by_its_label(cvat_masks, tmp_path):
    source = cvat_masks({"one": MASK})
    (source / "JPEGImages" / "one.jpg").write_bytes(b"no picture")
    with pytest.raises(ImageFileError, match=r"^the picture of .*one.png cannot be read as a pict"):
        convert([source], tmp_path / "out")


@pytest.mark.parametrize(
    ("label_map", "message"),
    [
        ("road:1,2\n", "has the line 'road:1,2'"),
        ("road:1,2,300::\n", "has the line"),
        ("road:1,2,3::\nroad:3,2,1::\n", "has the line 'road:3,2,1::'"),
        ("road:1,2,3::\nroad :3,2,1::\n", "has the line 'road :3,2,1::'"),
        ("road:1,2,3::\ncar:1,2,3::\n", "has the line 'car:1,2,3::'"),
        ("# nothing\n", "names 0 labels"),
    ],
)
def test_label_maps_that_make_no_sense_are_refused(cvat_masks, tmp_path, label_map, message):
    with pytest.raises(DatasetError, match=message):
        convert([cvat_masks({"one": MASK}, label_map=label_map)], tmp_path / "out")


def test_an_export_without_masks_is_refused(cvat_masks, tmp_path):
    with pytest.raises(DatasetError, match="has no masks in SegmentationClass/"):
        convert([cvat_masks({})], tmp_path / "out")
