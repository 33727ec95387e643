import json
import shutil

import pytest
from PIL import Image

from roadfcn.datasets.checks import check_dataset
from roadfcn.datasets.findings import Finding
from roadfcn.errors import DatasetError


@pytest.fixture
def kitti(make_kitti):
    return make_kitti({"um": 3, "uu": 3}, {"um": 1})


def _about(report, place):
    return [finding for finding in report.findings if place in finding.where]


def test_sound_data_have_no_findings(kitti):
    report = check_dataset(kitti)
    assert report.findings == ()
    assert report.is_clean
    assert report.inventory.frame_counts() == {"train": 4, "val": 2, "test": 1}
    assert len(report.healthy) == 7


def test_a_picture_without_truth_is_an_error_with_its_fix(make_camvid):
    root = make_camvid({"train": 2})
    (root / "trainannot" / "train_001.png").unlink()
    report = check_dataset(root)
    assert report.findings == (
        Finding(
            "error",
            "train/train_001",
            "the picture train/train_001.png has no truth",
            "copy its truth picture, or take the picture out",
        ),
    )
    assert not report.is_clean


def test_orphans_and_strangers_are_warnings(kitti):
    (kitti / "testing" / "image_2" / "um_000000.png").unlink()
    (kitti / "training" / "image_2" / "IMG_1.jpg").touch()
    warnings = {
        finding.where: finding.what
        for finding in check_dataset(kitti).findings
        if finding.severity == "warning"
    }
    assert warnings == {
        "testing/calib/um_000000.txt": "the file belongs to no picture",
        "training/image_2/IMG_1.jpg": (
            "the file's name does not fit the layout kitti-road, so it is not read"
        ),
    }


def test_one_missing_picture_is_one_finding_for_all_that_belongs_to_it(kitti):
    (kitti / "training" / "image_2" / "um_000001.png").unlink()
    (finding,) = check_dataset(kitti).findings
    assert finding == Finding(
        "warning",
        "training/gt_image_2/um_lane_000001.png",
        "the file belongs to no picture; neither does training/gt_image_2/um_road_000001.png, "
        "training/calib/um_000001.txt",
        "copy its picture, or rename or remove the files",
    )


def test_one_broken_picture_is_one_finding(make_camvid):
    root = make_camvid({"train": 2})
    (root / "train" / "train_002.png").touch()  # it has no truth either
    (finding,) = check_dataset(root).findings
    assert finding.where == "train/train_002"
    assert finding.what.endswith("train_002.png is empty (0 bytes)")


def test_one_broken_truth_is_not_a_missing_class_too(make_camvid):
    root = make_camvid({"train": 2})
    Image.new("L", (80, 24), 3).save(root / "trainannot" / "train_000.png")
    assert check_dataset(root).count("warning") == 0
    Image.new("L", (80, 24), 99).save(root / "trainannot" / "train_001.png")
    (finding,) = check_dataset(root).findings
    assert (finding.severity, finding.where) == ("error", "train/train_001")


def save_turned(path, size, orientation):
    """Save a JPEG that a camera held otherwise has marked with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.effect_noise(size, 90).convert("RGB").save(path, exif=exif)


@pytest.mark.parametrize(
    ("orientation", "how"), [(2, "mirrored"), (3, "upside down"), (4, "upside down and mirrored")]
)
def test_half_turns_by_exif_which_no_size_tells_are_found(make_camvid, orientation, how):
    root = make_camvid({"train": 2}, suffix=".jpg")
    save_turned(root / "train" / "train_000.jpg", (80, 24), 1)
    save_turned(root / "train" / "train_001.jpg", (80, 24), orientation)
    (finding,) = check_dataset(root).findings
    assert (finding.severity, finding.where) == ("warning", "train/train_001")
    assert finding.what.startswith(f"the picture is stored {how} and turned upright when it is")
    assert "contact sheet" in finding.fix


def test_a_quarter_turn_by_exif_explains_the_other_size(make_camvid):
    root = make_camvid({"train": 1}, suffix=".jpg")
    save_turned(root / "train" / "train_000.jpg", (80, 24), 6)
    (finding,) = check_dataset(root).findings
    assert finding.severity == "error"
    assert finding.what.endswith(
        "is 24 x 80 pixels (height x width) and its picture 80 x 24; the picture is stored on its "
        "side and turned when it is read (EXIF), the mask is not"
    )
    assert finding.fix.startswith("turn the mask as a viewer shows the picture")


def test_unreadable_pictures_colours_and_sizes_are_errors_at_their_frame(kitti):
    part = kitti / "training"
    truncated = part / "image_2" / "um_000000.png"
    truncated.write_bytes(truncated.read_bytes()[:500])
    Image.new("RGB", (80, 24), (1, 2, 3)).save(part / "gt_image_2" / "um_road_000001.png")
    Image.new("RGB", (8, 24), (255, 0, 0)).save(part / "gt_image_2" / "uu_road_000002.png")
    report = check_dataset(kitti)
    assert "cannot be read as a picture" in _about(report, "um_000000")[0].what
    assert "1920 px of (1, 2, 3)" in _about(report, "um_000001")[0].what
    assert "is 24 x 8 pixels (height x width) and its picture 24 x 80" in (
        _about(report, "uu_000002")[0].what
    )
    assert report.count("error") == 3
    assert len(report.healthy) == 4


def test_a_broken_calibration_is_an_error_and_a_missing_one_a_note(kitti):
    folder = kitti / "training" / "calib"
    (folder / "um_000000.txt").write_text("P2: 1 2 3\n")
    (folder / "uu_000001.txt").unlink()
    errors_then_notes = check_dataset(kitti).findings
    assert [finding.severity for finding in errors_then_notes] == ["error", "note"]
    assert "lacks R0_rect, Tr_cam_to_road" in errors_then_notes[0].what
    assert errors_then_notes[1].what.startswith("1 of 7 frames have no calibration file: ")
    assert errors_then_notes[1].what.endswith("/uu_000001")


def enlarge(root, name):
    """Make a frame's picture and truth twice as large, but leave its calibration."""
    category, number = name.split("_")
    part = root / "training"
    for path in (
        part / "image_2" / f"{name}.png",
        *(part / "gt_image_2").glob(f"{category}_*_{number}.png"),
    ):
        with Image.open(path) as picture:
            picture.resize((160, 48), Image.Resampling.NEAREST).save(path)


def test_a_calibration_that_does_not_fit_its_picture_is_an_error_with_its_fix(kitti):
    enlarge(kitti, "um_000001")
    report = check_dataset(kitti)
    (finding,) = report.findings
    assert (finding.severity, finding.where) == ("error", "train/um_000001")
    # The optical axis stays at column 40 of 160.
    assert finding.what == (
        f"{kitti / 'training' / 'calib' / 'um_000001.txt'} has the camera's optical axis at column "
        "40 of its picture of 48 x 160 pixels (height x width), at 25% of the width"
    )
    assert "scale the first two rows of P2 as well" in finding.fix
    assert not report.is_clean


def test_pictures_that_were_all_scaled_are_one_finding_and_are_counted(make_kitti):
    root = make_kitti({"um": 3})
    for index in range(3):
        enlarge(root, f"um_{index:06d}")
    report = check_dataset(root)
    (finding,) = report.findings
    assert finding.what.endswith("; none of the 3 calibrations fits its picture")
    assert report.statistics.sizes == {"48 x 160": 3}


def test_of_a_picture_that_cannot_be_read_no_calibration_is_said_not_to_fit(kitti):
    enlarge(kitti, "um_000001")
    path = kitti / "training" / "image_2" / "um_000001.png"
    path.write_bytes(path.read_bytes()[:400])
    (finding,) = check_dataset(kitti).findings
    assert "cannot be read as a picture" in finding.what


def test_missing_calibrations_alone_leave_the_data_clean(make_kitti, make_camvid):
    root = make_kitti({"um": 4})
    shutil.rmtree(root / "training" / "calib")
    report = check_dataset(root)
    assert report.is_clean
    assert report.count("note") == 1
    assert ", ..." in report.findings[0].what
    assert check_dataset(make_camvid({"train": 1})).findings == ()


def test_the_same_picture_in_two_splits_is_an_error(make_camvid):
    root = make_camvid({"train": 2, "val": 1})
    shutil.copy(root / "train" / "train_001.png", root / "val" / "val_000.png")
    assert check_dataset(root).findings == (
        Finding(
            "error",
            "val/val_000",
            "the picture has the same pixels as train/train_001, which is in another split",
            "keep one of the two",
        ),
    )


def test_the_same_picture_twice_in_a_split_is_a_warning(make_camvid):
    root = make_camvid({"train": 2})
    shutil.copy(root / "train" / "train_000.png", root / "train" / "train_001.png")
    (finding,) = check_dataset(root).findings
    assert finding.severity == "warning"
    assert finding.what == "the picture has the same pixels as train/train_000"


def test_a_frame_of_void_and_a_class_that_never_occurs_are_warnings(make_camvid):
    root = make_camvid({"train": 2})
    Image.new("L", (80, 24), 11).save(root / "trainannot" / "train_000.png")
    with Image.open(root / "trainannot" / "train_001.png") as picture:
        picture.point(lambda value: 0 if value == 10 else value).save(
            root / "trainannot" / "train_001.png"
        )
    void, bicyclist = check_dataset(root).findings
    assert (void.severity, void.where) == ("warning", "train/train_000")
    assert "all of its truth is void" in void.what
    assert bicyclist.what == "no truth picture holds the class 'bicyclist'"


def test_a_tree_of_test_pictures_alone_is_checked_without_truth(make_kitti):
    root = make_kitti({"um": 1}, {"um": 2})
    shutil.rmtree(root / "training")
    report = check_dataset(root)
    assert report.is_clean
    assert report.inventory.frame_counts() == {"test": 2}


def test_a_layout_without_pictures_is_refused(tmp_path):
    (tmp_path / "training" / "image_2").mkdir(parents=True)
    with pytest.raises(DatasetError, match=r"\(read as kitti-road\) has no pictures"):
        check_dataset(tmp_path)


def test_nothing_healthy_means_no_statistics(make_camvid):
    root = make_camvid({"train": 1})
    (root / "train" / "train_000.png").write_bytes(b"x")
    assert check_dataset(root).statistics is None


def test_the_report_goes_into_json(kitti):
    (kitti / "training" / "gt_image_2" / "um_road_000000.png").unlink()
    values = json.loads(json.dumps(check_dataset(kitti).to_dict()))
    assert values["dataset"] == "kitti-road"
    assert values["root"] == str(kitti)
    assert (values["errors"], values["warnings"], values["notes"]) == (1, 0, 0)
    assert set(values["findings"][0]) == {"severity", "where", "what", "fix"}


@pytest.mark.real_data
def test_the_real_data_are_clean(kitti_sample, camvid):
    assert check_dataset(camvid).findings == ()
    report = check_dataset(kitti_sample)
    assert report.is_clean
    assert report.findings[0].what == (
        "2 of 4 frames have no calibration file: train/um_000001, test/um_000001"
    )
