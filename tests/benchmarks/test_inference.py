"""`benchmarks/inference.py`: the same networks in all engines, and figures worked out of times."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

import inference
from contenders.engine import FEWEST_CALLS, Contender, Engine, picture
from contenders.files import contenders_of, save_described
from contenders.worker import Worker
from roadfcn.backends.compilers import has_compiler

SIZE = (32, 64)


@pytest.fixture
def described(tmp_path):
    """Give the folder of the described network, a thirty-second as wide."""
    save_described(tmp_path / "model.safetensors", 1 / 32)
    return tmp_path


@pytest.fixture
def worker():
    """Give a function that starts a process of contenders, which ends with the test."""
    started = []

    def start(*contenders):
        started.append(Worker(Engine, list(contenders)))
        return started[-1]

    yield start
    for one in started:
        one.close()


def by_way(folder):
    return {one.way: one for one in contenders_of("vgg16", folder) if one.process == "torch"}


def test_only_forms_that_are_there_take_part(described, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    found = [(one.process, one.precision) for one in contenders_of("vgg16", described)]
    assert [one for one in found if one[0] != "tensorflow"] == [
        ("torch", "float32"),
        ("torch", "bfloat16"),
    ]
    slim = contenders_of("slim", described, frozen=True)
    assert not any(one.process.startswith("tensorflow") for one in slim)


def test_a_worker_gives_scores_and_times(described, worker):
    eager, bfloat16 = by_way(described)["eager"], by_way(described)["bfloat16"]
    process = worker(eager, bfloat16)
    scores = process.ask("scores", eager, SIZE)
    assert scores.shape == (1, 2, *SIZE)
    apart = np.abs(process.ask("scores", bfloat16, SIZE) - scores).max() / np.abs(scores).max()
    assert 1e-6 < apart < 0.1  # another arithmetic, the same network
    seconds = process.ask("seconds", eager, SIZE, 0.0)
    assert len(seconds) == FEWEST_CALLS
    assert min(seconds) > 0


@pytest.mark.slow
@pytest.mark.skipif(not has_compiler("cpu"), reason="needs a C++ compiler")
def test_a_compiled_network_takes_part_in_bfloat16(described, worker):
    plain, compiled = by_way(described)["bfloat16"], by_way(described)["compiled"]
    assert compiled.precision == "bfloat16"
    process = worker(plain, compiled)
    scores = process.ask("scores", plain, SIZE)
    assert np.abs(process.ask("scores", compiled, SIZE) - scores).max() < 0.1 * np.abs(scores).max()


def test_what_fails_in_a_worker_is_told_here(described, worker):
    eager = replace(by_way(described)["eager"], path=described / "none.safetensors")
    with pytest.raises(RuntimeError, match=r"ModelFileError: .*none\.safetensors"):
        worker(eager).ask("scores", eager, SIZE)


@pytest.mark.tensorflow
@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="no TensorFlow")
@pytest.mark.parametrize("place", [0, 1])
def test_tensorflow_computes_the_same_network(described, worker, place):
    tensorflow = contenders_of("vgg16", described, frozen=True)[place]
    assert tensorflow.title == ("TensorFlow", "TensorFlow, frozen")[place]
    found = worker(tensorflow).ask("scores", tensorflow, SIZE)
    eager = by_way(described)["eager"]
    expected = worker(eager).ask("scores", eager, SIZE)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_operations_are_those_of_all_convolutions(described, monkeypatch):
    """Counted by hand: twice kernel size, channels in and out, and pixels of each convolution."""
    counted = 0
    plain, up = functional.conv2d, functional.conv_transpose2d

    def conv2d(maps, weight, *words, **named):
        nonlocal counted
        found = plain(maps, weight, *words, **named)
        counted += 2 * weight.numel() * found.shape[2] * found.shape[3]
        return found

    def conv_transpose2d(maps, weight, *words, **named):
        nonlocal counted
        counted += 2 * weight.numel() * maps.shape[2] * maps.shape[3]
        return up(maps, weight, *words, **named)

    from roadfcn.checkpoints import load_model

    model = load_model(described / "model.safetensors")[0].eval()
    monkeypatch.setattr(functional, "conv2d", conv2d)
    monkeypatch.setattr(functional, "conv_transpose2d", conv_transpose2d)
    with torch.no_grad():
        model(torch.from_numpy(picture(SIZE)))
    monkeypatch.undo()
    assert inference._operations(by_way(described)["eager"], SIZE) == counted > 1e6


def test_speed_is_a_ratio_to_tensorflow_and_a_share_of_the_peak(tmp_path, monkeypatch):
    monkeypatch.setattr(inference, "_operations", lambda one, size: 4_000_000)
    path = tmp_path / "model.safetensors"
    base = Contender("vgg16", "tensorflow", "float32", "float32", path, "TensorFlow")
    fast = Contender("slim", "openvino", "auto", "int8", path, "ours")
    times = {(base, SIZE): [0.5, 0.4, 9.0], (fast, SIZE): [0.02, 0.01, 0.03]}
    times |= {(base, (1, 1)): [77.0]}  # another size counts for nothing
    peaks = {"float32": 1e9, "bfloat16": 2e9}
    speed = inference._speed(fast, SIZE, times, peaks)
    assert speed["seconds"] == 0.02
    assert speed["to_tensorflow"] == pytest.approx(25)
    assert speed["share_of_peak"] == pytest.approx(0.1)
    assert inference._speed(base, SIZE, times, peaks)["share_of_peak"] == pytest.approx(0.008)
    del times[base, SIZE]
    assert inference._speed(fast, SIZE, times, peaks)["to_tensorflow"] is None


def test_wrong_scores_are_left_out_and_why(tmp_path):
    class Fixed:
        def __init__(self, answers):
            self.answers = answers

        def ask(self, method, one, size):
            assert method == "scores"
            if isinstance(self.answers[one.precision], str):
                raise RuntimeError(self.answers[one.precision])
            return np.array([self.answers[one.precision]])

    def contender(network, process, way, precision):
        return Contender(network, process, way, precision, tmp_path, process)

    right = [contender(name, "torch", "eager", "float32") for name in ("vgg16", "slim")]
    others = [contender("slim", "openvino", way, way) for way in ("float32", "bfloat16", "int8")]
    answers = {"float32": 10.02, "bfloat16": 10.5, "int8": "no such instruction"}
    workers = {"torch": Fixed({"float32": 10.0}), "openvino": Fixed(answers)}
    wrong = inference._wrong([*right, *others], workers, SIZE)
    assert wrong == {
        others[0]: "its scores differ by 0.002 of the largest",
        others[2]: "no such instruction",
    }


def test_the_table_has_a_row_for_each_engine():
    row = {"network": "vgg16", "engine": "TensorFlow", "precision": "float32", "size": [160, 576]}
    row |= {"seconds": 0.74, "per_second": 1 / 0.74, "to_tensorflow": 1.0, "share_of_peak": 0.58}
    size = {"equal_labels": 0.99957, "iou_lost": 0.01, "truth_iou_lost": -0.00053}
    text = inference._as_markdown(
        {
            "processor": "A chip",
            "threads": 2,
            "versions": {"torch": "2.13"},
            "peak_flops": {"float32": 180e9, "bfloat16": 347e9},
            "speeds": [row],
            "labels": [{"engine": "ours", "precision": "int8", "sizes": [size]}],
            "left_out": {"x, int8": "it failed"},
            "missing": {"int8": "nncf"},
        }
    )
    assert "| vgg16 | TensorFlow | float32 | 740.0 | 1.35 | 1.00 | 58 |" in text
    assert "| ours | int8 | 99.957 | -0.053 |" in text
    assert "180 GFLOP/s in float32, 347 GFLOP/s in bfloat16" in text
    assert "left out: x, int8: it failed" in text
    assert "left out: int8, as nncf is not installed" in text


@pytest.mark.slow
def test_a_quick_run_lists_all_that_is_installed(monkeypatch, capsys, tmp_path):
    file = tmp_path / "a.json"
    monkeypatch.setattr("sys.argv", ["inference.py", "--quick", "--json", str(file)])
    assert inference.main() == 0
    text = capsys.readouterr().out
    assert text.count("| roadfcn, OpenVINO | int8 |") == 3  # both networks, and the labels
    assert "64 x 96 pixels" in text
    assert file.is_file()
