"""OpenVINO models run, and those that cannot say why."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from colour_network import CARD, scores, write_openvino
from roadfcn.backends.opening import open_backend
from roadfcn.backends.openvino_engine import OpenVinoBackend, _device, list_openvino_devices
from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.machine import read_processor


@pytest.fixture
def path(tmp_path):
    return write_openvino(tmp_path / "model.xml")


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (2, 3, 3, 70), (1, 3, 33, 40)])
def test_scores_are_those_of_the_network_at_any_size(path, shape):
    batch = noise(*shape)
    found = OpenVinoBackend(path, CARD, precision="float32").logits(batch)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, scores(batch), atol=1e-5)


def test_bfloat16_gives_the_same_scores_to_two_digits_and_not_to_four(path):
    batch = noise(1, 3, 40, 50)
    found = OpenVinoBackend(path, CARD, precision="bfloat16").logits(batch)
    error = np.abs(found - scores(batch)).max()
    assert error < 0.1
    # Without such instructions OpenVINO computes in float32 whatever it is told.
    assert error > 1e-4 or not read_processor().has_bfloat16


def test_results_stay_when_the_next_picture_is_run(path):
    backend = OpenVinoBackend(path, CARD)
    first = backend.logits(np.ones((1, 3, 4, 5), np.float32))
    before = first.copy()
    backend.logits(np.zeros((1, 3, 4, 5), np.float32))
    np.testing.assert_array_equal(first, before)


def test_threads_may_call_at_once(path):
    backend = OpenVinoBackend(path, CARD, precision="float32")
    wrong = []

    def run(seed):
        batch = np.full((1, 3, 8 + seed, 9), seed, np.float32)
        found = [backend.logits(batch) for _ in range(20)]
        wrong.extend(seed for one in found if not np.allclose(one, scores(batch), atol=1e-4))

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"names": ("input", "logits")}, "takes input (?,3,?,? float32) and gives logits"),
        ({"weights": np.zeros((5, 3), np.float32)}, "gives 5 channels, and its card has 2 classes"),
    ],
)
def test_a_network_of_another_form_is_refused_when_it_is_opened(tmp_path, changes, found):
    path = write_openvino(tmp_path / "model.xml", **changes)
    with pytest.raises(ModelFileError) as caught:
        OpenVinoBackend(path, CARD)
    assert found in caught.value.found


def test_a_failure_at_a_picture_names_engine_file_and_size(path):
    with pytest.raises(ModelFileError, match=r"OpenVINO fails to run .*xml on 1 x 6 x 7 pixels"):
        OpenVinoBackend(path, CARD).logits(np.zeros((1, 4, 6, 7), np.float32))


def test_a_graph_that_makes_no_sense_is_refused(path):
    path.write_text(path.read_text().replace('type="Convolution"', 'type="Convolutoin"'))
    with pytest.raises(ModelFileError, match=r"OpenVINO cannot load .*Convolutoin"):
        open_backend(path)


def test_weights_of_another_export_are_refused_where_the_graph_has_their_hash(tmp_path):
    path = write_openvino(tmp_path / "model.xml", notes={"weights_sha256": "0" * 64})
    with pytest.raises(ModelFileError, match=r"model\.bin is damaged: its bytes are not those"):
        open_backend(path)


def test_an_unknown_precision_is_refused(path):
    with pytest.raises(ConfigError, match="precision 'int8'") as caught:
        OpenVinoBackend(path, CARD, precision="int8")
    assert "roadfcn export --int8" in caught.value.do


@pytest.mark.parametrize("device", ["cuda", "mps", "gpu.7", ""])
def test_a_device_that_is_not_here_is_refused(path, device):
    with pytest.raises(ConfigError, match=f"OpenVINO finds no device '{device}' here") as caught:
        OpenVinoBackend(path, CARD, device=device)
    assert caught.value.allowed.startswith("auto, cpu")


def test_devices_go_by_openvinos_names_in_small_letters():
    here = ["CPU", "GPU.0", "GPU.1", "NPU"]
    assert [_device(name, here) for name in ("auto", "cpu", "gpu", "gpu:1", "gpu.0", "npu")] == [
        *("CPU", "CPU", "GPU", "GPU.1", "GPU.0", "NPU")
    ]
    assert "cpu" in list_openvino_devices()


def test_threads_are_those_that_the_process_may_use(path):
    for threads in (1, 2):
        backend = OpenVinoBackend(path, CARD, threads=threads)
        compiled = backend._request.get_compiled_model()
        assert compiled.get_property("INFERENCE_NUM_THREADS") == threads
        assert "LATENCY" in str(compiled.get_property("PERFORMANCE_HINT"))


def test_without_openvino_the_command_that_installs_it_is_told(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ModelFileError, match="needs OpenVINO, which cannot be loaded") as caught:
        open_backend(path)
    assert "pip install '.[openvino]'" in caught.value.do


def test_ctrl_c_is_heard_when_models_were_let_go_in_the_order_in_which_they_came(path):
    """In a process of its own: where it fails, the process crashes."""
    code = """
import gc, signal, sys
from roadfcn.backends.opening import open_backend
first, second = open_backend(sys.argv[1]), open_backend(sys.argv[1])
del first
gc.collect()
del second
gc.collect()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("heard")
"""
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("heard\n", 0)
