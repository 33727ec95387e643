"""Whole drives are left out of a split, by the names that people know them by."""

import hashlib

import numpy as np
import pytest

from roadfcn.datasets.held_out_drives import drives_in, hold_out
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import DatasetError
from roadfcn.image_files import write_image

NAMES = ["0001TP_006690", "0006R0_f00930", "0006R0_f00960", "0016E5_00390"]


@pytest.fixture
def camvid(tmp_path):
    """Four frames named as CamVid's are, of three drives."""
    root = tmp_path / "camvid"
    for name in NAMES:
        write_image(root / "train" / f"{name}.png", np.zeros((4, 6, 3), np.uint8))
        write_image(root / "trainannot" / f"{name}.png", np.zeros((4, 6), np.uint8))
    return open_dataset(root, "train")


def names(dataset):
    return [frame.name for frame in dataset.frames]


def test_drives_of_camvid_have_the_names_its_authors_gave_them(camvid):
    assert drives_in(camvid) == {"0001TP": 1, "0006R0": 2, "0016E5": 1}


def test_drives_of_cityscapes_are_its_cities_and_ones_own_are_folders(make_cityscapes, make_own):
    cities = make_cityscapes({"train/aachen": 2, "train/ulm": 1, "val/lindau": 1})
    assert drives_in(open_dataset(cities, "train")) == {"aachen": 2, "ulm": 1}
    own = open_dataset(make_own(["monday/1", "monday/2", "friday/1"]), "all")
    assert drives_in(own) == {"friday": 1, "monday": 2}


def test_a_split_is_parted_in_its_order_and_both_parts_say_how(camvid):
    rest, held = hold_out(camvid, ["0006R0"])
    assert names(rest) == ["0001TP_006690", "0016E5_00390"]
    assert names(held) == ["0006R0_f00930", "0006R0_f00960"]
    assert (rest.split, held.split) == ("train without 0006R0", "0006R0 of train")
    assert (rest.root, rest.label_set, held.code) == (camvid.root, camvid.label_set, camvid.code)
    text = "camvid\ntrain without 0006R0\n0001TP_006690\n0016E5_00390"
    assert rest.split_hash == hashlib.sha256(text.encode()).hexdigest()


def test_several_drives_are_held_out_in_any_order(camvid):
    rest, held = hold_out(camvid, ["0016E5", "0001TP", "0016E5"])
    assert (len(rest), len(held)) == (2, 2)
    assert held.split == "0001TP, 0016E5 of train"


def test_an_unknown_drive_is_refused_with_those_there_are(camvid):
    with pytest.raises(DatasetError) as caught:
        hold_out(camvid, ["0016E5", "0006r0"])
    assert caught.value.found == f"the split 'train' of {camvid.root} has no drive 0006r0"
    assert caught.value.allowed == (
        "its drives: 0001TP (1 frames), 0006R0 (2 frames), 0016E5 (1 frames)"
    )


def test_nothing_left_to_train_on_is_refused(camvid):
    with pytest.raises(
        DatasetError, match="has no frames beside those of the drives that are held"
    ):
        hold_out(camvid, ["0001TP", "0006R0", "0016E5"])


def test_names_that_tell_no_drive_are_refused(make_kitti):
    with pytest.raises(DatasetError, match=r"read as kitti-road\) do not tell which drive") as got:
        hold_out(open_dataset(make_kitti({"um": 3}), "all"), ["um"])
    assert got.value.allowed.endswith("laid out as camvid, camvid-32, cityscapes, folders")
