import json
import os
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import ConfigError, OutputError
from roadfcn.kitti.calibration import read_calibration
from roadfcn.kitti.layout import FrameId
from roadfcn.label_sets import CAMVID_11
from roadfcn.scenes.description.camera import scale_to
from roadfcn.scenes.description.variety import PRESETS
from roadfcn.scenes.drawing.draw import draw_scene
from roadfcn.scenes.painter import paint
from roadfcn.scenes.write import Job, _in_processes, frame_names, write_scenes

SIZE = (40, 132)


def files(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Seven training and three test frames, written by this process alone."""
    out = tmp_path_factory.mktemp("scenes") / "data_road"
    write_scenes(out, train=7, test=3, seed=2, size=SIZE, workers=1)
    return out


def test_the_tree_is_that_of_kitti_road(written):
    names = set(files(written))
    assert {name for name in names if name.startswith("testing")} == {
        "testing/calib/um_000000.txt",
        "testing/calib/umm_000000.txt",
        "testing/calib/uu_000000.txt",
        "testing/gt_camvid_11/um_000000.png",
        "testing/gt_camvid_11/umm_000000.png",
        "testing/gt_camvid_11/uu_000000.png",
        "testing/gt_image_2/um_lane_000000.png",
        "testing/gt_image_2/um_road_000000.png",
        "testing/gt_image_2/umm_road_000000.png",
        "testing/gt_image_2/uu_road_000000.png",
        "testing/image_2/um_000000.png",
        "testing/image_2/umm_000000.png",
        "testing/image_2/uu_000000.png",
    }
    kinds = Counter(name.rsplit("_", 1)[0] for name in names if name.startswith("training"))
    assert kinds == {
        "training/calib/um": 3,
        "training/calib/umm": 2,
        "training/calib/uu": 2,
        "training/gt_camvid_11/um": 3,
        "training/gt_camvid_11/umm": 2,
        "training/gt_camvid_11/uu": 2,
        "training/gt_image_2/um_lane": 3,
        "training/gt_image_2/um_road": 3,
        "training/gt_image_2/umm_road": 2,
        "training/gt_image_2/uu_road": 2,
        "training/image_2/um": 3,
        "training/image_2/umm": 2,
        "training/image_2/uu": 2,
    }


def test_categories_take_turns_and_count_from_zero():
    assert [str(frame) for frame in frame_names(4)] == [
        "um_000000",
        "umm_000000",
        "uu_000000",
        "um_000001",
    ]


def test_files_hold_the_painted_frame(written):
    painted = paint(draw_scene(2, "testing", FrameId("um", 0)), SIZE)
    folder = written / "testing"
    for name, expected in (
        ("image_2/um_000000", painted.image),
        ("gt_image_2/um_road_000000", painted.road_truth()),
        ("gt_image_2/um_lane_000000", painted.lane_truth()),
    ):
        with Image.open(folder / f"{name}.png") as picture:
            assert picture.mode == "RGB"
            np.testing.assert_array_equal(np.asarray(picture), expected)
    calibration = read_calibration(folder / "calib" / "um_000000.txt")
    scene = draw_scene(2, "testing", FrameId("um", 0))
    np.testing.assert_allclose(
        calibration.projection_from_road(),
        scale_to(scene.calibration, SIZE).projection_from_road(),
        rtol=1e-9,
        atol=1e-7,
    )


def test_processes_write_the_same_bytes_as_one_does(written, tmp_path):
    seen = []
    write_scenes(
        tmp_path / "out",
        train=7,
        test=3,
        seed=2,
        size=SIZE,
        workers=2,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert files(tmp_path / "out") == files(written)
    assert seen == [(done, 10) for done in range(1, 11)]


def test_a_frame_does_not_depend_on_how_many_are_written(written, tmp_path):
    write_scenes(tmp_path / "few", train=2, test=1, seed=2, size=SIZE, workers=1)
    few, many = files(tmp_path / "few"), files(written)
    assert few.pop("scenes.json") != many.pop("scenes.json")
    assert few.items() < many.items()


def test_another_seed_gives_other_pictures(written, tmp_path):
    write_scenes(tmp_path / "other", train=1, test=0, seed=3, size=SIZE, workers=1)
    name = "training/image_2/um_000000.png"
    assert files(tmp_path / "other")[name] != files(written)[name]


def test_the_reader_of_kitti_road_reads_it(written):
    dataset = open_dataset(written, split="test")
    assert dataset.has_truth
    sample = dataset[0]
    painted = paint(draw_scene(2, "testing", FrameId("um", 0)), SIZE)
    np.testing.assert_array_equal(sample.image, painted.image)
    road = dataset.label_set.index("road")
    np.testing.assert_array_equal(sample.mask == road, painted.state == 1)
    np.testing.assert_array_equal(sample.mask == 255, painted.state == 2)


def test_progress_is_told_by_one_process_too(tmp_path):
    seen = []
    write_scenes(
        tmp_path / "out",
        train=1,
        test=1,
        size=SIZE,
        workers=1,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 2), (2, 2)]


def test_the_second_truth_is_that_of_camvids_classes(written):
    """Where the first truth says road, the second does; sky is never below the own lane."""
    road, classes = (
        open_dataset(written, "train", target=target) for target in ("road", "camvid-11")
    )
    assert classes.label_set == CAMVID_11
    assert [frame.name for frame in classes.frames] == [frame.name for frame in road.frames]
    for index in range(len(road)):
        is_road = road.read_mask(index) == 1
        mask = classes.read_mask(index)
        assert (mask[is_road] == CAMVID_11.index("road")).all()
        assert len(np.unique(mask)) >= 5


def test_a_set_says_how_it_was_made(written):
    assert json.loads((written / "scenes.json").read_text()) == {
        "painter": 3,
        "seed": 2,
        "training": 7,
        "testing": 3,
        "size": [40, 132],
        "features": ["relief", "surfaces", "clutter"],
    }


def test_the_number_of_workers_may_be_left_open(tmp_path):
    write_scenes(tmp_path / "out", train=0, test=1, size=SIZE)
    assert len(files(tmp_path / "out")) == 6


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"train": -1}, "train is -1 frames"),
        ({"test": -5}, "test is -5 frames"),
        ({"train": 10**7}, "train is 10000000 frames"),
        ({"train": 0, "test": 0}, "both train and test are 0 frames"),
        ({"seed": -1}, "the seed is -1"),
        ({"size": (10, 1242)}, "the size is 10x1242"),
        ({"size": (375, 10**6)}, "the size is 375x1000000"),
        ({"workers": 0}, "workers is 0"),
        ({"workers": 10**5}, "workers is 100000"),
    ],
)
def test_impossible_orders_are_refused_before_anything_is_made(tmp_path, arguments, found):
    with pytest.raises(ConfigError) as caught:
        write_scenes(tmp_path / "out", **{"train": 1, "test": 1, **arguments})
    assert caught.value.found.startswith(found)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_files_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(OutputError, match="is not empty"):
        write_scenes(tmp_path, train=1, test=0, size=SIZE, workers=1)
    assert list(files(tmp_path)) == ["mine.txt"]
    write_scenes(tmp_path, train=1, test=0, size=SIZE, workers=1, overwrite=True)
    assert files(tmp_path)["mine.txt"] == b"precious"


def test_a_failing_process_ends_the_work_with_its_error(tmp_path):
    """A folder where a picture belongs: the process that meets it cannot write."""
    (tmp_path / "training" / "image_2" / "umm_000000.png").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"umm_000000\.png"):
        write_scenes(tmp_path, train=4, test=0, size=SIZE, workers=2, overwrite=True)


def test_a_set_half_replaced_is_vouched_for_by_nothing(tmp_path):
    write_scenes(tmp_path / "out", train=1, test=0, size=SIZE, workers=1)
    (tmp_path / "out" / "training" / "image_2" / "umm_000000.png").mkdir()
    with pytest.raises(OutputError, match=r"umm_000000\.png"):
        write_scenes(
            tmp_path / "out", train=2, test=0, seed=5, size=SIZE, workers=1, overwrite=True
        )
    assert not (tmp_path / "out" / "scenes.json").exists()


class Deadly:
    """Ends the process that it is handed to, as the system does when memory runs out."""

    def __reduce__(self):
        return os._exit, (9,)


def test_a_process_that_is_killed_is_told_in_plain_words():
    jobs = [Job(Deadly(), 0, "training", FrameId("um", 0), SIZE, PRESETS["kitti"])]
    with pytest.raises(OutputError, match="was ended by the system") as caught:
        list(_in_processes(jobs, 2))
    assert "--workers" in caught.value.do


def test_a_full_disk_is_told_and_leaves_no_half_file(mount_tmpfs):
    disk = mount_tmpfs("size=150k")
    with pytest.raises(OutputError, match="the disk is full"):
        write_scenes(disk / "out", train=30, test=0, size=(94, 311), workers=1)
    for path in (disk / "out").rglob("*"):
        assert not path.name.startswith(".")


def test_a_disk_that_cannot_be_written_is_refused_at_once(mount_tmpfs):
    with pytest.raises(OutputError, match="no permission to write"):
        write_scenes(mount_tmpfs("ro") / "out", train=1, test=1, size=SIZE, workers=1)
