"""`benchmarks/gpu_inference.py` on the processor: its rows, what is wrong or fails, its clock."""

import argparse
import json
import sys
from dataclasses import replace

import pytest
import torch

import gpu_inference
from contenders.device_clock import REPEATS, DeviceClock
from contenders.device_report import as_markdown
from contenders.device_ways import EAGER, WAYS, Way, feed, opened
from contenders.files import save_described
from roadfcn.backends.compilers import has_compiler
from roadfcn.checkpoints import load_model
from roadfcn.models.upsampling import Upsampling

CPU = torch.device("cpu")
BFLOAT16 = next(way for way in WAYS if way.title == "eager bfloat16")


@pytest.fixture
def subject(tmp_path):
    """Give the described network, a thirty-second as wide, at a tiny size."""
    save_described(tmp_path / "model.safetensors", 1 / 32)
    network, card = load_model(tmp_path / "model.safetensors")
    pictures = torch.randn(3, 3, 32, 64, generator=torch.Generator().manual_seed(1))
    return gpu_inference.Subject("tiny", network.eval(), card, (32, 64), pictures, 1000)


@pytest.fixture
def run():
    """Give a run on the processor that has time."""
    options = argparse.Namespace(seconds=0.0, limit=600, json=None)
    return gpu_inference.Run(DeviceClock(CPU), options, {})


def run_script(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["gpu_inference.py", "--quick", "--device", "cpu", *words])
    return gpu_inference.main()


def test_every_way_is_a_row_with_figures_or_a_reason(tmp_path, monkeypatch, capsys):
    out = tmp_path / "figures.json"
    assert run_script(monkeypatch, "--no-compile", "--json", str(out)) == 0
    figures = json.loads(out.read_text())
    assert figures["peak_flops"] > 0
    ways = [way for way in WAYS if way.mode is None]
    found = [(row["way"], row["network"]) for row in figures["rows"]]
    assert found == [(way.title, name) for way in ways for name in ("vgg16", "slim-road")]
    table = capsys.readouterr().out
    for row in figures["rows"]:
        if "graph" in row["way"]:
            assert row["problem"] == "CUDA graphs want a CUDA device"
            assert row["batches"] == []
        else:
            assert row["problem"] is None
            assert row["batches"][0]["batch"] == 1
        assert f"| {row['network']} | {row['way']} | " in table
    climbed = [row for row in figures["rows"] if row["way"].startswith("eager float32")]
    assert [[one["batch"] for one in row["batches"]] for row in climbed] == [[1, 2]] * 2
    assert 1e-6 < figures["rows"][2]["batches"][0]["apart"] < 0.1  # bfloat16 is another arithmetic


@pytest.mark.slow
@pytest.mark.skipif(not has_compiler("cpu"), reason="needs a C++ compiler")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's compiler warns of PyTorch
def test_compiled_networks_compute_the_same(run, subject, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "compiled"))
    for way in WAYS:
        if way is EAGER or way.mode == "default":
            run.row(subject, way)
    rows = run.figures["rows"]
    assert len(rows) == 3
    assert [row["problem"] for row in rows] == [None] * 3
    assert all(row["batches"][0]["apart"] > 1e-6 for row in rows[1:])


def test_another_network_is_wrong(run, subject):
    run.row(subject, EAGER)
    torch.manual_seed(5)
    other = gpu_inference.build_fcn(subject.network.architecture).eval()
    run.row(replace(subject, network=other), BFLOAT16)
    right, wrong = run.figures["rows"]
    assert right["problem"] is None
    assert wrong["problem"].startswith("batch 1: wrong: its scores differ by ")
    assert wrong["batches"] == []


def test_a_climb_ends_where_it_fails_and_keeps_what_it_had(run, subject, monkeypatch):
    run.row(subject, EAGER)

    def feed_little(way, pictures, device):
        if len(pictures) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate ...")
        return feed(way, pictures, device)

    monkeypatch.setattr(gpu_inference, "feed", feed_little)
    run.row(subject, BFLOAT16)
    monkeypatch.undo()
    row = run.figures["rows"][1]
    assert row["problem"] == "batch 2: out of memory"
    assert [one["batch"] for one in row["batches"]] == [1]
    run.row(subject, Way("later"))
    assert [one["batch"] for one in run.figures["rows"][2]["batches"]] == [1]


def test_what_comes_after_the_limit_is_told(subject):
    options = argparse.Namespace(seconds=0.0, limit=-1, json=None)
    late = gpu_inference.Run(DeviceClock(CPU), options, {})
    late.row(subject, EAGER)
    assert late.figures["rows"][0]["problem"] == "not measured: --limit was reached"


def test_operations_are_twice_the_products_of_convolutions(subject):
    counted = 0

    def count(part, inputs, output):
        nonlocal counted
        pixels = inputs[0] if isinstance(part, Upsampling) else output
        counted += 2 * part.weight.numel() * pixels.shape[-2] * pixels.shape[-1]

    convolutions = (torch.nn.Conv2d, Upsampling)
    hooks = [
        part.register_forward_hook(count)
        for part in subject.network.modules()
        if isinstance(part, convolutions)
    ]
    with torch.no_grad():
        subject.network(subject.pictures[:1])
    assert len(hooks) > 15
    assert gpu_inference._operations(subject.network, (32, 64)) == counted > 1e6


def test_calls_take_turns_with_all_inputs():
    calls = []
    found = DeviceClock(CPU).seconds(calls.append, ["a", "b"], 0.0)
    assert len(found) == REPEATS
    assert min(found) >= 0
    assert calls.count("a") == calls.count("b") >= REPEATS
    assert calls[:4] == ["a", "b", "a", "b"]


def test_cudnn_tries_only_while_its_way_is_open(subject):
    before = torch.backends.cudnn.benchmark
    with opened(Way("x", tries=True), subject.network, subject.card, CPU):
        assert torch.backends.cudnn.benchmark
    assert torch.backends.cudnn.benchmark == before


def test_the_table_tells_the_first_and_the_best_batch():
    one = {"batch": 1, "seconds": 0.002, "per_second": 500.0, "flops": 2e13, "memory": 2**29}
    best = {"batch": 8, "seconds": 0.004, "per_second": 2000.0, "flops": 8e13, "memory": 2**30}
    one |= {"share_of_peak": 0.1, "apart": 0.003}
    best |= {"share_of_peak": 0.4, "apart": 0.005}
    row = {"network": "vgg16", "way": "some way", "size": [160, 576], "batches": [one, best]}
    figures = {"device": "A card", "versions": {"torch": "2.11"}, "cuda": "13.0", "cudnn": 9}
    figures |= {"driver": "580", "peak_flops": 2e14, "convolutions_in_tf32": True}
    text = as_markdown(figures | {"rows": [row | {"problem": "batch 16: out of memory"}]})
    assert "Matrix product in bfloat16: 200 TFLOP/s" in text
    assert (
        "| vgg16 | some way | 2.000 | 500.0 | 10.0 | 8 | 0.5000 | 2000.0 | 80 | 40.0 | 1.00 "
        "| 0.005 | batch 16: out of memory |"
    ) in text


def test_no_cuda_device_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu_inference.py", "--quick"])
    with pytest.raises(SystemExit, match="2"):
        gpu_inference.main()
    assert "--device cpu" in capsys.readouterr().err
