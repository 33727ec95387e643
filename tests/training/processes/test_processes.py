"""Real training in two processes on the CPU, started as a user starts it."""

import csv
import json
import os
import subprocess
import sys

import pytest
import torch
from lightning.pytorch import seed_everything

from roadfcn.errors import ConfigError
from roadfcn.training.assembly.assembly import make_module
from roadfcn.training.assembly.opening_frames import open_frames
from roadfcn.training.recipes.config_files import read_config, write_config
from roadfcn.training.runs.run import train
from roadfcn.training.saving.frozen_weights import read_whole_checkpoint

LIMIT_S = 240  # a hang must fail the test, not the whole run


def run_train(config, folder, *overrides):
    write_config(folder / "recipe.yaml", config)
    command = [sys.executable, "-m", "roadfcn", "train", str(folder / "recipe.yaml"), *overrides]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.fixture(scope="module")
def both(kitti_tree, tmp_path_factory):
    from roadfcn.training.recipes.config_files import make_config

    folder = tmp_path_factory.mktemp("two")
    config = make_config(
        {
            "name": "two",
            "runs": str(folder / "runs"),
            "data": {
                "path": str(kitti_tree),
                "also": [{"path": str(kitti_tree), "split": "val", "share": 0.25}],
            },
            # Norms and dropout would make a difference between one and two processes.
            "model": {
                "width": 0.05,
                "fc_channels": 8,
                "fc_kernel": 1,
                "batch_norm": False,
                "dropout": 0.0,
            },
            "loss": {"deep_supervision": 0.4},
            "distillation": {"teacher": "slim-road"},
            "optimizer": {"frozen": ["encoder.conv1_1"]},
            "trainer": {
                "epochs": 2,
                "batch_size": 2,
                "precision": "32-true",
                "accelerator": "cpu",
                "devices": 2,
                "strategy": "ddp",
            },
        }
    )
    return run_train(config, folder), folder / "runs"


def test_two_processes_finish_with_one_run_folder(both):
    finished, runs = both
    assert finished.returncode == 0, finished.stderr
    (run,) = runs.iterdir()
    names = {path.name for path in run.iterdir()}
    assert {"model.safetensors", "last.ckpt", "frozen.ckpt", "metrics.csv", "evaluation"} <= names
    rows = list(csv.DictReader((run / "metrics.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["epoch"] for row in rows] == ["0", "1"]


def test_only_one_process_reports(both):
    finished, _ = both
    assert finished.stdout.count("run:") == 1


def test_scores_are_counted_over_all_frames(both):
    _, runs = both
    (run,) = runs.iterdir()
    scores = json.loads((run / "evaluation" / "metrics.json").read_text(encoding="utf-8"))
    assert scores["images"] == 3
    rows = list(csv.DictReader((run / "metrics.csv").read_text(encoding="utf-8").splitlines()))
    best = max(float(row["val/iou"]) for row in rows)
    # Frames keep their own size, so validation by two processes counts the evaluation's pixels.
    assert scores["per_class"]["road"]["iou"] == pytest.approx(best, abs=1e-3)


def test_terminal_hears_each_word_once(both):
    finished, _ = both
    assert finished.stderr.count("memory: about") == 1
    assert "Initializing" not in finished.stderr
    assert "recommended" not in finished.stderr


def test_curves_are_written_once(both):
    _, runs = both
    (run,) = runs.iterdir()
    assert len(list((run / "tensorboard").glob("events.*"))) == 1


def test_two_processes_learn_what_one_with_twice_the_batch_does(both, tmp_path):
    _, runs = both
    (run,) = runs.iterdir()
    config = read_config(run / "config.yaml")
    trainer = config.trainer.model_copy(update={"devices": 1, "strategy": "auto", "batch_size": 4})
    alone = train(config.model_copy(update={"trainer": trainer, "runs": tmp_path})).run
    tables = [
        list(csv.DictReader((folder / "metrics.csv").read_text(encoding="utf-8").splitlines()))
        for folder in (run, alone)
    ]
    for one, other in zip(*tables, strict=True):
        for name in ("train/loss", "val/loss"):
            assert float(one[name]) == pytest.approx(float(other[name]), rel=1e-4)
    weights = [read_whole_checkpoint(folder / "last.ckpt")["state_dict"] for folder in (run, alone)]
    assert "supervision.score_fc7.weight" in weights[0]
    started = start_of(config)
    for name, value in weights[0].items():
        assert torch.allclose(value, weights[1][name], atol=2e-5), name
    moved = sum(float((weights[0][name] - value).abs().sum()) for name, value in started.items())
    assert moved > 1


def start_of(config):
    seed_everything(config.seed, verbose=False)
    return make_module(config, open_frames(config)[0]).state_dict()


def test_validation_by_two_processes_equals_that_by_one_exactly(ranks, tiny_config):
    config = tiny_config("data.val_split=all", "model.batch_norm=true")
    _, one = ranks("validate", config, processes=1)
    (alone,) = one()
    _, two = ranks("validate", config)
    first, second = two()
    assert alone["seen"] == list(range(9))
    assert sorted(first["seen"] + second["seen"]) == list(range(9))
    assert {len(first["seen"]), len(second["seen"])} == {4, 5}
    for key in ("counts", "scores"):
        assert first[key] == second[key] == alone[key]
    assert sum(map(sum, alone["counts"])) == 9 * 30 * 64  # two rows of each frame are void


@pytest.mark.slow
def test_torchrun_itself(tiny_config, tmp_path):
    config = tiny_config("trainer.devices=2", "trainer.strategy=ddp")
    write_config(tmp_path / "recipe.yaml", config)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    finished = subprocess.run(
        [*launcher, "--standalone", "-m", "roadfcn", "train", str(tmp_path / "recipe.yaml")],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count("run:") == 1
    assert len(list(config.runs.iterdir())) == 1


def test_norms_over_all_processes_want_a_gpu(tiny_config):
    config = tiny_config("trainer.devices=2", "trainer.strategy=ddp", "trainer.sync_batchnorm=true")
    with pytest.raises(ConfigError, match=r"trainer\.sync_batchnorm does not work on the CPU"):
        train(config)


def test_more_processes_than_frames_are_refused(tiny_config):
    with pytest.raises(ConfigError, match="has 3 frames for 4 processes"):
        train(tiny_config("trainer.devices=4", "trainer.strategy=ddp"))
