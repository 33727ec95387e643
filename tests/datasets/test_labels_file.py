import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roadfcn.datasets.labels_file import read_labels, write_labels_file
from roadfcn.errors import DatasetError, MaskError
from roadfcn.image_files import read_mask_picture
from roadfcn.label_sets import CAMVID_11, ROAD, VOID, LabelSet


@pytest.fixture
def labels(tmp_path):
    """Give a function that reads a text as labels.yaml."""

    def read(text):
        (tmp_path / "labels.yaml").write_text(text, encoding="utf-8")
        return read_labels(tmp_path / "labels.yaml")

    return read


def decoded(code, tmp_path, pixels):
    path = tmp_path / "mask.png"
    Image.fromarray(np.array(pixels, np.uint8)).save(path)
    return code.decode(read_mask_picture(path), path).tolist()


def test_values_become_class_indices_in_the_order_of_the_list(labels, tmp_path):
    label_set, code = labels(
        "classes: [{name: Road, value: 7}, {name: background, value: 2}]\nvoid: {value: 0}"
    )
    assert label_set.classes == ("road", "background")
    assert decoded(code, tmp_path, [[7, 2, 0]]) == [[0, 1, VOID]]
    with pytest.raises(MaskError, match=r"1 px of value 255\n  allowed: only the values 7, 2 and "):
        decoded(code, tmp_path, [[255, 7]])


def test_colours_become_class_indices_too(labels, tmp_path):
    label_set, code = labels(
        "classes: [{name: grass, colour: [0, 9, 0]}, {name: way, colour: [9, 9, 9]}]\n"
        "void: {colour: [1, 1, 1]}\nroad: Way"
    )
    assert label_set.classes == ("grass", "road")
    assert label_set.colours == ((0, 9, 0), (9, 9, 9))
    assert decoded(code, tmp_path, [[[9, 9, 9], [0, 9, 0], [1, 1, 1]]]) == [[1, 0, VOID]]
    with pytest.raises(MaskError, match=r"1 px of \(8, 9, 9\)"):
        decoded(code, tmp_path, [[[8, 9, 9]]])
    with pytest.raises(MaskError, match=r"has one channel, and labels.yaml does not give every"):
        decoded(code, tmp_path, [[1]])


def test_both_kinds_of_masks_are_read_where_both_are_described(labels, tmp_path):
    _, code = labels("classes: [{name: a, value: 0, colour: [0, 9, 0]}]")
    assert decoded(code, tmp_path, [[0]]) == decoded(code, tmp_path, [[[0, 9, 0]]]) == [[0]]


def test_without_void_no_value_is_void(labels, tmp_path):
    _, code = labels("classes: [{name: a, value: 0}]")
    with pytest.raises(MaskError, match=r"only the values 0\n.*add what is missing to labels.y"):
        decoded(code, tmp_path, [[255]])
    with pytest.raises(MaskError, match=r"has RGB, and labels.yaml does not give every class a "):
        decoded(code, tmp_path, [[[0, 0, 0]]])


def test_a_mask_that_is_no_png_is_refused(labels, tmp_path):
    _, code = labels("classes: [{name: a, value: 0}]")
    with pytest.raises(MaskError, match=r"mask.jpg is no PNG\n  allowed: PNG masks: JPEG and"):
        code.decode(np.zeros((2, 2), np.uint8), tmp_path / "mask.jpg")


def test_classes_without_colour_get_one_each(labels):
    entries = ", ".join(f"{{name: c{value}, value: {value}}}" for value in range(200))
    label_set, _ = labels(f"classes: [{entries}, {{name: road, value: 200}}]")
    assert label_set.colours[-1] == ROAD.colours[1]
    assert len(set(label_set.colours)) == 201


@pytest.mark.parametrize("label_set", [CAMVID_11, LabelSet("own", ("no", "#: {"), ((0,) * 3,) * 2)])
def test_what_is_written_is_read_back(label_set, tmp_path):
    path = tmp_path / "labels.yaml"
    if label_set is not CAMVID_11:
        label_set = LabelSet("own", label_set.classes, ((0, 1, 2), (3, 4, 5)))
    write_labels_file(path, label_set)
    again, code = read_labels(path)
    assert (again.classes, again.colours) == (label_set.classes, label_set.colours)
    assert decoded(code, tmp_path, [[0, 1, 255]]) == [[0, 1, VOID]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "holds a list"),
        ("classes: [", "cannot be read: "),
        ("", "holds a NoneType"),
        ("klasses: []", "has the entry klasses"),
        ("classes: {}", "has no list 'classes'"),
        ("classes: []", "has no list 'classes'"),
        ("classes: [road]", "describes a class as 'road'"),
        ("classes: [{name: a}]", "describes a class as {'name': 'a'}"),
        ("classes: [{name: a, id: 3}]", "describes a class by 'id'\n"),
        (
            "classes: [{name: a, color: [1, 2, 3]}]",
            r"describes a class by 'color'; did you mean colour\?",
        ),
        ("classes: [{name: a, value: 1}]\nvoid: {name: v}", "describes void by 'name'"),
        ("classes: [{name: 3, value: 3}]", "names a class 3"),
        ("classes: [{name: ' ', value: 3}]", "names a class ' '"),
        ("classes: [{name: a, value: 256}]", "gives a the value 256"),
        ("classes: [{name: a, value: yes}]", "gives a the value True"),
        ("classes: [{name: a, colour: green}]", "gives a the colour 'green'"),
        ("classes: [{name: a, colour: [1, 2]}]", r"gives a the colour \[1, 2\]"),
        ("classes: [{name: a, value: 1}, {name: b, value: 1}]", "gives a and b the same value 1"),
        ("classes: [{name: a, value: 1}]\nvoid: {value: 1}", "gives a and void the same value 1"),
        ("classes: [{name: void, value: 1}]\nvoid: {value: 1}", "the same value 1"),
        ("classes: [{name: a, value: 1, value: 2}]", "the key 'value' twice"),
        ("classes: [{name: a, value: 1}]\nvoid: 255", "describes void as 255"),
        ("classes: [{name: a, value: 1}]\nvoid: {value: -1}", "gives void the value -1"),
        ("classes: [{name: a, value: 1}, {name: A, value: 2}]", "names a more than once"),
        ("classes: [{name: a, value: 1}]\nroad: b", "says road: b, which is no class"),
        (
            "classes: [{name: background, value: 1}]\nroad: background",
            "says road: background",
        ),
        (
            "classes: [{name: road, value: 1}, {name: way, value: 2}]\nroad: way",
            "says road: way and has a class 'road' beside it",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(labels, text, message):
    with pytest.raises(DatasetError, match=message) as caught:
        labels(text)
    assert "labels.yaml" in caught.value.found


def test_a_missing_file_is_described(tmp_path):
    with pytest.raises(DatasetError, match=r"labels.yaml is missing\n  allowed: a text file that"):
        read_labels(tmp_path / "labels.yaml")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "labels.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_labels(tmp_path / "labels.yaml")


def test_the_example_of_the_documents_is_read(labels, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    label_set, code = labels(re.search(r"```yaml\n(classes:.*?)```", page, re.DOTALL)[1])
    assert (label_set.classes, label_set.colours) == (ROAD.classes, ROAD.colours)
    assert decoded(code, tmp_path, [[0, 1, 255]]) == [[0, 1, VOID]]
    assert decoded(code, tmp_path, [[[0, 200, 83], [0, 0, 0]]]) == [[1, VOID]]
