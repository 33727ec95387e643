import json

import numpy as np
import pytest

from roadfcn.datasets.layouts import open_dataset
from roadfcn.datasets.statistics import compute_statistics, median_frequency_weights
from roadfcn.errors import ImageFileError

# CamVid-11 train as measured for the project's specification; weights with void left out.
CAMVID_TRAIN = {
    "sky": (10682767, 366, 0.2794),
    "building": (14750079, 365, 0.2018),
    "pole": (623349, 366, 4.7889),
    "road": (20076880, 367, 0.1491),
    "pavement": (2845085, 349, 1.0),
    "tree": (6166762, 319, 0.4235),
    "sign": (743859, 351, 3.8464),
    "fence": (714595, 173, 1.9798),
    "car": (3719877, 360, 0.7890),
    "pedestrian": (405385, 317, 6.3847),
    "bicyclist": (184967, 201, 8.8193),
}
CAMVID_VAL_PX = [
    1601620, 4531180, 98499, 5053176, 1521751, 2851125, 155724, 537197, 304716, 113531, 387010,
]  # fmt: skip


def test_weights_by_hand():
    # Class 0: 6 of the 20 pixels around it; class 1: 8 of 10; class 2: 6 of 10; class 3: nowhere.
    class_px = np.array([[2, 8, 0, 0], [4, 0, 6, 0]])
    weights = median_frequency_weights(class_px)
    np.testing.assert_allclose(weights[:3], [0.6 / 0.3, 0.6 / 0.8, 1.0])
    assert np.isnan(weights[3])


def test_weights_without_any_pixel_are_undefined():
    assert np.isnan(median_frequency_weights(np.zeros((2, 3), np.int64))).all()
    assert np.isnan(median_frequency_weights(np.zeros((0, 3), np.int64))).all()


def test_void_is_counted_apart_from_classes(make_kitti):
    statistics = compute_statistics(open_dataset(make_kitti({"um": 2, "uu": 1}), "all"))
    background, road = statistics.classes
    assert (background.pixels, road.pixels) == (3 * 1400, 3 * 480)
    assert statistics.labelled_px == 3 * 1880
    assert statistics.void_px == 3 * 40
    assert statistics.void_share == pytest.approx(40 / 1920)
    assert road.share == pytest.approx(480 / 1880)
    assert background.share + road.share == pytest.approx(1)
    assert road.images == 3
    # freq 1400/1880 and 480/1880, median 940/1880.
    assert background.weight == pytest.approx(940 / 1400)
    assert road.weight == pytest.approx(940 / 480)


def test_frames_categories_and_sizes_are_counted(make_kitti):
    from PIL import Image

    root = make_kitti({"um": 2, "uu": 1})
    Image.new("RGB", (70, 20)).save(root / "training" / "image_2" / "uu_000000.png")
    Image.new("RGB", (70, 20), "red").save(root / "training" / "gt_image_2" / "uu_road_000000.png")
    statistics = compute_statistics(open_dataset(root, "all"))
    assert statistics.categories == {"um": 2, "uu": 1}
    assert statistics.sizes == {"24 x 80": 2, "20 x 70": 1}
    assert (statistics.frames, statistics.frames_with_truth) == (3, 3)


def test_the_mean_colour_is_over_pixels(make_camvid):
    from PIL import Image

    root = make_camvid({"train": 2})
    Image.new("RGB", (80, 24), (10, 20, 30)).save(root / "train" / "train_000.png")
    Image.new("RGB", (80, 24), (20, 60, 31)).save(root / "train" / "train_001.png")
    assert compute_statistics(open_dataset(root)).mean_rgb == (15, 40, 30.5)


def test_a_split_without_truth_has_no_shares(make_kitti):
    statistics = compute_statistics(open_dataset(make_kitti({"um": 1}, {"um": 1}), "test"))
    assert statistics.frames_with_truth == 0
    assert statistics.void_share is None
    assert {(entry.share, entry.weight) for entry in statistics.classes} == {(None, None)}
    json.dumps(statistics.to_dict(), allow_nan=False)


def test_an_unreadable_frame_stops_the_count(make_camvid):
    root = make_camvid({"train": 2})
    (root / "train" / "train_001.png").write_bytes(b"")
    with pytest.raises(ImageFileError, match=r"train_001\.png is empty"):
        compute_statistics(open_dataset(root))


@pytest.mark.real_data
def test_camvid_train_has_the_measured_pixels_and_weights(camvid):
    statistics = compute_statistics(open_dataset(camvid, "train"))
    assert {
        entry.name: (entry.pixels, entry.images, round(entry.weight, 4))
        for entry in statistics.classes
    } == CAMVID_TRAIN
    assert statistics.void_px == 2503995
    # Of the PNG originals; a JPEG copy is off by up to 0.2.
    assert statistics.mean_rgb == pytest.approx((105.03, 108.41, 110.33), abs=0.2)


@pytest.mark.real_data
def test_camvid_val_has_the_measured_pixels(camvid):
    statistics = compute_statistics(open_dataset(camvid, "val"))
    assert [entry.pixels for entry in statistics.classes] == CAMVID_VAL_PX
    assert statistics.void_px == 297271
