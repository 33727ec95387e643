"""`--engine`, and converted models, wherever a MODEL can be named."""

import json

import numpy as np
import pytest
from PIL import Image

from colour_network import write_onnx, write_openvino
from roadfcn.backends.openvino_engine import OpenVinoBackend
from roadfcn.errors import ConfigError
from roadfcn.prediction.engines import choice as engine_choice
from roadfcn.prediction.engines import converted_models


@pytest.fixture(params=[write_onnx, write_openvino])
def converted(request, tmp_path):
    """A network for each of the other engines that calls road what is green enough."""
    suffix = ".onnx" if request.param is write_onnx else ".xml"
    return request.param(tmp_path / f"colours{suffix}")


@pytest.mark.parametrize("write", [write_onnx, write_openvino])
def test_pictures_are_labelled_by_a_converted_model(roadfcn, tmp_path, write):
    # Road's score is 20 (g - 0.4) - 4, the other 0.25: of green 8, of red, blue and black -12.
    weights = np.array([[0, 0, 0], [0, 20, 0]], np.float32)
    model = write(tmp_path / f"m{'.onnx' if write is write_onnx else '.xml'}", weights=weights)
    colours = np.uint8([[0, 255, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0], [0, 255, 0]])
    Image.fromarray(colours.reshape(2, 3, 3)).save(tmp_path / "street.png")
    words = ("predict", tmp_path / "street.png", "--model", model, "--out", tmp_path / "out")
    assert roadfcn(*words).exit_code == 0
    labels = np.array(Image.open(tmp_path / "out" / "labels" / "street.png"))
    assert labels.tolist() == [[1, 0, 1], [0, 0, 1]]


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


def cached(tmp_path, monkeypatch):
    """Convert into a cache of the test's own, with a small gate."""
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(converted_models, "_GATE_PICTURES", 1)
    monkeypatch.setattr(converted_models, "_GATE_SIZE", (94, 155))


def test_a_model_is_converted_for_the_engine_that_is_asked_for_and_this_is_said(
    command, road_run, pictures, tmp_path, monkeypatch
):
    cached(tmp_path, monkeypatch)
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


def ran(out):
    """Read what labelled, of all journals of a folder."""
    lines = "".join(path.read_text("utf-8") for path in sorted(out.glob("records*.jsonl")))
    found = [json.loads(line).get("ran") for line in lines.splitlines()]
    return [f"{one['engine']} {one['precision']}" for one in found if one]


def test_shares_and_resume_go_on_with_the_engine_that_began(
    roadfcn, road_run, pictures, tmp_path, monkeypatch
):
    cached(tmp_path, monkeypatch)
    for number in range(2):
        Image.new("RGB", (8, 6)).save(pictures / f"{number}.png")
    words = ("predict", pictures, "--model", road_run, "--device", "cpu", "--out", tmp_path / "out")
    roadfcn(*words, "--shard", "1/3")
    # Meanwhile somebody converts the model, which a new call would take.
    engine_choice.open_model(road_run, engine="openvino")
    roadfcn(*words[:-1], tmp_path / "new")
    assert ran(tmp_path / "new")[0].startswith("openvino ")
    roadfcn(*words, "--shard", "2/3")
    roadfcn(*words, "--resume")
    assert ran(tmp_path / "out") == ["torch float32"] * 3
    roadfcn(*words, "--overwrite")
    assert ran(tmp_path / "out") == ran(tmp_path / "new")


def test_what_is_worth_a_conversion_is_decided_by_the_pictures_of_all_shares(
    roadfcn, road_run, pictures, tmp_path, monkeypatch
):
    cached(tmp_path, monkeypatch)
    monkeypatch.setattr(engine_choice, "WORTH_CONVERTING", 2)
    words = ("predict", pictures, "--model", road_run, "--device", "cpu", "--shard", "2/2")
    roadfcn(*words, "--out", tmp_path / "out")
    assert ran(tmp_path / "out")[0].startswith("openvino ")


def test_one_large_picture_is_worth_a_conversion_and_a_small_one_is_not(
    roadfcn, road_run, tmp_path, monkeypatch
):
    cached(tmp_path, monkeypatch)
    monkeypatch.setattr(engine_choice, "WORTH_CONVERTING", 2)
    for name, size in (("small", (8, 6)), ("large", (1024, 1024))):
        Image.new("RGB", size).save(tmp_path / f"{name}.png")
        words = ("predict", tmp_path / f"{name}.png", "--model", road_run, "--device", "cpu")
        roadfcn(*words, "--precision", "float32", "--out", tmp_path / name)
    assert ran(tmp_path / "small") == ["torch float32"]
    assert ran(tmp_path / "large") == ["openvino float32"]
