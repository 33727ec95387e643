import numpy as np
import pytest

from roadfcn.datasets.exports.convert import convert
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import DatasetError

LOWER_HALF = '<polygon label="road" points="0,3;10,3;10,6;0,6"/>'


@pytest.fixture
def mask_of(cvat_images, tmp_path):
    """Give a function that converts one picture with these shapes, and gives its mask."""

    def make(shapes, **options):
        source = cvat_images({"a.png": shapes}, **options)
        convert([source], tmp_path / "out")
        return open_dataset(tmp_path / "out", "all")[0].mask

    return make


@pytest.fixture
def refused(cvat_images, tmp_path):
    """Give a function that converts one picture with these shapes, which must fail."""

    def make(shapes, **options):
        with pytest.raises(DatasetError) as caught:
            convert([cvat_images({"a.png": shapes}, **options)], tmp_path / "out")
        assert not (tmp_path / "out").exists()
        return caught.value.found

    return make


def test_polygons_become_classes_behind_background(mask_of):
    mask = mask_of(LOWER_HALF)
    assert mask.tolist() == [[0] * 10] * 3 + [[1] * 10] * 3


def test_what_is_nearer_covers_what_is_behind(mask_of):
    near = '<box label="car" xtl="2" ytl="2" xbr="4" ybr="5" z_order="{}"/>'
    assert (mask_of(near.format(1) + LOWER_HALF)[2:5, 2:4] == 2).all()


def test_of_equal_depth_the_later_shape_covers(mask_of):
    near = '<box label="car" xtl="2" ytl="2" xbr="4" ybr="5" z_order="0"/>'
    assert (mask_of(near + LOWER_HALF)[3:5, 2:4] == 1).all()


def test_masks_are_run_lengths_by_row_that_begin_outside(mask_of):
    # 3 x 2 pixels: the first row off, on, on; the second on, off, off.
    mask = mask_of('<mask label="road" rle="1, 3, 2" left="4" top="1" width="3" height="2"/>')
    expected = np.zeros((6, 10), int)
    expected[1, 5:7] = expected[2, 4] = 1
    assert mask.tolist() == expected.tolist()


def test_a_mask_may_begin_inside(mask_of):
    assert mask_of('<mask label="road" rle="0,2" left="0" top="0" width="2" height="1"/>')[0, 0]


def test_ellipses_have_their_radii(mask_of):
    mask = mask_of('<ellipse label="road" cx="5" cy="3" rx="1" ry="2" rotation="90"/>')
    assert mask.sum() == 8


def test_lines_and_points_are_left_out_and_counted(cvat_images, tmp_path):
    lines = '<polyline label="road" points="0,0;5,5"/><points label="car" points="1,1"/>' * 2
    conversion = convert([cvat_images({"a.png": LOWER_HALF + lines})], tmp_path / "out")
    assert conversion.left_out == {"polyline": 2, "points": 2}


def test_pictures_lie_under_the_subset_of_a_project_which_is_their_split(cvat_images, tmp_path):
    source = cvat_images({"a.png": LOWER_HALF, "b.png": LOWER_HALF}, extra='subset="Validation"')
    (source / "images" / "Validation").mkdir()
    for name in ("a.png", "b.png"):
        (source / "images" / name).rename(source / "images" / "Validation" / name)
    conversion = convert([source], tmp_path / "out")
    assert conversion.listed
    assert (tmp_path / "out" / "val.txt").read_text() == "a\nb\n"


def test_labels_need_not_be_declared_at_all(mask_of):
    assert mask_of(LOWER_HALF, labels=()).max() == 1


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ('<polygon label="road" points="0,0;1,1"/>', "the polygon 'road' has 2 corners"),
        ('<polygon label="road"/>', "has 0 corners"),
        ('<polygon label="road" points="0,0;1,1;nan,2"/>', "has the coordinate 'nan'"),
        ('<polygon label="road" points="0,0;1,1;3,inf"/>', "has the coordinate 'inf'"),
        ('<polygon label="road" points="0,0;1,1;3,2e6"/>', "has the coordinate '2e6'"),
        ('<polygon label="road" points="0,0;1,1;3"/>', "has the coordinate ''"),
        ('<polygon label="kerb" points="0,0;1,1;3,3"/>', "'kerb' has a label that is not declared"),
        ('<box label="road" xtl="0" ytl="0" xbr="5"/>', "has the coordinate ''"),
        ('<mask label="road" rle="1,2" left="0" top="0" width="2" height="2"/>', "run lengths for"),
        ('<mask label="road" rle="1,-2" left="0" top="0" width="2" height="2"/>', "are no numbers"),
        ('<mask label="road" rle="4" left="0.5" top="0" width="2" height="2"/>', 'left="0.5"'),
        (
            '<mask label="road" rle="9999999999" left="0" top="0" width="99999" height="99999"/>',
            "run lengths for 9999999999 pixels",
        ),
    ],
)
def test_shapes_that_make_no_sense_are_named(refused, shape, message):
    found = refused(shape)
    assert message in found
    assert "annotations.xml, a.png" in found


def test_a_picture_of_another_size_was_not_labelled(refused):
    assert "a.png was labelled at 6 x 11 pixels (height x width), and its picture has 6 x 10" in (
        refused(LOWER_HALF, size=(6, 11))
    )


@pytest.mark.parametrize("name", ["../a.png", "/etc/a.png", "C:/a.png", "", "a/../../b.png"])
def test_names_that_lead_outside_are_refused(write_export, tmp_path, name):
    text = (
        f'<annotations><image name="{name}" width="1" height="1">{LOWER_HALF}</image></annotations>'
    )
    with pytest.raises(DatasetError, match="which lies outside"):
        convert([write_export({"annotations.xml": text})], tmp_path / "out")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<annotations>", "is no XML"),
        ("<a/>", "begins with <a>"),
        ("<annotations/>", r"has no pictures\n"),
        ("<annotations><track/></annotations>", "has no pictures, but tracks of a video"),
        (
            '<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>',
            "holds a document type declaration",
        ),
        ('<?xml version="1.0" encoding="klingon"?><annotations/>', "is no XML"),
        ("\0", "is no XML"),
    ],
)
def test_other_files_are_refused(write_export, tmp_path, text, message):
    with pytest.raises(DatasetError, match=message):
        convert([write_export({"annotations.xml": text})], tmp_path / "out")
