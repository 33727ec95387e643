import shutil

import pytest

from roadfcn.datasets.checks import check_dataset
from roadfcn.datasets.layouts import open_dataset
from roadfcn.datasets.statistics import compute_statistics
from roadfcn.errors import DatasetError
from roadfcn.label_sets import CITYSCAPES_19

CITIES = {"train/aachen": 2, "train/bochum": 1, "val/frankfurt": 1, "test/berlin": 1}


def test_cities_are_categories_and_frames_bear_their_names(make_cityscapes):
    dataset = open_dataset(make_cityscapes(CITIES))
    assert [(frame.name, frame.category) for frame in dataset.frames] == [
        ("aachen/aachen_000000_000019", "aachen"),
        ("aachen/aachen_000001_000019", "aachen"),
        ("bochum/bochum_000000_000019", "bochum"),
    ]
    assert (dataset.name, dataset.label_set) == ("cityscapes", CITYSCAPES_19)
    mask = dataset[0].mask
    # Column 17 is of id 17 * 34 // 80 = 7: road. Column 0 is unlabeled, 79 of id 33: bicycle.
    assert mask[0, [0, 17, 79]].tolist() == [255, 0, 18]


def test_training_ids_are_read_where_there_are_no_ids(make_cityscapes):
    root = make_cityscapes({"train/aachen": 1}, kind="labelTrainIds", values=[*range(19), 255])
    assert open_dataset(root)[0].mask[0, [0, 79]].tolist() == [0, 255]


def test_ids_are_read_where_both_are_there(make_cityscapes):
    make_cityscapes({"train/aachen": 1}, kind="labelTrainIds", values=[*range(19), 255])
    dataset = open_dataset(make_cityscapes({"train/aachen": 1}))
    assert dataset.frames[0].mask_path.name == "aachen_000000_000019_gtFine_labelIds.png"


def test_the_dummy_truth_of_the_test_cities_is_not_read_and_the_reason_is_told(make_cityscapes):
    root = make_cityscapes(CITIES)
    dataset = open_dataset(root, "test")
    assert not dataset.has_truth
    with pytest.raises(DatasetError, match="has no truth: Cityscapes keeps the truth of its test"):
        dataset.read_mask(0)
    assert len(open_dataset(root, "all")) == 4


def test_a_picture_without_truth_an_orphan_and_a_stranger_are_found(make_cityscapes):
    root = make_cityscapes(CITIES)
    (root / "gtFine/train/bochum/bochum_000000_000019_gtFine_labelIds.png").unlink()
    aachen = root / "leftImg8bit/train/aachen"
    (aachen / "aachen_000001_000019_leftImg8bit.png").rename(aachen / "photo.png")
    found = {finding.where: finding.what for finding in check_dataset(root).findings}
    assert found["train/bochum/bochum_000000_000019"].endswith("has no truth")
    assert "does not fit the layout" in found["leftImg8bit/train/aachen/photo.png"]
    orphan = "gtFine/train/aachen/aachen_000001_000019_gtFine_labelIds.png"
    assert found[orphan] == "the file belongs to no picture"
    with pytest.raises(DatasetError, match=r"1 of 2 frames .* no truth: bochum/bochum_000000"):
        open_dataset(root)


def test_sound_data_have_no_findings_and_count_by_city(make_cityscapes):
    root = make_cityscapes(CITIES)
    assert check_dataset(root).findings == ()
    statistics = compute_statistics(open_dataset(root))
    assert statistics.categories == {"aachen": 2, "bochum": 1}
    assert all(row.images == 3 for row in statistics.classes)
    # 15 of the 34 ids are void; those of 2 or 3 of the 80 columns.
    void = sum(column * 34 // 80 not in _trained_ids() for column in range(80))
    assert statistics.void_share == pytest.approx(void / 80)


def _trained_ids():
    return {7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33}


def test_a_copy_without_val_names_what_is_there(make_cityscapes):
    root = make_cityscapes(CITIES)
    shutil.rmtree(root / "leftImg8bit/val")
    with pytest.raises(DatasetError, match=r"'val' .* has no pictures") as caught:
        open_dataset(root, "val")
    assert caught.value.allowed == "a split with pictures: train, test, all"


def test_there_is_no_lane_truth(make_cityscapes):
    with pytest.raises(DatasetError, match="has no lane truth"):
        open_dataset(make_cityscapes(CITIES), target="lane")
