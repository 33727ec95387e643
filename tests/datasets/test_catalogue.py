"""The data sets that are known by name."""

from pathlib import Path

from roadfcn.datasets.catalogue import DATASETS
from roadfcn.kitti.layout import OFFICIAL_TESTING_COUNTS, OFFICIAL_TRAINING_COUNTS


def test_kitti_road_comes_from_its_own_storage_and_its_licence_is_to_be_accepted():
    known = DATASETS["kitti-road"]
    assert known.address.startswith("https://")
    assert known.address.endswith("/avg-kitti/data_road.zip")
    assert known.licence.must_be_accepted
    assert "CC BY-NC-SA 3.0" in known.licence.text
    assert known.unpacks_to == Path("data/data_road")
    assert known.holds == ("training/image_2", "training/gt_image_2", "testing/image_2")


def test_kitti_roads_counts_are_the_benchmarks():
    summary = DATASETS["kitti-road"].summary
    assert f"{sum(OFFICIAL_TRAINING_COUNTS.values())} pictures to train on" in summary
    assert f"{sum(OFFICIAL_TESTING_COUNTS.values())} to test on" in summary
