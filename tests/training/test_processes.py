"""Real training in two processes on the CPU, started as a user starts it."""

import csv
import json
import os
import subprocess
import sys

import pytest

from roadfcn.training.config_files import write_config

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
    from roadfcn.training.config_files import make_config

    folder = tmp_path_factory.mktemp("two")
    config = make_config(
        {
            "name": "two",
            "runs": str(folder / "runs"),
            "data": {"path": str(kitti_tree)},
            "model": {"width": 0.05, "fc_channels": 8, "fc_kernel": 1},
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
    assert {"model.safetensors", "last.ckpt", "metrics.csv", "evaluation"} <= names
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


def test_more_processes_than_frames_are_refused(tiny_config, tmp_path, kitti_tree):
    config = tiny_config("trainer.devices=4", "trainer.strategy=ddp")
    refused = run_train(config, tmp_path)
    assert refused.returncode == 2
    assert "has 3 frames for 4 processes" in refused.stderr
    assert "Traceback" not in refused.stderr
