"""A run that is killed anywhere and resumed ends as one that was not, to the last bit.

Processes are forked from a server that has imported everything, so that a start takes
milliseconds. They are killed by SIGKILL, which no program can hear.
"""

import csv
import itertools
import json
import multiprocessing
import random
import signal
import sys
import time
from collections import Counter

import pytest

from roadfcn.training.processes.interruption import TrainingInterrupted
from roadfcn.training.recipes.config_files import make_config
from roadfcn.training.run_folder import check_resumable
from roadfcn.training.runs.run import train

LIMIT_S = 240  # a hang must fail the test, not the whole run


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["roadfcn.training.runs.run"])
    warm = context.Process(target=time.sleep, args=(0,))  # the server's imports take seconds
    warm.start()
    warm.join(LIMIT_S)
    return context


@pytest.fixture
def make(kitti_tree, tmp_path):
    """Make the recipe of a run in which everything draws random numbers: dropout too."""

    def config(*overrides):
        values = {
            "name": "killed",
            "runs": str(tmp_path / "runs"),
            "data": {"path": str(kitti_tree), "train_split": "all", "val_split": "all"},
            "model": {"width": 0.05, "fc_channels": 8, "fc_kernel": 1, "dropout": 0.5},
            "augmentation": {"preset": "generalise", "crop": [24, 40]},
            "optimizer": {"lr": 0.01},
            "trainer": {
                "epochs": 10,
                "batch_size": 2,
                "accumulate": 2,
                "early_stopping": 8,
                "precision": "32-true",
                "accelerator": "cpu",
                "devices": 1,
                "sample_overlays": 1,
            },
        }
        return make_config(values, overrides)

    return config


def work(config, resume, begun):
    """Train in a process of its own, which ends as `roadfcn train` does after a signal."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # until `train`
    begun.set()
    try:
        train(config, resume=resume)
    except TrainingInterrupted as stop:
        sys.exit(128 + stop.signal_number)


def finish(processes, config, resume=None):
    begun = processes.Event()  # is gone with its last name
    process = processes.Process(target=work, args=(config, resume, begun))
    process.start()
    process.join(LIMIT_S)
    assert process.exitcode == 0


def whole_run(processes, config):
    """Give the folder of a run that nothing interrupts, and the seconds that it took."""
    start = time.monotonic()
    finish(processes, config)
    (run,) = config.runs.iterdir()
    return run, time.monotonic() - start


def shown(runs):
    """Give the folders of runs: one that was killed before it was described stays hidden."""
    return {folder for folder in runs.iterdir() if not folder.name.startswith(".")}


def interrupted_runs(processes, config, moments, kills):
    """Give the folders of runs that were ended at moments, until so many SIGKILLs have hit.

    A process that is quicker than its moment has finished its run, and counts as no hit; the next
    one begins another run. The last run is finished in peace.

    Args:
        moments: Pairs of a signal and when it is sent: after seconds, or when a temporary file
            with this ending is there.
    """
    others = shown(config.runs)
    finished, run, hits = [], None, Counter()
    for number, moment in itertools.islice(moments, 4 * kills):
        begun = processes.Event()
        process = processes.Process(target=work, args=(config, run, begun))
        left = set(config.runs.glob("[!.]*/.*.part*"))  # by the process before
        process.start()
        assert begun.wait(LIMIT_S)
        await_moment(process, config.runs, moment, left)
        (process.kill if number == signal.SIGKILL else process.terminate)()
        process.join(LIMIT_S)
        assert process.exitcode in {0, 128 + number if number == signal.SIGTERM else -number}
        hits[number] += process.exitcode != 0
        for folder in shown(config.runs) - others - set(finished):
            check_resumable(folder)
            run = folder
        if process.exitcode == 0:
            finished.append(run)
            run = None
        if hits[signal.SIGKILL] == kills:
            break
    assert hits[signal.SIGKILL] == kills
    finish(processes, config, run)
    (run,) = shown(config.runs) - others - set(finished)
    return [*finished, run]


def await_moment(process, runs, moment, left):
    end = time.monotonic() + (LIMIT_S if isinstance(moment, str) else moment)
    while process.is_alive() and time.monotonic() < end:
        if not isinstance(moment, str):
            time.sleep(0.001)
        elif set(runs.glob(f"[!.]*/.*.part{moment}")) - left:
            return


def test_three_kills_change_nothing(processes, make, assert_same_run):
    config = make()
    whole, seconds = whole_run(processes, config)
    rows = list(csv.DictReader((whole / "metrics.csv").read_text().splitlines()))
    # It learns in every epoch, so that losing a bit would show.
    assert len({row["train/loss"] for row in rows}) == len(rows) > 3
    assert json.loads((whole / "evaluation" / "metrics.json").read_text())["images"] == 9
    draw = random.Random(3)
    moments = itertools.chain(
        [
            (signal.SIGKILL, ".safetensors"),  # before the first checkpoint
            (signal.SIGKILL, ".ckpt"),
            (signal.SIGTERM, draw.uniform(0.2, 0.4) * seconds),
        ],
        ((signal.SIGKILL, draw.uniform(0.1, 0.5) * seconds) for _ in itertools.count()),
    )
    for run in interrupted_runs(processes, config, moments, kills=3):
        assert_same_run(run, whole)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "overrides"),
    [
        (0, []),
        (1, ["data.cache=false", "data.workers=1", "trainer.accumulate=1"]),
        (2, ["trainer.max_steps=23", "trainer.validate_every=2"]),
        (3, ["trainer.precision=bf16-mixed", "optimizer.frozen=[encoder]", "trainer.epochs=16"]),
    ],
)
def test_six_kills_at_random_change_nothing(processes, make, assert_same_run, seed, overrides):
    config = make(*overrides)
    whole, seconds = whole_run(processes, config)
    draw = random.Random(seed)
    moments = (
        (
            draw.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]),
            draw.choice([".ckpt", ".safetensors", ".csv", *draw.choices([None], k=5)])
            or draw.uniform(0, 0.9) * seconds,
        )
        for _ in itertools.count()
    )
    for run in interrupted_runs(processes, config, moments, kills=6):
        assert_same_run(run, whole)
