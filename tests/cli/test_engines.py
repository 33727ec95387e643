"""`--engine`, and converted models, wherever a MODEL can be named."""

import json

import numpy as np
import pytest
from PIL import Image

from colour_network import write_onnx, write_openvino
from roadfcn.backends.openvino_engine import OpenVinoBackend
from roadfcn.errors import ConfigError
from roadfcn.prediction import converted_models, engine_choice


@pytest.fixture(params=[write_onnx, write_openvino])
def converted(request, tmp_path):
    """A network for each of the other engines that calls road what is green enough."""
    suffix = ".onnx" if request.param is write_onnx else ".xml"
    return request.param(tmp_path / f"colours{suffix}")


def test_pictures_are_labelled_by_a_converted_model(roadfcn, converted, tmp_path):
    # Scores are r - 2g + b/2 + 1/4 and 3g - b - 4, of colours minus the card's mean: worked out
    # by hand, neither pure green nor black is road, as 3 (1 - 0.4) - (0 - 0.3) - 4 = -1.9 is
    # less than (0 - 0.5) - 2 (1 - 0.4) + (0 - 0.3) / 2 + 0.25 = -1.6.
    Image.new("RGB", (9, 5), (0, 255, 0)).save(tmp_path / "green.png")
    words = ("predict", tmp_path / "green.png", "--model", converted, "--out", tmp_path / "out")
    assert roadfcn(*words, "--precision", "float32").exit_code == 0
    labels = np.array(Image.open(tmp_path / "out" / "labels" / "green.png"))
    assert labels.shape == (5, 9)
    assert (labels == 0).all()


def test_a_converted_model_is_scored_and_its_page_says_by_what(roadfcn, converted, kitti, tmp_path):
    report = tmp_path / "report"
    result = roadfcn(
        *("evaluate", converted, kitti, "--split", "all", "--json", "-", "--report", report)
    )
    scores = json.loads(result.stdout)
    # Truth is half road. Both colours of the pictures, red and magenta, get the first class:
    # the greener a pixel the higher road's score, and there is no green in them.
    assert scores["pixel_accuracy"] == 0.5
    page = (report / "report.html").read_text(encoding="utf-8")
    engine = {".onnx": "onnxruntime", ".xml": "openvino"}[converted.suffix]
    assert f"{engine} 20" in page or f"{engine} 1." in page, "its version"


def test_the_card_of_a_converted_model_is_shown(command, converted):
    code, out, _ = command("weights", "show", converted)
    assert code == 0
    assert {".onnx": "an ONNX model", ".xml": "an OpenVINO model"}[converted.suffix] in out
    values = json.loads(command("weights", "show", converted, "--json", "-").out)
    assert values["parameters"] is None
    assert values["card"]["architecture"] == {"name": "colours"}
    parts = [converted, converted.with_suffix(".bin")]
    assert values["bytes"] == sum(part.stat().st_size for part in parts if part.exists())


def test_an_engine_that_a_file_is_not_for_is_refused(roadfcn, converted, pictures, tmp_path):
    with pytest.raises(ConfigError, match="engine 'torch' does not run"):
        roadfcn(
            *("predict", pictures, "--model", converted, "--engine", "torch"),
            *("--out", tmp_path / "out"),
        )
    assert not (tmp_path / "out").exists()


def test_a_model_is_converted_for_the_engine_that_is_asked_for_and_this_is_said(
    command, road_run, pictures, tmp_path, monkeypatch
):
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(converted_models, "_GATE_PICTURES", 1)
    monkeypatch.setattr(converted_models, "_GATE_SIZE", (94, 155))
    opened = []
    real = OpenVinoBackend.logits
    monkeypatch.setattr(
        OpenVinoBackend, "logits", lambda self, batch: opened.append(self) or real(self, batch)
    )
    words = ("predict", pictures, "--model", road_run, "--engine", "openvino")
    first = command(*words, "--precision", "float32", "--out", tmp_path / "first")
    assert first.code == 0
    assert "converting model.safetensors for openvino, once, which takes as long as" in first.err
    assert f"it is kept in {tmp_path / 'cache'}" in first.err
    opened.clear()
    second = command(*words, "--precision", "float32", "--out", tmp_path / "second")
    assert "converting" not in second.err
    assert opened, "OpenVINO ran it"
    for path in (tmp_path / "first" / "labels").rglob("*.png"):
        other = tmp_path / "second" / path.relative_to(tmp_path / "first")
        assert other.read_bytes() == path.read_bytes()


def test_what_auto_is_told_is_how_many_frames_of_a_video_are_wanted(
    roadfcn, road_run, make_video, grey_frames, tmp_path, monkeypatch
):
    told = []
    real = engine_choice.open_model
    monkeypatch.setattr(
        engine_choice,
        "open_model",
        lambda *words, **options: told.append(options["pictures"]) or real(*words, **options),
    )
    make_video(tmp_path / "a.mp4", grey_frames(*range(8)))
    words = ("predict", tmp_path / "a.mp4", "--model", road_run, "--every", 4)
    assert roadfcn(*words, "--out", tmp_path / "out").exit_code == 0
    assert told == [2], "too few to convert a model for"
