"""Whatever is done to an export: it is converted, or refused in one of our own errors."""

import json
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadfcn.datasets.exports.convert import convert
from roadfcn.datasets.labels_file import read_labels
from roadfcn.errors import DatasetError, ImageFileError, RoadfcnError

PIECES = [
    b"<", b">", b'"', b"'", b"&", b"&amp;", b"{", b"}", b"[", b"]", b",", b";", b":", b"-", b".",
    b"0", b"9", b"99999999999", b"1e400", b"NaN", b"nan", b"null", b"true", b"-1", b"0.5", b"../",
    b"/", b"\\u0000", b"\x00", b"\xff", b"\xc3\xa9", b"road", b"points", b"shape_type", b"mask",
    b"circle", b"rectangle", b"rle", b"box", b"ellipse", b"\n", b" ", b"",
]  # fmt: skip
mutations = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=5
)


def mutated(content, changes):
    """Replace short pieces at some places."""
    for place, length, piece in changes:
        start = int(place * len(content))
        content = content[:start] + piece + content[start + length :]
    return content


@pytest.fixture
def damage(tmp_path):
    """Give a function that converts an export with one file changed."""
    numbers = iter(range(10**9))

    def attempt(source, name, changes):
        path = tmp_path / "damaged.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(source.rglob("*")):
                if file.is_file():
                    key, content = file.relative_to(source).as_posix(), file.read_bytes()
                    archive.writestr(key, mutated(content, changes) if key == name else content)
        out = tmp_path / f"out{next(numbers)}"
        try:
            convert([path], out)
        except RoadfcnError:
            assert not out.exists()

    return attempt


careful = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

SHAPES = (
    '<polygon label="road" points="0,3;10,3;10,6" z_order="1"/>'
    '<box label="car" xtl="2" ytl="2" xbr="4" ybr="5" rotation="3.5"/>'
    '<ellipse label="car" cx="5" cy="3" rx="1" ry="2"/>'
    '<mask label="road" rle="1,3,2" left="4" top="1" width="3" height="2"/>'
)


@careful
@given(changes=mutations)
def test_cvat_xml(changes, cvat_images, damage):
    damage(cvat_images({"a.png": SHAPES}), "annotations.xml", changes)


@careful
@given(changes=mutations, name=st.sampled_from(["labelmap.txt", "ImageSets/Segmentation/val.txt"]))
def test_cvat_masks(changes, name, cvat_masks, damage):
    mask = np.zeros((6, 10, 3), np.uint8)
    damage(cvat_masks({"a": mask}, sets={"val": ["a"]}), name, changes)


@careful
@given(changes=mutations)
def test_labelme(changes, labelme, drawn, as_base64, damage):
    bits = as_base64(np.ones((1, 2), np.uint8))
    shapes = [
        drawn(),
        drawn(kind="circle", points=[(5, 3), (5, 4)]),
        drawn(kind="mask", points=[(2, 1), (3, 1)], mask=bits),
    ]
    damage(
        labelme({"a": shapes}, imageData=as_base64(np.zeros((6, 10), np.uint8))), "a.json", changes
    )


@careful
@given(
    values=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-3, 300)
        | st.floats()
        | st.sampled_from(["a", "road"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["classes", "void", "road", "name", "value", "colour"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_labels_files(values, tmp_path):
    (tmp_path / "labels.yaml").write_text(json.dumps(values), encoding="utf-8")
    try:
        label_set, _ = read_labels(tmp_path / "labels.yaml")
    except RoadfcnError:
        return
    assert len(label_set) >= 1


def test_a_picture_that_is_damaged_behind_its_header_is_refused(
    cvat_masks, picture_bytes, tmp_path
):
    source = cvat_masks({"a": np.zeros((6, 10, 3), np.uint8)})
    picture = source / "JPEGImages" / "a.jpg"
    picture.write_bytes(picture_bytes(0)[:-40])
    with pytest.raises(ImageFileError, match=r"the picture of .*SegmentationClass/a\.png"):
        convert([source], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_mask_larger_than_its_picture_is_refused_before_it_is_unpacked(
    cvat_images, labelme, drawn, as_base64, tmp_path
):
    runs = '<mask label="road" rle="0,400000000" left="0" top="0" width="20000" height="20000"/>'
    bits = as_base64(np.ones((7, 10), np.uint8))
    shape = drawn(kind="mask", points=[(0, 0), (9, 6)], mask=bits)
    for source, large in (
        (cvat_images({"a.png": runs}), "20000 x 20000"),
        (labelme({"a": [shape]}, name="labelme"), "7 x 10"),
    ):
        with pytest.raises(DatasetError) as caught:
            convert([source], tmp_path / "out")
        assert "the mask 'road'" in caught.value.found
        assert f"is {large} pixels (height x width) large, and its picture 6 x 10" in str(
            caught.value
        )


def test_endless_lists_and_lines_are_refused(
    cvat_images, cvat_masks, labelme, monkeypatch, tmp_path
):
    monkeypatch.setattr("roadfcn.datasets.exports.cvat_xml._MAX_TAGS", 20)
    monkeypatch.setattr("roadfcn.datasets.exports.labelme._MAX_VALUES", 20)
    points = [[0, 0]] * 10
    for source, found in (
        (cvat_images({"a.png": SHAPES * 3}), r"annotations\.xml holds \d+ tags"),
        (labelme({"a": [{"label": "road", "points": points}]}, name="b"), r"json holds \d+ values"),
        (cvat_masks({}, label_map="\0" * 10**6, name="c"), r"labelmap.txt has the line '(.x00)+"),
    ):
        with pytest.raises(DatasetError, match=found) as caught:
            convert([source], tmp_path / "out")
        assert len(str(caught.value)) < 3000
