import numpy as np
import pytest
from PIL import Image

from roadfcn.datasets.checks import check_dataset
from roadfcn.datasets.findings import Finding
from roadfcn.datasets.layouts import open_dataset, take_inventory
from roadfcn.errors import DatasetError, MaskError

ONE_DRIVE = [f"frame_{number}" for number in range(12)]


def names(root, split):
    return [frame.name for frame in take_inventory(root).splits[split]]


def about(root, place):
    return [finding for finding in check_dataset(root).findings if place in finding.where]


def test_pictures_and_masks_are_paired_by_name_through_sub_folders(make_own):
    root = make_own(["monday/1", "tuesday/1"], suffix=".jpg")
    dataset = open_dataset(root, "all")
    assert {frame.name for frame in dataset.frames} == {"monday/1", "tuesday/1"}
    sample = dataset[0]
    assert sample.frame.image_path.with_suffix("").name == sample.frame.mask_path.stem
    assert dataset.label_set.classes == ("background", "road")
    assert np.unique(sample.mask).tolist() == [0, 1, 255]


def test_a_name_may_hold_dots(make_own):
    assert names(make_own(["a.1", "a.2"]), "all") == ["a.1", "a.2"]


def test_whole_drives_are_held_out(make_own):
    root = make_own([f"drive{drive}/{number}" for drive in range(6) for number in range(2)])
    train, val = names(root, "train"), names(root, "val")
    assert len(val) == 2
    assert {name.partition("/")[0] for name in train}.isdisjoint(
        {name.partition("/")[0] for name in val}
    )
    assert check_dataset(root).findings == ()


def test_one_drive_is_split_where_it_ends_and_the_check_says_so(make_own):
    root = make_own(ONE_DRIVE)
    assert names(root, "val") == ["frame_10", "frame_11"]
    (note,) = check_dataset(root).findings
    assert note.severity == "note"
    assert note.what.startswith("all pictures count as one drive, so the last sixth of them is")


def test_lists_say_which_frame_is_where(make_own):
    root = make_own(ONE_DRIVE)
    (root / "train.txt").write_text("\ufeffframe_3\n\n# closed road\nframe_1.png # wet\n")
    (root / "val.txt").write_text("images/frame_2.png\n./images/frame_4\n")
    (root / "test.txt").write_text("frame_5\n")
    assert names(root, "train") == ["frame_3", "frame_1"]
    assert names(root, "val") == ["frame_2", "frame_4"]
    assert names(root, "test") == ["frame_5"]
    assert len(names(root, "all")) == 5
    (warning,) = check_dataset(root).findings
    assert warning == Finding(
        "warning",
        "train.txt",
        "7 of 12 pictures are in no list and not used: frame_0, frame_10, frame_11, ...",
        "list them, or take them out",
    )


def test_names_in_lists_may_hold_the_sign_of_comments(make_own):
    root = make_own(["cam#1/0", "cam#1/1"])
    (root / "train.txt").write_text("cam#1/0 # wet\n#cam#1/1\n")
    (root / "val.txt").write_text("cam#1/1\t#dry\n")
    assert (names(root, "train"), names(root, "val")) == (["cam#1/0"], ["cam#1/1"])


def test_without_a_train_list_the_rest_is_trained_on(make_own):
    root = make_own(ONE_DRIVE)
    (root / "val.txt").write_text("frame_0")
    assert len(names(root, "train")) == 11
    (root / "val.txt").rename(root / "test.txt")
    assert (len(names(root, "train")), len(names(root, "val"))) == (9, 2)
    (root / "test.txt").rename(root / "train.txt")
    assert (len(names(root, "train")), len(names(root, "val"))) == (1, 0)


def test_listed_test_frames_need_no_truth(make_own):
    root = make_own(ONE_DRIVE)
    (root / "test.txt").write_text("frame_0")
    (root / "masks" / "frame_0.png").unlink()
    assert not open_dataset(root, "test").has_truth
    assert len(open_dataset(root, "all")) == 11
    assert check_dataset(root).is_clean


def test_a_list_that_names_no_picture_is_an_error(make_own):
    root = make_own(ONE_DRIVE)
    (root / "val.txt").write_text("frame_0\nframe_99\n")
    (finding,) = about(root, "val.txt")
    assert (finding.severity, finding.where) == ("error", "val.txt, line 2")
    assert finding.what == "there is no picture images/frame_99"
    with pytest.raises(DatasetError, match=r"own, val.txt, line 2: there is no picture images/fr"):
        open_dataset(root)


def test_a_frame_in_two_lists_is_refused(make_own):
    root = make_own(ONE_DRIVE)
    (root / "train.txt").write_text("frame_0")
    (root / "val.txt").write_text("frame_0.png")
    with pytest.raises(DatasetError, match=r"val.txt lists frame_0, which train.txt lists too"):
        open_dataset(root)


def test_a_list_that_is_no_text_is_refused(make_own):
    root = make_own(["a"])
    (root / "train.txt").write_bytes(b"\xff\xff")
    with pytest.raises(DatasetError, match=r"the list .*train.txt cannot be read"):
        open_dataset(root)


def test_missing_partners_are_found_on_both_sides(make_own):
    root = make_own(["a", "b", "c"])
    (root / "masks" / "a.png").unlink()
    (root / "images" / "b.png").unlink()
    (error,), (warning,) = about(root, "/a"), about(root, "masks")
    assert error.what == "the picture images/a.png has no truth"
    assert (warning.where, warning.what) == ("masks/b.png", "the file belongs to no picture")


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.full((24, 80), 7, np.uint8), "holds 1920 px of value 7"),
        (np.full((24, 80, 3), 7, np.uint8), r"holds 1920 px of (7, 7, 7)"),
        (np.zeros((24, 80), np.uint16), "is of kind 'I;16'"),
        (np.zeros((20, 80), np.uint8), "is 20 x 80 pixels (height x width) and its picture 24 x"),
    ],
    ids=["value", "colour", "16 bits", "size"],
)
def test_each_bad_mask_is_one_error(make_own, mask, message):
    root = make_own(["a", "b"])
    Image.fromarray(mask).save(root / "masks" / "a.png")
    (finding,) = check_dataset(root).findings
    assert finding.severity == "error"
    assert message in finding.what


def test_a_mask_saved_as_jpeg_is_one_error(make_own):
    root = make_own(["a", "b"])
    with Image.open(root / "masks" / "a.png") as mask:
        mask.save(root / "masks" / "a.jpg")
    (root / "masks" / "a.png").unlink()
    (finding,) = check_dataset(root).findings
    assert finding.what.endswith("a.jpg is no PNG")
    with pytest.raises(MaskError, match="is no PNG"):
        open_dataset(root, "all")[0]


def test_files_that_are_no_pictures_are_pointed_out(make_own):
    root = make_own(["a/1", "b/1"])
    for name in ("images/a/2.heic", "images/a/1.json", "masks/.hidden"):
        (root / name).touch()
    (finding,) = check_dataset(root).findings
    assert (finding.severity, finding.where) == ("warning", "images/a/2.heic")


def test_a_class_that_no_mask_holds_is_a_warning(make_own):
    labels = "classes: [{name: background, value: 0}, {name: road, value: 1}, {name: x, value: 2}]"
    (finding,) = check_dataset(
        make_own(["a", "b"], labels=f"{labels}\nvoid: {{value: 255}}")
    ).findings
    assert finding.what == "no truth picture holds the class 'x'"


def test_several_classes_that_no_mask_holds_are_one_warning(make_own):
    labels = "classes: [{name: background, value: 0}, {name: road, value: 1}"
    further = "".join(f", {{name: {name}, value: {value}}}" for value, name in ((2, "x"), (3, "y")))
    (finding,) = check_dataset(
        make_own(["a", "b"], labels=f"{labels}{further}]\nvoid: {{value: 255}}")
    ).findings
    assert finding.severity == "warning"
    assert finding.what == "no truth picture holds the classes 'x', 'y'"


def test_two_pictures_of_one_name_are_refused(make_own):
    root = make_own(["a"])
    Image.new("RGB", (80, 24)).save(root / "images" / "a.bmp")
    with pytest.raises(DatasetError, match=r"images holds a.bmp and a.png"):
        open_dataset(root)


def test_there_is_no_lane_truth(make_own):
    with pytest.raises(DatasetError, match="has no lane truth"):
        open_dataset(make_own(["a"]), target="lane")


def test_folders_without_labels_are_told_what_is_missing(make_own):
    root = make_own(["a"])
    (root / "labels.yaml").unlink()
    with pytest.raises(DatasetError, match=r"labels.yaml is missing"):
        open_dataset(root)
