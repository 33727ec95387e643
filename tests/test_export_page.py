"""What the page on exports shows is so: its programs run, and its bounds are those of the gate."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roadfcn.export import exporting
from roadfcn.export.bounds import BOUNDS
from roadfcn.export.exporting import export_model
from roadfcn.export.pictures import Picture, PictureSet, scene_pictures
from roadfcn.export.plan import Plan
from roadfcn.label_sets import ROAD
from roadfcn.prediction.python.segmenter import Segmenter

PAGE = (Path(__file__).parents[1] / "docs" / "export.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def street(tmp_path, monkeypatch):
    """Give a picture as street.jpg in the working folder: a painted one, wide as KITTI's are."""
    monkeypatch.chdir(tmp_path)
    image = scene_pictures(ROAD, 1, size=(300, 1000)).pictures[0].image
    Image.fromarray(image).save("street.jpg")
    return PictureSet("a street", (Picture(image[::3, ::3]),))


@pytest.mark.parametrize(
    ("program", "format", "name"),
    [(PROGRAMS[0], "onnx", "street.onnx"), (PROGRAMS[1], "openvino", "street.xml")],
    ids=["onnx", "openvino"],
)
def test_a_program_of_ten_lines_labels_as_roadfcn_does(street, program, format, name):
    assert len([line for line in program.splitlines() if line]) <= 14
    export_model("slim-road", Path(name), Plan(format, eight_bit_input=True), pictures=street)
    variables = {}
    exec(program, variables)
    labels = variables["labels"]
    assert labels.shape[0] * labels.shape[1] == pytest.approx(230_400, rel=0.01)  # its max_pixels
    expected = Segmenter.load("slim-road")("street.jpg").labels
    ours = np.asarray(Image.fromarray(expected).resize(labels.shape[::-1], Image.NEAREST))
    assert (labels == ours).mean() > 0.98  # resizing differs at edges
    assert 0.1 < labels.mean() < 0.9


def test_the_example_from_python_runs(street, monkeypatch, capsys):
    monkeypatch.setattr(exporting, "scene_pictures", lambda *_a, **_k: street)  # which takes long
    exec(PROGRAMS[2], {})
    assert float(capsys.readouterr().out) > 0.999
    assert Path("road.bin").is_file()


def test_bounds_are_as_the_page_has_them():
    for name, start in {"f32": "f32", "f16": "f16", "bf16": "bfloat16", "int8": "int8"}.items():
        row = re.search(rf"^\| {start}\b.*$", PAGE, re.MULTILINE)[0]
        _, _, apart, labels, truth, bare, _ = (cell.strip() for cell in row.split("|"))
        bounds = BOUNDS[name]
        most = bounds.logit_difference
        assert apart == ("no bound" if most is None else f"{100 * most:g} %")
        assert labels == f"{100 * bounds.equal_labels:g} %"
        assert truth.split(" points")[0] == f"{100 * bounds.truth_iou_lost:g}"
        assert bare == f"{100 * bounds.iou_lost:g} points"
