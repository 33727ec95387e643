"""Which engine runs a model: what is asked for, what is there, and what is worth a conversion."""

import logging
import subprocess
import sys

import numpy as np
import pytest
import torch

from colour_network import CARD, scores, write_onnx
from roadfcn.backends.onnx_engine import OnnxBackend
from roadfcn.backends.openvino_engine import OpenVinoBackend
from roadfcn.backends.torch_engine import TorchBackend
from roadfcn.checkpoints import save_model
from roadfcn.errors import ConfigError, ExportError, ModelFileError, OutputError
from roadfcn.export.bounds import BOUNDS, Bounds
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.machine import Processor, read_processor
from roadfcn.model_card import ModelCard
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.prediction.engines import choice as engine_choice
from roadfcn.prediction.engines import converted_models
from roadfcn.prediction.engines.choice import WORTH_CONVERTING, open_model

TINY = FCNArchitecture(2, width=0.02, fc_channels=4, fc_kernel=1, score_start="normal")
BATCH = np.random.default_rng(0).standard_normal((1, 3, 33, 70)).astype(np.float32)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny network of ours, and what it gives for BATCH."""
    torch.manual_seed(1)  # with which it finds road in scenes, or nothing could be compared
    network = build_fcn(TINY).eval()
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    save_model(path, network, ModelCard(TINY.to_dict(), ROAD, InputFormat()))
    with torch.no_grad():
        return path, network(torch.from_numpy(BATCH)).numpy()


@pytest.fixture(autouse=True)
def _one_small_scene_on_a_processor(monkeypatch):
    """Scenes of the gate take most of the time here; a GPU would make PyTorch the choice."""
    monkeypatch.setattr(converted_models, "_GATE_PICTURES", 1)
    monkeypatch.setattr(converted_models, "_GATE_SIZE", (94, 155))
    monkeypatch.setattr(engine_choice, "has_nvidia_driver", lambda: False)
    monkeypatch.setattr(engine_choice.sys, "platform", "linux")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def filled_cache(tmp_path_factory):
    """A cache that tests convert into; later ones find there what earlier ones made."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def processor(monkeypatch):
    """Give a function that makes the processor fast at bfloat16, or not."""

    def make(*instructions):
        found = Processor("a processor", 2, 2, instructions)
        monkeypatch.setattr(engine_choice, "read_processor", lambda: found)

    return make


def without(monkeypatch, *packages):
    real = engine_choice.find_spec
    monkeypatch.setattr(
        engine_choice, "find_spec", lambda name: None if name in packages else real(name)
    )


@pytest.mark.parametrize("engine", ["auto", "torch"])
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_a_few_pictures_are_run_by_pytorch_and_nothing_is_converted(
    model, cache, monkeypatch, engine, device
):
    # There may be a driver where PyTorch finds no GPU, as in a container that was given none.
    monkeypatch.setattr(engine_choice, "has_nvidia_driver", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    backend = open_model(model[0], engine=engine, pictures=WORTH_CONVERTING - 1, device=device)
    assert isinstance(backend, TorchBackend)
    assert not cache.exists()
    assert backend.running.precision == "float32"  # bfloat16 has not been compared


@pytest.mark.parametrize(
    ("alike", "precision", "ran"),
    [
        (True, "auto", "bfloat16"),
        (False, "auto", "float32"),
        (False, "bfloat16", "bfloat16"),
        (True, "float32", "float32"),
    ],
)
def test_pytorch_by_name_computes_in_bfloat16_if_labels_stay_or_it_is_named_too(
    model, processor, monkeypatch, alike, precision, ran
):
    processor("AVX512-BF16")
    monkeypatch.setattr(engine_choice, "answers_alike", lambda *_, **__: alike)
    backend = open_model(model[0], engine="torch", device="cpu", precision=precision)
    assert backend.running.precision == ran


def test_what_is_not_alike_in_bfloat16_is_run_by_openvino_in_float32(
    model, cache, monkeypatch, caplog
):
    if not read_processor().has_bfloat16:
        pytest.skip("this processor has no bfloat16")
    monkeypatch.setitem(BOUNDS, "bf16", Bounds(0.0, 0.0, 1.0, 1.0))  # nothing passes this
    said = []
    for pictures in (None, 1):
        backend = open_model(model[0], pictures=pictures, say=said.append)
        assert (backend.running.engine, backend.running.precision) == ("openvino", "float32")
    assert len(said) == 2
    assert said[1].startswith("it is run in float32, as in bfloat16 at ")
    assert caplog.text == ""
    # Who asks for bfloat16 gets it, and is told.
    backend = open_model(model[0], precision="bfloat16")
    assert (backend.running.engine, backend.running.precision) == ("openvino", "bfloat16")
    assert "in bfloat16: at 94 x 155 pixels scores differ by" in caplog.text


@pytest.mark.parametrize(("alike", "ran"), [(True, "torch bfloat16"), (False, "onnx float32")])
def test_without_openvino_pytorch_computes_in_bfloat16_if_labels_stay_as_they_are(
    model, cache, monkeypatch, processor, alike, ran
):
    processor("AVX512-BF16")
    without(monkeypatch, "openvino")
    monkeypatch.setitem(BOUNDS, "bf16", Bounds(None, 0.0, 1.0, 1.0 if alike else -2.0))
    for pictures in (None, 1):
        running = open_model(model[0], device="cpu", pictures=pictures).running
        assert f"{running.engine} {running.precision}" == ran


@pytest.mark.parametrize(
    ("engine", "pictures", "kind"),
    [("auto", None, OpenVinoBackend), ("openvino", 1, OpenVinoBackend), ("onnx", 1, OnnxBackend)],
)
def test_a_model_is_converted_once_and_gives_the_same_scores(
    model, filled_cache, monkeypatch, engine, pictures, kind
):
    monkeypatch.setenv("ROADFCN_CACHE", str(filled_cache))
    path, expected = model
    said = []
    for _ in range(2):
        backend = open_model(
            path, engine=engine, precision="float32", pictures=pictures, say=said.append
        )
        assert isinstance(backend, kind)
        np.testing.assert_allclose(backend.logits(BATCH), expected, atol=1e-4)
    assert len(said) <= 1
    assert list(filled_cache.glob("converted/.*")) == []


def test_a_model_that_was_converted_needs_no_pytorch_and_is_taken_for_one_picture(
    model, filled_cache, monkeypatch
):
    monkeypatch.setenv("ROADFCN_CACHE", str(filled_cache))
    path, expected = model
    open_model(path, engine="openvino", precision="float32")
    np.save(filled_cache / "batch.npy", BATCH)
    code = f"""
import sys
import numpy as np
sys.modules["torch"] = None  # importing it fails
from roadfcn.prediction.engines import choice as engine_choice
engine_choice.has_nvidia_driver = lambda: False
backend = engine_choice.open_model({str(path)!r}, precision="float32")
np.save(sys.argv[1], backend.logits(np.load({str(filled_cache / "batch.npy")!r})))
"""
    result = filled_cache / "scores.npy"
    subprocess.run([sys.executable, "-c", code, result], check=True)
    np.testing.assert_allclose(np.load(result), expected, atol=1e-4)


def test_a_damaged_conversion_is_made_anew(model, filled_cache, monkeypatch, caplog):
    monkeypatch.setenv("ROADFCN_CACHE", str(filled_cache))
    path, expected = model
    place = converted_models.converted_model(path, "openvino")
    place.convert()
    weights = place.path.with_suffix(".bin")
    weights.write_bytes(bytes(weights.stat().st_size))
    backend = open_model(path, precision="float32", pictures=1)
    assert "converted anew, as it was damaged" in caplog.text
    assert isinstance(backend, OpenVinoBackend)
    np.testing.assert_allclose(backend.logits(BATCH), expected, atol=1e-4)


def test_what_does_not_pass_the_gate_is_not_kept_and_not_tried_again(
    model, cache, monkeypatch, caplog
):
    monkeypatch.setitem(BOUNDS, "f32", Bounds(None, 0.0, 1.0, -2.0))  # nothing passes this
    without(monkeypatch, "onnxruntime")
    with pytest.raises(ExportError, match="does not answer as the one it came from"):
        open_model(model[0], engine="openvino", precision="float32")
    place = converted_models.converted_model(model[0], "openvino")
    assert not place.folder.exists()

    def fail(*_):
        raise AssertionError("it is converted once more")

    monkeypatch.setattr(converted_models, "_export", fail)
    with caplog.at_level(logging.WARNING):
        backend = open_model(model[0], precision="float32", pictures=None, device="cpu")
    assert isinstance(backend, TorchBackend)
    assert "is not run by openvino: the converted model does not answer" in caplog.text


def test_a_cache_that_cannot_be_written_stops_only_who_asked_for_the_engine(model, cache, caplog):
    cache.write_text("a file where the folder should be")
    assert isinstance(open_model(model[0], pictures=None, device="cpu"), TorchBackend)
    assert "cannot be locked" in caplog.text
    with pytest.raises(OutputError, match="cannot be locked"):
        open_model(model[0], engine="openvino")


def test_a_converted_file_is_run_by_its_own_engine_at_once(tmp_path, cache):
    path = write_onnx(tmp_path / "model.onnx")
    backend = open_model(path, pictures=None)
    np.testing.assert_allclose(backend.logits(BATCH), scores(BATCH), atol=1e-5)
    assert backend.card == CARD
    with pytest.raises(ConfigError, match="engine 'openvino' does not run") as caught:
        open_model(path, engine="openvino")
    assert caught.value.allowed == "auto or onnx for this file"
    assert not cache.exists()


def test_pytorch_in_bfloat16_stands_between_the_others_where_it_is_fast(processor):
    candidates = engine_choice._candidates
    processor("AVX2")
    assert candidates("auto", "auto") == candidates("cpu", "float32") == ["openvino", "onnx"]
    assert candidates("cpu", "bfloat16") == ["openvino"]
    processor("AVX512-BF16")
    assert candidates("auto", "auto") == ["openvino", "torch", "onnx"]
    assert candidates("auto", "float32") == ["openvino", "onnx"]


def test_engines_that_are_not_installed_are_not_candidates(processor, monkeypatch):
    processor("AVX2")
    without(monkeypatch, "openvino")
    assert engine_choice._candidates("auto", "auto") == ["onnx"]


def test_on_a_gpu_it_is_pytorch(processor, monkeypatch):
    processor("AVX2")
    assert engine_choice._candidates("cuda:0", "auto") == []
    monkeypatch.setattr(engine_choice, "has_nvidia_driver", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert engine_choice._candidates("auto", "auto") == []
    assert engine_choice._candidates("cpu", "auto") == ["openvino", "onnx"]


def test_without_pytorch_it_is_told_where_a_model_can_be_converted(model, cache, monkeypatch):
    without(monkeypatch, "torch")
    with pytest.raises(ModelFileError, match="which needs PyTorch") as caught:
        open_model(model[0], engine="openvino")
    assert "roadfcn export" in caught.value.do
    monkeypatch.setitem(sys.modules, "roadfcn.backends.torch_engine", None)
    with pytest.raises(ModelFileError, match="needs PyTorch, which cannot be loaded") as caught:
        open_model(model[0], pictures=None)
    assert "give the .onnx or .xml file" in caught.value.do


def test_an_engine_that_is_not_installed_is_asked_for_with_its_command(model, cache, monkeypatch):
    without(monkeypatch, "onnxruntime")
    with pytest.raises(ModelFileError, match="needs onnx, which is not installed") as caught:
        open_model(model[0], engine="onnx")
    assert "in the checkout of roadfcn: pip install '.[onnx]'" in caught.value.do


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({"engine": "tensorrt"}, "engine 'tensorrt'"),
        ({"engine": "onnx", "precision": "bfloat16"}, "precision 'bfloat16' with engine 'onnx'"),
        ({"engine": "openvino", "precision": "int8"}, "precision 'int8' with engine 'openvino'"),
        ({"pictures": None, "precision": "int8"}, "precision 'int8'"),
        ({"engine": "onnx", "device": "tensorrt"}, "has no device 'tensorrt' here"),
        ({"engine": "onnx", "device": "tpu:1"}, "has no device 'tpu:1' here"),
        ({"engine": "openvino", "device": "npu.7"}, "finds no device 'npu.7' here"),
    ],
)
def test_what_no_engine_does_is_refused_before_anything_is_converted(model, cache, words, found):
    with pytest.raises(ConfigError, match=found):
        open_model(model[0], **words)
    assert not cache.exists()
