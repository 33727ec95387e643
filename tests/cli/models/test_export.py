import json

import pytest
from PIL import Image

from roadfcn.backends.opening import open_backend
from roadfcn.errors import ConfigError, ExportError, ImageFileError, OutputError
from roadfcn.export import exporting
from roadfcn.export.bounds import BOUNDS, Bounds
from roadfcn.export.parity import SCALES
from roadfcn.machine import read_processor


@pytest.fixture
def streets(tmp_path):
    """Give a folder of three pictures, for a gate that paints no scenes."""
    folder = tmp_path / "streets"
    folder.mkdir()
    for number in range(3):
        Image.linear_gradient("L").resize((90, 50)).rotate(180 * number).convert("RGB").save(
            folder / f"{number}.png"
        )
    return folder


def test_a_model_is_exported_with_its_figures(tmp_path, roadfcn, road_run, streets):
    out, figures = tmp_path / "m.onnx", tmp_path / "m.json"
    done = roadfcn("export", road_run, out, "--pictures", streets, "--json", figures)
    assert done.exit_code == 0
    assert "on 3 pictures" in done.stdout
    for height, width in ((50, 90), (38, 68), (25, 45)):
        assert f"{height} x {width}" in done.stdout
    assert "100.000" in done.stdout
    assert not {"before", "after"} & set(done.stdout.split())  # there is no truth
    assert f"written: {out} (" in done.stdout
    assert f"roadfcn predict PICTURES --model {out} --out predictions" in done.stdout
    values = json.loads(figures.read_text("utf-8"))
    assert (values["format"], values["kernels"], values["input"]) == ("onnx", "float32", "float32")
    assert (values["passed"], values["reasons"]) == (True, [])
    assert values["files"] == [str(out)]
    assert values["bytes"] == out.stat().st_size
    assert values["quantisation"] is None
    assert len(values["parity"]["sizes"]) == len(SCALES)
    facts = open_backend(out).card.provenance["export"]
    for key in ("compared_in", "parity", "bfloat16"):
        assert values[key] == facts[key]
    assert values["compared_in"] == ["float32"]


def test_the_form_is_found_out_and_json_is_all_that_standard_output_has(
    tmp_path, command, road_run, streets
):
    out = tmp_path / "m.xml"
    code, printed, told = command(
        *("export", road_run, out, "--precision", "f16", "--pictures", streets, "--json", "-")
    )
    assert code == 0, told
    values = json.loads(printed)
    assert (values["format"], values["kernels"]) == ("openvino", "float16")
    assert values["files"] == [str(out), str(out.with_suffix(".bin"))]
    assert "comparing 9/9" in told
    assert (values["bfloat16"] is not None) == read_processor().has_bfloat16


@pytest.mark.skipif(not read_processor().has_bfloat16, reason="this processor has no bfloat16")
@pytest.mark.parametrize("passes", [True, False])
def test_it_is_told_what_the_file_runs_in(
    tmp_path, roadfcn, road_run, streets, monkeypatch, passes
):
    least = Bounds(None, 0.0, 1.0, 1.0) if passes else Bounds(0.0, 0.0, 1.0, 1.0)
    monkeypatch.setitem(BOUNDS, "bf16", least)
    done = roadfcn("export", road_run, tmp_path / "m.xml", "--pictures", streets)
    assert done.exit_code == 0
    assert "Before and after, in bfloat16, on 3 pictures" in done.stdout
    assert ("runs in bfloat16, which is faster here" in done.stdout) == passes
    assert ("runs in float32: in bfloat16, which is faster here, at 50 x" in done.stdout) != passes


def test_an_eight_bit_model_says_what_it_takes(tmp_path, roadfcn, road_run, streets):
    done = roadfcn(
        "export", road_run, tmp_path / "m.onnx", "--input", "uint8", "--pictures", streets
    )
    assert "pictures N,H,W,3 uint8 RGB in" in done.stdout
    assert "roadfcn predict" not in done.stdout


@pytest.mark.parametrize(
    ("name", "options", "kind", "found"),
    [
        ("m.pt", (), ConfigError, r"m\.pt ends in '\.pt': in which form"),
        ("m.xml", ("--format", "onnx"), OutputError, r"m\.xml ends in '\.xml'"),
        ("m.onnx", ("--int8",), ConfigError, "int8 for the format onnx"),
        ("m.xml", ("--int8", "--precision", "f16"), ConfigError, "--int8 and --precision f16"),
        ("m.xml", ("--max-drop", "1"), ConfigError, "--max-drop without --int8"),
        ("m.xml", ("--calibrate", "x"), ConfigError, "--calibrate without --int8"),
        ("m.xml", ("--int8", "--max-drop", "-1"), ConfigError, "may cost is -1 points"),
        ("m.xml", ("--pictures", "nowhere"), ImageFileError, "there is no picture in nowhere"),
        ("m.xml", ("--int8", "--calibrate", "nowhere"), ImageFileError, "no picture in nowhere"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(
    tmp_path, roadfcn, road_run, name, options, kind, found
):
    with pytest.raises(kind, match=found):
        roadfcn("export", road_run, tmp_path / name, *options)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("to_file", [True, False])
def test_a_model_that_answers_otherwise_is_not_kept_and_its_figures_are_written(
    tmp_path, command, road_run, streets, monkeypatch, to_file
):
    monkeypatch.setitem(BOUNDS, "f32", Bounds(None, 0.0, -1.0, -2.0))  # nothing passes
    out, figures = tmp_path / "m.xml", tmp_path / "m.json"
    code, printed, told = command(
        *("export", road_run, out, "--pictures", streets, "--json", figures if to_file else "-")
    )
    assert code == 2
    assert "the converted model does not answer as the one it came from: at 50 x 90" in told
    assert not out.exists()
    values = json.loads(figures.read_text("utf-8") if to_file else printed)
    assert (values["passed"], values["path"], values["files"]) == (False, None, [])
    assert (values["format"], values["kernels"]) == ("openvino", "float32")
    assert [reason.partition(" the IoU of road")[0] for reason in values["reasons"]] == [
        f"at {size} pixels" for size in ("50 x 90", "38 x 68", "25 x 45")
    ]
    assert [size["equal_labels"] for size in values["parity"]["sizes"]] == [1, 1, 1]


def test_what_cannot_be_converted_is_told_in_json_too(tmp_path, command, road_run, streets):
    def fail(_network):
        raise ExportError("it has a layer too many", allowed="fewer", do="take one away")

    figures = tmp_path / "m.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "onnx_graph", fail)
        words = ("export", road_run, tmp_path / "m.onnx", "--pictures", streets, "--json", figures)
        assert command(*words).code == 2
    values = json.loads(figures.read_text("utf-8"))
    assert (values["passed"], values["parity"]) == (False, None)
    assert values["reasons"] == ["it has a layer too many"]
