"""ONNX files run, and those that cannot say why."""

import sys

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto

from colour_network import CARD, scores, write_onnx
from roadfcn.backends.onnx_engine import OnnxBackend, _providers, _taken, list_onnx_devices
from roadfcn.backends.opening import open_backend
from roadfcn.errors import ConfigError, ModelFileError


@pytest.fixture
def path(tmp_path):
    return write_onnx(tmp_path / "model.onnx")


@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (2, 3, 3, 70), (1, 3, 33, 40)])
def test_scores_are_those_of_the_network_at_any_size(path, shape):
    batch = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    found = OnnxBackend(path, CARD).logits(batch)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, scores(batch), atol=1e-5)


def test_results_stay_when_the_next_picture_is_run(path):
    backend = OnnxBackend(path, CARD)
    first = backend.logits(np.ones((1, 3, 4, 5), np.float32))
    before = first.copy()
    backend.logits(np.zeros((1, 3, 4, 5), np.float32))
    np.testing.assert_array_equal(first, before)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"names": ("input", "logits")}, "takes input (?,3,?,? float32) and gives logits"),
        ({"names": ("pictures", "output")}, "and gives output (?,2,?,? float32)"),
        ({"shape": ("n", 3, 160, 576)}, "takes pictures (?,3,160,576 float32), one size of"),
        ({"shape": (1, 3, "h", "w")}, "takes pictures (1,3,?,? float32), one size of"),
        ({"kind": TensorProto.UINT8}, "takes 8-bit pictures: it was exported for other programs"),
        ({"kind": TensorProto.FLOAT16}, "takes pictures (?,3,?,? float16) and gives"),
        ({"weights": np.zeros((5, 3), np.float32)}, "gives 5 channels, and its card has 2 classes"),
    ],
)
def test_a_network_of_another_form_is_refused_when_it_is_opened(tmp_path, changes, found):
    path = write_onnx(tmp_path / "model.onnx", **changes)
    with pytest.raises(ModelFileError) as caught:
        OnnxBackend(path, CARD)
    assert caught.value.found.startswith(f"{path} ")
    assert found in caught.value.found


def test_a_failure_at_a_picture_names_engine_file_and_size(path):
    with pytest.raises(ModelFileError, match=r"ONNX Runtime fails to run .* on 1 x 6 x 7 pixels"):
        OnnxBackend(path, CARD).logits(np.zeros((1, 4, 6, 7), np.float32))


def test_a_graph_that_makes_no_sense_is_refused(path):
    # The name of the operator is as long as before, so nothing but its meaning has changed.
    path.write_bytes(path.read_bytes().replace(b"Conv", b"Covn"))
    with pytest.raises(ModelFileError, match=r"ONNX Runtime cannot load .*Covn"):
        open_backend(path)


def test_a_file_of_a_later_version_is_refused_with_the_engines_words(path):
    content = path.read_bytes()
    assert content.startswith(b"\x08\x08"), "the version of the format is the first field"
    path.write_bytes(b"\x08\x3f" + content[2:])
    with pytest.raises(ModelFileError, match="Unsupported model IR version: 63") as caught:
        open_backend(path)
    assert "upgrade the engine if the file is newer" in caught.value.do


def test_another_precision_than_the_files_is_refused(path):
    with pytest.raises(ConfigError, match="precision 'bfloat16' with ONNX Runtime"):
        OnnxBackend(path, CARD, precision="bfloat16")


@pytest.mark.parametrize("device", ["cuda", "tpu", "cpu:1", "mps", ""])
def test_a_device_that_is_not_here_is_refused(path, device):
    with pytest.raises(ConfigError, match=f"ONNX Runtime has no device '{device}' here") as caught:
        OnnxBackend(path, CARD, device=device)
    assert caught.value.allowed == "auto, cpu"


def test_a_gpu_is_taken_where_there_is_one_with_the_processor_behind_it():
    here = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    cuda, tensorrt, cpu = here[1], here[0], here[2]
    assert _providers("auto", here) == [(cuda, {}), cpu]
    assert _providers("cuda:1", here) == [(cuda, {"device_id": "1"}), cpu]
    assert _providers("tensorrt", here) == [(tensorrt, {}), cpu]
    assert _providers("cpu", here) == [cpu]


def test_devices_are_listed_by_the_names_that_are_taken():
    assert "cpu" in list_onnx_devices()


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "tensorrt"])
def test_a_named_device_that_was_left_out_is_told(device):
    # What a session of a build for CUDA lists where CUDA's libraries do not load.
    with pytest.raises(ConfigError) as caught:
        _taken(device, ["CPUExecutionProvider"])
    assert f"'{device}'" in caught.value.found
    assert caught.value.found.endswith("it would compute on cpu")
    assert _taken("auto", ["CPUExecutionProvider"]) == "CPUExecutionProvider"
    assert _taken("cpu", ["CPUExecutionProvider"]) == "CPUExecutionProvider"
    there = {"cuda": "CUDA", "tensorrt": "Tensorrt"}[device.partition(":")[0]]
    providers = [f"{there}ExecutionProvider", "CPUExecutionProvider"]
    assert _taken(device, providers) == providers[0]


def test_the_providers_of_the_session_are_looked_at(path, monkeypatch):
    # A processor that is named and left out: what cannot be had here, in place of a GPU.
    real = onnxruntime.InferenceSession

    def without(*given, **named):
        session = real(*given, **named)
        session.get_providers = lambda: ["AzureExecutionProvider"]
        return session

    monkeypatch.setattr(onnxruntime, "InferenceSession", without)
    with pytest.raises(ConfigError, match="would compute on AzureExecutionProvider"):
        OnnxBackend(path, CARD, device="cpu")


def test_without_onnx_runtime_the_command_that_installs_it_is_told(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelFileError, match=r"needs ONNX Runtime, which cannot") as caught:
        open_backend(path)
    assert "pip install '.[onnx]'" in caught.value.do


def test_threads_are_those_that_the_process_may_use(path, monkeypatch):
    seen = []
    real = onnxruntime.InferenceSession

    def watched(file, options, **rest):
        seen.append(options.intra_op_num_threads)
        return real(file, options, **rest)

    monkeypatch.setattr(onnxruntime, "InferenceSession", watched)
    monkeypatch.setattr("roadfcn.backends.onnx_engine.usable_threads", lambda: 3)
    OnnxBackend(path, CARD)
    OnnxBackend(path, CARD, threads=1)
    assert seen == [3, 1]
