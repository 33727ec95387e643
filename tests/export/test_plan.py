from pathlib import Path

import pytest

from roadfcn.errors import ConfigError, ExportError, OutputError
from roadfcn.export.bounds import BOUNDS
from roadfcn.export.packages import require
from roadfcn.export.plan import Plan


@pytest.mark.parametrize(
    ("plan", "found"),
    [
        ({"format": "onnx", "kernels": "int8"}, "int8 for the format onnx"),
        ({"format": "openvino", "kernels": "int8", "max_drop": 1.0}, "may cost is 100 points"),
        ({"format": "openvino", "kernels": "int8", "max_drop": float("nan")}, "is nan points"),
    ],
)
def test_what_does_not_go_together_is_refused(plan, found):
    with pytest.raises(ConfigError, match=found):
        Plan(**plan)


def test_bounds_follow_what_is_computed_in():
    assert Plan("onnx").bounds() == BOUNDS["f32"]
    assert Plan("openvino", "float16").bounds("float32") == BOUNDS["f16"]
    for kernels in ("float32", "float16"):
        assert Plan("openvino", kernels).bounds("bfloat16") == BOUNDS["bf16"]
    for precision in ("float32", "bfloat16"):
        assert Plan("openvino", "int8").bounds(precision) == BOUNDS["int8"]


def test_who_allows_more_loss_is_not_stopped_for_it():
    bounds = Plan("openvino", "int8", max_drop=0.03).bounds()
    assert (bounds.truth_iou_lost, bounds.iou_lost) == (0.03, 0.03)
    assert Plan("openvino", "int8", max_drop=0.001).bounds() == BOUNDS["int8"]


@pytest.mark.parametrize(
    ("form", "name", "ending"), [("onnx", "m.xml", ".onnx"), ("openvino", "m.bin", ".xml")]
)
def test_another_ending_is_refused_before_any_work(tmp_path, form, name, ending):
    with pytest.raises(OutputError, match=f"m.* ends in '{Path(name).suffix}'") as refused:
        Plan(form).check(tmp_path / name)
    assert f"a name that ends in {ending}" in refused.value.allowed
    assert f"m{ending}" in refused.value.do


def test_a_place_that_cannot_be_written_is_refused_before_any_work(tmp_path):
    (tmp_path / "m.bin").mkdir()  # where the weights belong
    with pytest.raises(OutputError, match=r"m\.bin is a folder"):
        Plan("openvino").check(tmp_path / "m.xml")


def test_a_missing_package_is_one_error_with_the_line_that_installs_it():
    with pytest.raises(ExportError, match="the export needs the package no_such_engine") as refused:
        require("no_such_engine", "the export", "openvino")
    assert "pip install '.[openvino]'" in refused.value.do
