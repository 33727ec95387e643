import numpy as np
import pytest

from roadfcn.datasets.kitti_road import take_inventory
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import DatasetError, MaskError
from roadfcn.kitti.layout import OFFICIAL_TESTING_COUNTS, OFFICIAL_TRAINING_COUNTS
from roadfcn.label_sets import EGO_LANE, ROAD
from roadfcn.scenes.write import write_scenes


def _touch_official(root):
    """All file names of the published data set, empty: listing opens none."""
    for part, counts in (
        ("training", OFFICIAL_TRAINING_COUNTS),
        ("testing", OFFICIAL_TESTING_COUNTS),
    ):
        for folder in ("image_2", "calib", "gt_image_2"):
            (root / part / folder).mkdir(parents=True)
        for category, count in counts.items():
            for index in range(count):
                stem = f"{category}_{index:06d}"
                (root / part / "image_2" / f"{stem}.png").touch()
                (root / part / "calib" / f"{stem}.txt").touch()
                if part == "training":
                    truth = root / part / "gt_image_2"
                    (truth / f"{category}_road_{index:06d}.png").touch()
                    if category == "um":
                        (truth / f"um_lane_{index:06d}.png").touch()
    return root


def test_the_official_names_split_into_241_and_48_frames_16_of_each_category(tmp_path):
    root = _touch_official(tmp_path)
    sizes = {split: len(open_dataset(root, split)) for split in ("train", "val", "test", "all")}
    assert sizes == {"train": 241, "val": 48, "test": 290, "all": 289}
    validation = open_dataset(root, "val").frames
    categories = [frame.category for frame in validation]
    assert [categories.count(category) for category in ("um", "umm", "uu")] == [16, 16, 16]
    training = {frame.name for frame in open_dataset(root, "train").frames}
    assert training.isdisjoint(frame.name for frame in validation)
    lane = {split: len(open_dataset(root, split, target="lane")) for split in ("train", "val")}
    assert lane == {"train": 79, "val": 16}


def test_the_split_of_the_official_names_never_changes(tmp_path):
    # Stored in every run; a change here would make old scores incomparable.
    assert open_dataset(_touch_official(tmp_path), "val").split_hash == (
        "9cd1edb5f6eadb6f28c540431543325dba04c9be08241086d98a9cfbc093f229"
    )


def test_frames_added_to_one_category_leave_the_others_alone(make_kitti):
    few = open_dataset(make_kitti({"um": 7, "uu": 7}, folder="few"), "val")
    more = open_dataset(make_kitti({"um": 7, "uu": 13}, folder="more"), "val")
    assert [frame.name for frame in few.frames if frame.category == "um"] == [
        frame.name for frame in more.frames if frame.category == "um"
    ]


def test_a_frame_holds_all_that_belongs_to_it_in_the_benchmarks_order(make_kitti):
    root = make_kitti({"uu": 1, "um": 2, "umm": 1})
    (root / "training" / "calib" / "um_000001.txt").unlink()
    dataset = open_dataset(root, "all")
    assert [frame.name for frame in dataset.frames] == [
        "um_000000",
        "um_000001",
        "umm_000000",
        "uu_000000",
    ]
    first, second = dataset.frames[:2]
    assert first.category == "um"
    assert first.image_path == root / "training" / "image_2" / "um_000000.png"
    assert first.mask_path == root / "training" / "gt_image_2" / "um_road_000000.png"
    assert first.calibration_path == root / "training" / "calib" / "um_000000.txt"
    assert second.calibration_path is None
    assert (dataset.name, dataset.label_set, dataset.target) == ("kitti-road", ROAD, "road")


def test_generated_scenes_are_told_from_the_benchmark_by_the_file_that_describes_them(tmp_path):
    write_scenes(tmp_path, train=1, test=1, size=(40, 132), workers=1)
    origins = [open_dataset(tmp_path, split).origin for split in ("all", "test")]
    assert origins == ["generated scenes"] * 2
    (tmp_path / "scenes.json").unlink()
    assert open_dataset(tmp_path, "all").origin == ""


def test_truth_has_three_states(make_kitti):
    sample = open_dataset(make_kitti({"umm": 1}), "all")[0]
    values, counts = np.unique(sample.mask, return_counts=True)
    # 24 x 80 pixels: 12 x 40 of road, 4 x 10 of void.
    assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == {0: 1400, 1: 480, 255: 40}
    assert sample.image.shape == (24, 80, 3)


def test_the_lane_target_has_um_frames_only(make_kitti):
    dataset = open_dataset(make_kitti({"um": 2, "umm": 2, "uu": 2}), "all", target="lane")
    assert [frame.name for frame in dataset.frames] == ["um_000000", "um_000001"]
    assert dataset.label_set is EGO_LANE
    assert (dataset.read_mask(0) == 1).sum() == 12 * 20


def test_testing_has_truth_where_its_folder_exists(make_kitti):
    published = open_dataset(make_kitti({"um": 1}, {"um": 2}, folder="published"), "test")
    assert not published.has_truth
    assert published[0].mask is None
    with pytest.raises(DatasetError, match=r"um_000001 of the test split of .* has no truth"):
        published.read_mask(1)
    generated = make_kitti({"um": 1}, {"um": 2}, testing_truth=True, folder="generated")
    assert open_dataset(generated, "test").has_truth


def test_testing_with_truth_for_some_frames_only_is_refused(make_kitti):
    root = make_kitti({"um": 1}, {"um": 2}, testing_truth=True)
    (root / "testing" / "gt_image_2" / "um_road_000000.png").unlink()
    with pytest.raises(DatasetError, match=r"1 of 2 frames in the split 'test' .* um_000000"):
        open_dataset(root, "test")


def test_training_frames_without_truth_are_refused_and_named(make_kitti):
    root = make_kitti({"um": 6})
    for index in range(5):
        (root / "training" / "gt_image_2" / f"um_road_{index:06d}.png").unlink()
    with pytest.raises(DatasetError) as caught:
        open_dataset(root, "all")
    assert caught.value.found.startswith("5 of 6 frames in the split 'all'")
    assert caught.value.found.endswith("no truth for road: um_000000, um_000001, um_000002, ...")
    assert "roadfcn data check" in caught.value.do


def test_orphans_and_strangers_are_listed_and_not_read(make_kitti):
    root = make_kitti({"um": 2})
    (root / "training" / "image_2" / "um_000001.png").unlink()
    (root / "training" / "image_2" / "holiday.png").touch()
    (root / "training" / "gt_image_2" / "um_000000.png").touch()
    (root / "training" / "gt_camvid_11").mkdir()
    (root / "training" / "gt_camvid_11" / "um_000007.png").touch()
    inventory = take_inventory(root, "road")
    assert [frame.name for frame in inventory.splits["all"]] == ["um_000000"]
    assert {name: [path.name for path in paths] for name, paths in inventory.orphans.items()} == {
        "training/um_000001": ["um_lane_000001.png", "um_road_000001.png", "um_000001.txt"],
        "training/um_000007": ["um_000007.png"],
    }
    assert {path.name for path in inventory.strangers} == {"holiday.png", "um_000000.png"}


def test_an_unknown_target_is_refused(make_kitti):
    with pytest.raises(DatasetError, match=r"no target 'sky'\n  allowed: road, lane"):
        open_dataset(make_kitti({"um": 1}), "all", target="sky")


def test_a_resized_truth_with_blended_colours_is_refused(make_kitti):
    from PIL import Image

    root = make_kitti({"um": 1})
    path = root / "training" / "gt_image_2" / "um_road_000000.png"
    with Image.open(path) as picture:
        blended = picture.resize((81, 25), Image.Resampling.BILINEAR).resize((80, 24))
    blended.save(path)
    with pytest.raises(MaskError, match=r"um_road_000000\.png holds \d+ px of \(255, 0, "):
        open_dataset(root, "all")[0]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("target", "index", "not_road", "road", "void"),
    [
        ("road", 0, 398964, 61316, 5470),
        ("road", 1, 388113, 69165, 8472),
        ("lane", 0, 429437, 30843, 5470),
        ("lane", 1, 421125, 36153, 8472),
    ],
)
def test_the_real_frames_have_the_pixel_counts_measured_on_them(
    kitti_sample, target, index, not_road, road, void
):
    sample = open_dataset(kitti_sample, "all", target=target)[index]
    assert sample.frame.name == f"um_{index:06d}"
    assert sample.image.shape == (375, 1242, 3)
    counts = np.bincount(sample.mask.ravel(), minlength=256)
    assert (counts[0], counts[1], counts[255]) == (not_road, road, void)
    assert counts.sum() == 465750 == not_road + road + void


@pytest.mark.real_data
def test_the_real_test_frames_have_no_truth(kitti_sample):
    dataset = open_dataset(kitti_sample, "test")
    assert len(dataset) == 2
    assert not dataset.has_truth
