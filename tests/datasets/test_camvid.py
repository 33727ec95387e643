import shutil

import pytest

from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import DatasetError
from roadfcn.label_sets import CAMVID_11


def test_splits_are_folders_and_frames_are_named_by_stem(make_camvid):
    root = make_camvid({"train": 3, "val": 2, "test": 1})
    dataset = open_dataset(root, "val")
    assert [frame.name for frame in dataset.frames] == ["val_000", "val_001"]
    assert (dataset.name, dataset.label_set, dataset.target) == ("camvid", CAMVID_11, "")
    assert dataset.has_truth
    sample = dataset[1]
    assert sample.frame.mask_path == root / "valannot" / "val_001.png"
    assert sample.mask[0, 0] == 0
    assert sample.mask[-1, -1] == 255


def test_all_joins_the_splits_that_are_there_under_unique_names(make_camvid):
    root = make_camvid({"train": 2, "val": 1})
    for folder in ("train", "trainannot"):
        (root / folder / "train_000.png").rename(root / folder / "val_000.png")
    names = [frame.name for frame in open_dataset(root, "all").frames]
    assert names == ["train/train_001", "train/val_000", "val/val_000"]


def test_jpeg_pictures_pair_with_png_annotations(make_camvid):
    dataset = open_dataset(make_camvid({"train": 1}, suffix=".jpg"))
    assert dataset.frames[0].image_path.suffix == ".jpg"
    assert dataset[0].mask is not None


def test_two_pictures_of_one_name_are_refused(make_camvid):
    root = make_camvid({"train": 1})
    shutil.copy(root / "train" / "train_000.png", root / "train" / "train_000.jpg")
    with pytest.raises(DatasetError, match=r"holds train_000\.jpg and train_000\.png"):
        open_dataset(root)


def test_a_test_split_without_annotations_is_read_without_truth_and_stays_out_of_all(make_camvid):
    root = make_camvid({"train": 2, "test": 2})
    shutil.rmtree(root / "testannot")
    assert not open_dataset(root, "test").has_truth
    assert len(open_dataset(root, "all")) == 2


def test_a_training_picture_without_annotation_is_refused(make_camvid):
    root = make_camvid({"train": 2})
    (root / "trainannot" / "train_001.png").unlink()
    with pytest.raises(DatasetError, match=r"1 of 2 frames .* no truth: train_001"):
        open_dataset(root)


def test_there_is_no_lane_truth(make_camvid):
    with pytest.raises(DatasetError, match="has no lane truth"):
        open_dataset(make_camvid({"train": 1}), target="lane")


def test_hidden_and_foreign_files_are_no_frames(make_camvid):
    root = make_camvid({"train": 1})
    (root / "train" / "._train_000.png").touch()
    (root / "train" / "Thumbs.db").touch()
    (root / "train" / "folder.png").mkdir()
    assert len(open_dataset(root)) == 1


@pytest.mark.real_data
def test_the_real_splits_have_their_published_sizes(camvid):
    assert len(open_dataset(camvid, "train")) == 367
    assert len(open_dataset(camvid, "val")) == 101
