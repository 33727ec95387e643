"""`roadfcn bench`: what it shows and writes, and what it refuses. Nothing about speed itself."""

import json
from dataclasses import replace

import pytest

from colour_network import CARD, write_onnx
from roadfcn.cli.machine.bench_table import show_bench
from roadfcn.errors import ConfigError, ImageFileError

STEPS = ["decode", "prepare", "network", "finish", "encode"]


@pytest.fixture
def quick(road_run):
    """Give the words of a call that takes no time."""
    return ["bench", road_run, "--engine", "torch", "--precision", "float32", "--seconds", "0"]


def test_json_has_every_step_memory_hardware_and_engine(roadfcn, quick, tmp_path):
    file = tmp_path / "bench.json"
    done = roadfcn(*quick, "--size", "20x50", "--json", file)
    values = json.loads(file.read_text(encoding="utf-8"))
    seconds, rates = values["seconds"], values["frames_per_second"]
    assert [*seconds] == [*STEPS, "one_after_another", "at_once"]
    assert all(value > 0 for value in seconds.values())
    assert rates["network"] == pytest.approx(1 / seconds["network"])
    assert rates["at_once"] == pytest.approx(1 / seconds["at_once"])
    assert values["at_once_to_network"] == pytest.approx(seconds["at_once"] / seconds["network"])
    assert values["size"] == [20, 50]
    assert (values["engine"], values["device"]) == ("torch", "cpu")
    assert (values["precision"], values["kernels"]) == ("float32", "float32")
    assert values["memory"]["peak_bytes"] > 50e6  # Python and torch alone take more
    assert values["memory"]["device_peak_bytes"] is None  # the processor has no other memory
    assert values["hardware"]["processor"]["usable_threads"] >= 1
    assert {"roadfcn", "torch"} == set(values["versions"])
    for word in (*STEPS, "one after another", "predict", "engine:", "machine:", "memory:"):
        assert word in done.stdout


def test_a_folder_of_pictures_is_measured_at_their_own_sizes(roadfcn, quick, pictures):
    done = roadfcn(*quick, "--pictures", pictures, "--json", "-")
    values = json.loads(done.stdout)
    assert (values["pictures"], values["size"]) == (str(pictures), None)


def test_in_batches_predict_itself_is_not_timed(roadfcn, quick, tmp_path):
    file = tmp_path / "bench.json"
    done = roadfcn(*quick, "--size", "20x50", "--batch", 3, "--json", file)
    values = json.loads(file.read_text(encoding="utf-8"))
    assert values["batch"] == 3
    assert values["seconds"]["at_once"] is None
    assert values["frames_per_second"]["at_once"] is None
    assert "3 at a time" in done.stdout
    assert "predict" not in done.stdout


@pytest.mark.parametrize("kernels", ["float32", "int8"])
def test_the_table_tells_quantised_layers_and_a_conversion(capsys, kernels):
    values = {
        "model": "m.xml",
        "pictures": "a generated scene",
        "size": [375, 1242],
        "engine": "openvino",
        "device": "cpu",
        "precision": "bfloat16",
        "kernels": kernels,
        "batch": 1,
        "rounds": 7,
        "seconds": dict.fromkeys(STEPS, 0.01) | {"one_after_another": 0.05, "at_once": 0.012},
        "frames_per_second": {"network": 100.0, "one_after_another": 20.0, "at_once": 83.3},
        "at_once_to_network": 1.2,
        "memory": {
            "peak_bytes": 1_234_000_000,
            "device_peak_bytes": 567_000_000 if kernels == "int8" else None,
            "with_conversion": kernels == "int8",
        },
        "hardware": {
            "processor": {"name": "A chip", "cores": 2, "usable_threads": 1},
            "device": None,
        },
        "versions": {"roadfcn": "0", "openvino": "2026.4"},
    }
    show_bench(values)
    out = capsys.readouterr().out
    assert ("int8, the rest in bfloat16" in out) == (kernels == "int8")
    assert ("converted first" in out) == (kernels == "int8")
    assert "predict: takes 1.20 x the network's time" in out
    assert "A chip, 2 cores, 1 thread for this process" in out
    assert "1.23 GB" in out
    assert ("of the GPU's, 0.57 GB in tensors" in out) == (kernels == "int8")
    network = next(line for line in out.splitlines() if line.split()[:1] == ["network"])
    assert network.split()[1:4] == ["10.00", "20.00", "100"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--size", "0x10"], "the size is 0 x 10"),
        (["--size", "99999x99999"], "the size is 99999 x 99999"),
        (["--size", "big"], "the size is 'big'"),
        (["--size", "8x8", "--pictures", "."], "both --size and --pictures are given"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(roadfcn, quick, words, found):
    with pytest.raises(ConfigError, match=found):
        roadfcn(*quick, *words)


def test_an_empty_folder_is_refused(roadfcn, quick, tmp_path):
    with pytest.raises(ImageFileError, match="there is no picture in"):
        roadfcn(*quick, "--pictures", tmp_path)


def test_facts_in_a_card_that_are_none_of_ours_are_left_out(roadfcn, tmp_path):
    card = replace(CARD, provenance={"export": "x"})
    model = write_onnx(tmp_path / "m.onnx", card=card)
    words = ("--size", "20x30", "--seconds", 0, "--json", tmp_path / "m.json")
    assert roadfcn("bench", model, *words).exit_code == 0
    assert json.loads((tmp_path / "m.json").read_text("utf-8"))["kernels"] == "float32"
