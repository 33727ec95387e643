"""`benchmarks/training.py`: all trainers learn the same; figures are worked out of their times."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import training
from contenders.training_material import make_material
from contenders.training_step import EAGER, TENSORFLOW, TRAINEES, Steps, Training
from contenders.worker import Worker
from roadfcn.checkpoints import load_model
from roadfcn.image_files import read_image

SIZE, BATCH, STEPS = (32, 64), 2, 4
FLOAT32, BFLOAT16 = TRAINEES[2:]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give a thirty-second of the network, and four batches."""
    return make_material(tmp_path_factory.mktemp("material"), SIZE, BATCH, STEPS, 1 / 32)


@pytest.fixture
def material(made):
    return replace(made, dropout=0.0)


@pytest.fixture(scope="module")
def plain(made):
    return Training(EAGER, replace(made, dropout=0.0)).steps()


def test_batches_are_all_frames_of_the_data_folder_once(material):
    batches = material.batches()
    assert [len(truth) for _, truth in batches] == [BATCH] * STEPS
    assert batches[0][0].shape == (BATCH, 3, *SIZE)
    assert batches[0][0].dtype == np.float32
    masks = [
        read_image(material.folder / "data" / "masks" / f"{number:04d}.png")[..., 0].tobytes()
        for number in range(BATCH * STEPS)
    ]
    told = [mask.tobytes() for _, truth in batches for mask in truth]
    assert sorted(told) == sorted(masks)
    assert told != masks  # in another order
    assert {value for _, truth in batches for value in np.unique(truth)} == {0, 1}


def test_rate_decay_and_dropout_are_the_recipes(made):
    assert (made.rate, made.decay, made.dropout) == (1e-4, 1e-3, 0.5)


@pytest.mark.parametrize("trainee", [FLOAT32, BFLOAT16], ids=lambda one: one.precision)
def test_roadfcn_train_learns_what_plain_pytorch_learns(material, plain, trainee):
    steps = Training(trainee, material).steps()
    apart = training.losses_apart(steps.losses, plain.losses)
    assert apart <= training.TOLERANCE[trainee.precision]
    assert len(steps.seconds) == STEPS
    assert min(steps.seconds) > 0
    assert steps.peak_bytes > 2**26


@pytest.mark.tensorflow
@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="no TensorFlow")
def test_tensorflow_learns_what_plain_pytorch_learns(material, plain):
    worker = Worker(Training, TENSORFLOW, material)
    try:
        steps = worker.ask("steps")
    finally:
        worker.close()
    assert training.losses_apart(steps.losses, plain.losses) <= training.TOLERANCE["float32"]


@pytest.mark.parametrize("changes", [{"rate": 1e-3}, {"dropout": 0.5}])
def test_other_training_is_beyond_the_tolerance(material, plain, changes):
    steps = Training(EAGER, replace(material, **changes)).steps()
    assert training.losses_apart(steps.losses, plain.losses) > training.TOLERANCE["bfloat16"]


def test_losses_are_compared_by_what_they_change():
    assert training.losses_apart([0.70, 0.61, 0.5], [0.70, 0.60, 0.5]) == pytest.approx(0.05)


def test_operations_are_those_of_three_passes_without_the_pictures_gradient(material):
    model = load_model(material.model)[0].eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.zeros(BATCH, 3, *SIZE))
    channels = model.encoder.conv1_1.weight.shape[0]
    first = BATCH * 2 * 27 * channels * SIZE[0] * SIZE[1]
    effort = training.Effort(SIZE, BATCH, 1 / 32)
    assert training.count_operations(effort) == 3 * counter.get_total_flops() - first > 1e6


@pytest.fixture
def told(material, monkeypatch):
    """Give the figures of trainers who take times and losses that are known."""
    losses = [0.7, 0.6, 0.5, 0.4]
    answers = {
        TENSORFLOW: Steps(losses, [30.0, 9.0, 6.0, 7.0], 3 * 2**30),
        EAGER: Steps(losses, [9.0, 8.0, 8.0, 9.0], 2 * 2**30),
        BFLOAT16: Steps([0.7, 0.61, 0.5, 0.4], [9.0, 5.0, 4.0, 2.0], 2**30),
        FLOAT32: Steps([0.7, 0.61, 0.5, 0.4], [1.0, 1.0, 1.0, 1.0], 2**30),
    }
    monkeypatch.setattr(training, "_steps", lambda one, _: answers[one])
    monkeypatch.setattr(
        training, "_ask", lambda make, question: {"float32": 2e9, "bfloat16": 4e9}[question[1]]
    )
    monkeypatch.setattr(training, "count_operations", lambda _: 6_000_000_000)
    return lambda: training.measure(list(answers), material, training.QUICK)


def test_a_step_takes_the_median_after_the_warm_up(told):
    rows = {(row["trainer"], row["precision"]): row for row in told()["rows"]}
    base, ours = rows["TensorFlow", "float32"], rows["roadfcn train", "bfloat16"]
    assert (base["seconds"], ours["seconds"]) == (6.5, 3.0)
    assert ours["to_tensorflow"] == pytest.approx(6.5 / 3)
    assert ours["share_of_peak"] == pytest.approx(0.5)
    assert ours["frames_per_second"] == pytest.approx(2 / 3)
    assert ours["losses_apart"] == pytest.approx(0.01 / 0.3)


def test_who_learns_something_else_is_left_out_and_why(told):
    figures = told()
    assert ("roadfcn train", "float32") not in {
        (row["trainer"], row["precision"]) for row in figures["rows"]
    }
    reason = "its losses differ by 0.0333 of what they change"
    assert figures["left_out"] == {"roadfcn train, float32": reason}


def test_who_fails_is_left_out_and_why(material, monkeypatch):
    def steps(one, _):
        if one == TENSORFLOW:
            raise RuntimeError("the process has died, for lack of memory perhaps")
        return Steps([0.7, 0.6], [1.0, 1.0], 1)

    monkeypatch.setattr(training, "_steps", steps)
    apart, left_out = training.compare([TENSORFLOW, EAGER], material)
    assert apart == {EAGER: 0.0}
    assert left_out == {TENSORFLOW: "the process has died, for lack of memory perhaps"}


def test_the_table_has_a_row_for_each_trainer(told):
    machine = {"processor": "A chip", "threads": 2, "versions": {"torch": "2.13"}}
    text = training.as_markdown(told() | machine | {"missing": ["tensorflow"]})
    assert "2 frames of 32 x 64 pixels" in text
    assert "| roadfcn train | bfloat16 | 3.00 | 0.67 | 2.17 | 50 | 1.0 | 3.3 |" in text
    assert "| PyTorch, as written first | float32 | 8.50 | 0.24 | 0.76 | 35 | 2.0 | 0 |" in text
    assert "2 GFLOP/s in float32, 4 GFLOP/s in bfloat16" in text
    assert "left out: roadfcn train, float32: its losses differ by" in text
    assert "left out: tensorflow, as it is not installed" in text


@pytest.mark.slow
def test_a_quick_run_lists_all_that_is_installed(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.argv", ["training.py", "--quick", "--json", str(tmp_path / "a.json")])
    assert training.main() == 0
    text = capsys.readouterr().out
    assert text.count("| roadfcn train |") == 2
    assert "PyTorch, as written first" in text
    assert (tmp_path / "a.json").is_file()
