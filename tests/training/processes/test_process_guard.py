"""Processes that fail or are killed: all end, one says why, and the run can go on."""

import os
import re
import shutil
import subprocess
import sys
import time

import psutil
import pytest
import torch

from roadfcn.training.recipes.config_files import write_config

LIMIT_S = 240  # a hang must fail the test, not the whole run


def test_loss_that_is_not_finite_stops_both_and_is_told_once(ranks, tiny_config):
    config = tiny_config("trainer.strategy=ddp", "trainer.devices=2", "optimizer.lr=1e30")
    _, outcomes = ranks("train", config)
    first, second = outcomes()
    assert first["type"] == "TrainingError"
    assert re.match(r"the (validation )?loss is (nan|inf) ", first["text"])
    assert second["type"] == "SystemExit"
    (run,) = config.runs.iterdir()
    assert not (run / "model.safetensors").exists()
    assert not (run / "last.ckpt").exists()


@pytest.mark.slow
def test_killed_process_of_torchrun_ends_the_other(ranks, tiny_config):
    config = tiny_config("trainer.strategy=ddp", "trainer.devices=2", "trainer.epochs=2000")
    started, outcomes = ranks("train", config)
    await_checkpoint(config.runs)
    started[1].kill()
    killed = time.monotonic()
    first, second = outcomes()
    assert time.monotonic() - killed < 60
    assert second is None
    assert first["type"] == "TrainingError"
    assert "process 0 of 2 lost contact with another one" in first["text"]
    assert_can_go_on(config.runs, first["text"])


@pytest.mark.parametrize("task", ["hang", "outlive"])
def test_process_that_hangs_while_another_has_ended_is_ended(ranks, tiny_config, task):
    started, outcomes = ranks(task, tiny_config(), processes=1)
    begin = time.monotonic()
    assert outcomes() == [None]
    assert time.monotonic() - begin < 50
    assert started[0].exitcode == 2


def await_checkpoint(runs):
    end = time.monotonic() + LIMIT_S
    while not list(runs.glob("*/last.ckpt")):
        assert time.monotonic() < end, "no checkpoint comes"
        time.sleep(0.05)


def assert_can_go_on(runs, text):
    (run,) = runs.iterdir()
    assert f"roadfcn train --resume {run}" in text
    assert torch.load(run / "last.ckpt", weights_only=True)["epoch"] >= 0


@pytest.fixture
def command(tiny_config, tmp_path):
    """Start `roadfcn train` with two processes and wait for its first checkpoint."""
    started = []

    def start(*overrides):
        config = tiny_config(
            "trainer.devices=2", "trainer.strategy=ddp", "trainer.epochs=2000", *overrides
        )
        write_config(tmp_path / "recipe.yaml", config)
        process = subprocess.Popen(
            [sys.executable, "-m", "roadfcn", "train", str(tmp_path / "recipe.yaml")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        started.append(process)
        await_checkpoint(config.runs)
        # The other process of the run is started before those that read frames.
        child = min(psutil.Process(process.pid).children(), key=psutil.Process.create_time)
        return process, child, config

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_killed_process_is_named_with_the_way_on(command):
    process, child, config = command()
    child.kill()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"process 1 of 2 (pid {child.pid}) was killed by SIGKILL" in errors
    assert "Traceback" not in errors
    assert_can_go_on(config.runs, errors)


@pytest.mark.slow
def test_no_process_outlives_the_first(command):
    process, child, config = command()
    process.kill()
    _, errors = process.communicate(timeout=60)
    psutil.wait_procs([child], timeout=60)
    assert not child.is_running()
    assert "the first of 2 processes was killed" in errors
    assert_can_go_on(config.runs, errors)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 1])
def test_error_of_one_process_is_told_once_and_ends_all(command, kitti_tree, tmp_path, workers):
    shutil.copytree(kitti_tree, tmp_path / "data")
    process, child, _ = command(
        f"data.path={tmp_path / 'data'}", "data.cache=false", f"data.workers={workers}"
    )
    for picture in (tmp_path / "data" / "training" / "image_2").iterdir():
        part = picture.with_suffix(".part")
        part.write_bytes(picture.read_bytes()[:100])
        part.replace(picture)  # whole one moment, broken the next
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.count("cannot be read as a picture") == 1
    assert "Traceback" not in errors
    psutil.wait_procs([child], timeout=60)
    assert not child.is_running()
