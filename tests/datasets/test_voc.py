import shutil

import numpy as np
import pytest
from PIL import Image

from roadfcn.datasets.checks import check_dataset
from roadfcn.datasets.layouts import open_dataset
from roadfcn.datasets.statistics import compute_statistics
from roadfcn.errors import DatasetError, MaskError
from roadfcn.label_sets import VOC_21

LISTS = {"train": ["2007_000032", "2007_000039"], "val": ["2007_000033"]}


def test_the_lists_say_which_pictures_are_read(make_voc):
    root = make_voc(LISTS)
    shutil.copy(root / "JPEGImages/2007_000032.jpg", root / "JPEGImages/2007_009999.jpg")
    dataset = open_dataset(root)
    assert [frame.name for frame in dataset.frames] == LISTS["train"]
    assert (dataset.name, dataset.label_set) == ("voc", VOC_21)
    assert np.unique(dataset[0].mask).tolist() == [*range(21), 255]
    assert dataset[0].mask[0, [0, 79]].tolist() == [0, 255]
    assert [frame.name for frame in open_dataset(root, "all").frames] == [
        *LISTS["train"],
        *LISTS["val"],
    ]


@pytest.mark.parametrize("folder", ["VOC2012", "VOCdevkit/VOC2012", "TrainVal/VOCdevkit/VOC2011"])
def test_the_folders_of_the_archives_may_be_left_out(make_voc, tmp_path, folder):
    root = make_voc(LISTS, folder=folder)
    assert open_dataset(tmp_path).root == root


def test_two_years_in_one_folder_have_to_be_told_apart(make_voc, tmp_path):
    for year in ("VOC2011", "VOC2012"):
        make_voc(LISTS, folder=f"VOCdevkit/{year}")
    with pytest.raises(DatasetError, match="holds VOC2011 and VOC2012") as caught:
        open_dataset(tmp_path)
    assert str(tmp_path / "VOCdevkit" / "VOC2011") in caught.value.do
    assert len(open_dataset(tmp_path / "VOCdevkit" / "VOC2012")) == 2


def test_a_folder_without_lists_is_refused(make_voc):
    root = make_voc(LISTS)
    shutil.rmtree(root / "ImageSets")
    with pytest.raises(DatasetError, match=r"holds none of train\.txt, val\.txt and test\.txt"):
        open_dataset(root)


def test_test_pictures_have_no_truth_and_the_reason_is_told(make_voc):
    root = make_voc(LISTS)
    with pytest.raises(DatasetError, match="no pictures: VOC keeps the truth of its test pictures"):
        open_dataset(root, "test")
    root = make_voc({**LISTS, "test": ["2008_000006"]})
    dataset = open_dataset(root, "test")
    with pytest.raises(DatasetError, match="has no truth: VOC keeps the truth of its test"):
        dataset.read_mask(0)
    assert len(open_dataset(root, "all")) == 3


def test_test_pictures_with_truth_of_ones_own_are_scored(make_voc):
    root = make_voc({**LISTS, "test": ["2008_000006"]}, without_truth=())
    assert open_dataset(root, "test").has_truth
    assert len(open_dataset(root, "all")) == 4


def test_truth_whose_palette_was_made_colours_is_refused(make_voc):
    root = make_voc(LISTS)
    path = root / "SegmentationClass/2007_000032.png"
    with Image.open(path) as picture:
        picture.convert("RGB").save(path)
    with pytest.raises(MaskError, match="has RGB colours"):
        open_dataset(root)[0]


def test_missing_files_are_found(make_voc):
    root = make_voc(LISTS)
    (root / "JPEGImages/2007_000033.jpg").unlink()
    (root / "SegmentationClass/2007_000039.png").unlink()
    found = {finding.where: finding.what for finding in check_dataset(root).findings}
    assert found["val.txt, line 1"] == "there is no picture JPEGImages/2007_000033"
    assert found["train/2007_000039"].endswith("has no truth")
    assert found["SegmentationClass/2007_000033.png"] == "the file belongs to no picture"


def test_sound_data_have_no_findings_and_are_counted(make_voc):
    root = make_voc(LISTS)
    assert check_dataset(root).findings == ()
    statistics = compute_statistics(open_dataset(root))
    assert all(row.images == 2 for row in statistics.classes)
    assert statistics.void_share == pytest.approx(3 / 80)  # columns 77, 78, 79: 77 * 22 // 80 = 21


def test_there_is_no_lane_truth(make_voc):
    with pytest.raises(DatasetError, match="has no lane truth"):
        open_dataset(make_voc(LISTS), target="lane")
