import pickle

import numpy as np
import pytest

from roadfcn.datasets.checks import check_dataset
from roadfcn.datasets.layouts import open_dataset
from roadfcn.datasets.statistics import compute_statistics
from roadfcn.errors import DatasetError, MaskError
from roadfcn.label_sets import VOC_21

LISTS = {"train": ["2008_000002", "2008_000003"], "val": ["2008_000007"]}


def test_truth_is_read_out_of_matlab_files(make_sbd, sbd_truth):
    dataset = open_dataset(make_sbd(LISTS))
    assert [frame.name for frame in dataset.frames] == LISTS["train"]
    assert (dataset.name, dataset.label_set) == ("sbd", VOC_21)
    assert np.array_equal(dataset[1].mask, sbd_truth["segmentation"])
    assert pickle.loads(pickle.dumps(dataset)) == dataset


@pytest.mark.parametrize("folder", ["", "dataset", "benchmark_RELEASE/dataset"])
def test_the_folders_of_the_archive_may_be_left_out(make_sbd, tmp_path, folder):
    root = make_sbd(LISTS, folder=f"sbd/{folder}")
    assert open_dataset(tmp_path / "sbd").root == root


def test_there_is_no_test_split(make_sbd):
    with pytest.raises(DatasetError, match="has no pictures: SBD has no test split") as caught:
        open_dataset(make_sbd(LISTS), "test")
    assert caught.value.allowed == "a split with pictures: train, val, all"


def test_a_folder_without_lists_is_refused(make_sbd):
    root = make_sbd(LISTS)
    for part in LISTS:
        (root / f"{part}.txt").unlink()
    with pytest.raises(DatasetError, match=r"holds neither train\.txt nor val\.txt"):
        open_dataset(root)


def test_values_beyond_the_classes_are_refused(make_sbd, sbd_truth):
    root = make_sbd(LISTS)
    pixels = sbd_truth["segmentation"].tobytes(order="F")
    content = sbd_truth["plain"].tobytes()
    assert content.count(pixels) == 1
    damaged = content.replace(pixels, pixels.replace(b"\x14", b"\x15"))
    (root / "cls" / "2008_000002.mat").write_bytes(damaged)
    with pytest.raises(MaskError, match=r"2008_000002\.mat holds 1 px of value 21"):
        open_dataset(root)[0]


def test_damaged_and_missing_truth_is_found(make_sbd):
    root = make_sbd(LISTS)
    (root / "cls" / "2008_000002.mat").write_bytes(b"MATLAB")
    (root / "cls" / "2008_000003.mat").unlink()
    found = {finding.where: finding.what for finding in check_dataset(root).findings}
    assert "cannot be read as a MATLAB file" in found["train/2008_000002"]
    assert found["train/2008_000003"].endswith("has no truth")


def test_sbd_is_counted_without_void(make_sbd, sbd_truth):
    statistics = compute_statistics(open_dataset(make_sbd(LISTS)))
    car = int((sbd_truth["segmentation"] == 7).sum())
    assert statistics.classes[7].pixels == 2 * car
    assert statistics.void_px == 0
