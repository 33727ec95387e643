import base64
import json

import numpy as np
import pytest

from roadfcn.datasets.exports.convert import convert
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import DatasetError, MaskError


@pytest.fixture
def mask_of(labelme, tmp_path):
    """Give a function that converts one picture with these shapes, and gives its mask."""

    def make(*shapes, **options):
        convert([labelme({"a": list(shapes)})], tmp_path / "out", **options)
        return open_dataset(tmp_path / "out", "all")[0].mask

    return make


@pytest.fixture
def refused(labelme, tmp_path):
    """Give a function that converts one picture with these shapes, which must fail."""

    def make(*shapes, **entries):
        with pytest.raises(DatasetError) as caught:
            convert([labelme({"a": list(shapes)}, **entries)], tmp_path / "out")
        assert not (tmp_path / "out").exists()
        return caught.value.found

    return make


def test_polygons_cover_in_their_order(mask_of, drawn):
    mask = mask_of(drawn(), drawn("car", points=[(2, 2), (4, 2), (4, 5), (2, 5)]))
    assert mask[:, 0].tolist() == [0, 0, 0, 1, 1, 1]
    assert mask[:, 2].tolist() == [0, 0, 2, 2, 2, 1]


def test_a_shape_without_kind_is_a_polygon(mask_of, drawn):
    assert mask_of(drawn(kind=None)).sum() == 30


@pytest.mark.parametrize(
    "points", [[(1, 1), (3, 4)], [(3, 4), (1, 1)], [(1, 1), (3, 1), (3, 4), (1, 4)]]
)
def test_rectangles_have_two_opposite_corners_or_all_four(mask_of, drawn, points):
    mask = mask_of(drawn(kind="rectangle", points=points))
    assert mask.sum() == mask[1:4, 1:3].sum() == 6


def test_circles_have_a_centre_and_a_point_on_the_line(mask_of, drawn):
    assert mask_of(drawn(kind="circle", points=[(5, 3), (5, 4)])).sum() == 4


def test_masks_are_small_pictures_that_include_their_last_row(mask_of, drawn, as_base64):
    bits = as_base64(np.array([[0, 255, 0], [255, 255, 255]], np.uint8))
    mask = mask_of(drawn(kind="mask", points=[(2, 1), (4, 2)], mask=bits))
    expected = np.zeros((6, 10), int)
    expected[1, 3] = 1
    expected[2, 2:5] = 1
    assert mask.tolist() == expected.tolist()


def test_labelmes_own_names_mean_background_and_void(mask_of, drawn):
    ignored = drawn("__ignore__", points=[(0, 0), (2, 0), (2, 1), (0, 1)])
    nothing = drawn("_background_", points=[(0, 5), (10, 5), (10, 6), (0, 6)])
    mask = mask_of(drawn(), ignored, nothing)
    assert mask[:, 0].tolist() == [255, 0, 0, 1, 1, 0]


def test_points_and_lines_are_left_out_and_counted(labelme, drawn, tmp_path):
    shapes = [drawn(), drawn(kind="point", points=[(1, 1)]), drawn(kind="linestrip")]
    conversion = convert([labelme({"a": shapes})], tmp_path / "out")
    assert conversion.left_out == {"point": 1, "linestrip": 1}


def test_pictures_without_labels_file_are_no_frames(labelme, drawn, tmp_path, picture_bytes):
    source = labelme({"a": [drawn()], "b": []})
    (source / "c.png").write_bytes(picture_bytes(7))
    (source / "other.json").write_text("[1]")
    conversion = convert([source], tmp_path / "out")
    assert (conversion.frames, conversion.unlabelled_frames) == (1, 1)
    assert convert([source], tmp_path / "all", keep_empty=True).frames == 2


def test_labels_in_a_folder_beside_the_pictures_find_them(
    write_export, drawn, picture_bytes, tmp_path
):
    content = {"shapes": [drawn()], "imagePath": "..\\frames\\a.png"}
    files = {"labels/a.json": json.dumps(content), "frames/a.png": picture_bytes()}
    convert([write_export(files)], tmp_path / "out")
    assert open_dataset(tmp_path / "out", "all").frames[0].name == "a"


@pytest.mark.parametrize("path", ["../frames/a.png", "/home/me/a.png", "C:\\me\\a.png"])
def test_a_path_that_leads_outside_is_refused_or_looked_up_beside(labelme, drawn, tmp_path, path):
    source = labelme({"a": [drawn()]}, imagePath=path)
    (source / "a.png").rename(tmp_path / "a.png")
    with pytest.raises(DatasetError, match="which lies outside"):
        convert([source], tmp_path / "out")
    (tmp_path / "frames").mkdir()
    (tmp_path / "a.png").rename(tmp_path / "frames" / "a.png")
    assert convert([source], tmp_path / "out", images=tmp_path / "frames").frames == 1


def test_the_copy_inside_the_file_is_taken_where_there_is_no_picture(
    labelme, drawn, tmp_path, picture_bytes
):
    data = base64.b64encode(picture_bytes()).decode()
    source = labelme({"a": [drawn()]}, imageData=data)
    (source / "a.png").unlink()
    convert([source], tmp_path / "out")
    assert (tmp_path / "out" / "images" / "a.png").read_bytes() == picture_bytes()


def test_a_picture_that_is_nowhere_is_named(labelme, drawn, tmp_path):
    source = labelme({"a": [drawn()]})
    (source / "a.png").unlink()
    with pytest.raises(DatasetError, match=r"export: a.json: the picture a.png is missing"):
        convert([source], tmp_path / "out")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": [(0, 0), (1, 1)]}, "shape 1, the polygon 'road', has 2 corners"),
        ({"points": [(0, 0), (1, 1), (float("nan"), 2)]}, "has the coordinate nan"),
        ({"points": [(0, 0), (1, 1), (10**400, 2)]}, "has the coordinate 1000"),
        ({"points": [(0, 0), (1, 1), ([], 2)]}, "has the coordinate []"),
        ({"points": [(0, 0, 0)] * 3}, "has the points [[0, 0, 0]"),
        ({"label": ""}, "the polygon '', has no label"),
        ({"label": None}, "the polygon '', has no label"),
        ({"kind": "circle"}, "has 4 points"),
        ({"kind": "mask", "points": [(0, 0), (1, 1)]}, "has bytes that are no base64"),
    ],
)
def test_shapes_that_make_no_sense_are_named(refused, drawn, changes, message):
    assert message in refused(drawn(**changes))


def test_a_mask_must_fit_its_corners(refused, drawn, as_base64):
    bits = as_base64(np.ones((2, 2), np.uint8))
    found = refused(drawn(kind="mask", points=[(0, 0), (2, 1)], mask=bits))
    assert "has a mask of 2 x 2 pixels (height x width) for 2 x 3" in found


def test_a_mask_must_be_a_picture_of_bits(labelme, drawn, as_base64, tmp_path):
    bits = as_base64(np.ones((1, 1), np.uint16))
    source = labelme({"a": [drawn(kind="mask", points=[(0, 0), (0, 0)], mask=bits)]})
    with pytest.raises(
        MaskError, match=r"shape 1, the mask 'road', the mask of a shape is of kind"
    ):
        convert([source], tmp_path / "out")


def test_entries_of_other_kinds_are_refused(refused, drawn):
    assert "'shapes' that are no list" in refused(1)
    assert "was labelled at 60 x 10 pixels" in refused(drawn(), imageHeight=60)


def test_an_unknown_copy_of_a_picture_is_refused(labelme, drawn, tmp_path):
    source = labelme({"a": [drawn()]}, imageData=base64.b64encode(b"GIF89a").decode())
    (source / "a.png").unlink()
    with pytest.raises(DatasetError, match="has imageData of an unknown kind"):
        convert([source], tmp_path / "out")


def test_files_that_are_no_json_are_refused(labelme, drawn, tmp_path):
    source = labelme({"a": [drawn()]})
    (source / "b.json").write_text('{"shapes"')
    with pytest.raises(DatasetError, match=r"b.json is no JSON"):
        convert([source], tmp_path / "out")
