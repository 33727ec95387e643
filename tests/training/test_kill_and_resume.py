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
import time
from collections import Counter

import pytest

from roadfcn.training.config_files import make_config
from roadfcn.training.run import train

LIMIT_S = 240  # a hang must fail the test, not the whole run


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["roadfcn.training.run"])
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


def finish(processes, config, resume=None):
    process = processes.Process(target=train, args=(config,), kwargs={"resume": resume})
    process.start()
    process.join(LIMIT_S)
    assert process.exitcode == 0


def whole_run(processes, config):
    """Give the folder of a run that nothing interrupts, and the seconds that it took."""
    start = time.monotonic()
    finish(processes, config)
    (run,) = config.runs.iterdir()
    return run, time.monotonic() - start


def interrupted_runs(processes, config, moments, kills):
    """Give the folders of runs that were ended at moments, until so many SIGKILLs have hit.

    A process that is quicker than its moment has finished its run, and counts as no hit; the next
    one begins another run. The last run is finished in peace.

    Args:
        moments: Pairs of a signal and when it is sent: after seconds, or when a temporary file
            with this ending is there.
    """
    others = set(config.runs.iterdir())
    finished, run, hits = [], None, Counter()
    for number, moment in itertools.islice(moments, 4 * kills):
        process = processes.Process(target=train, args=(config,), kwargs={"resume": run})
        left = set(config.runs.glob("*/.*.part*"))  # by the process before
        process.start()
        await_moment(process, config.runs, moment, left)
        (process.kill if number == signal.SIGKILL else process.terminate)()
        process.join(LIMIT_S)
        # SIGTERM ends it with an exception, or like any process while it prepares the run.
        assert process.exitcode in {0, -number} | ({1} if number == signal.SIGTERM else set())
        hits[number] += process.exitcode != 0
        for folder in set(config.runs.iterdir()) - others - set(finished):
            # A run that was killed before its recipe was written is no run yet.
            run = folder if (folder / "config.yaml").is_file() else None
            if run is None:
                folder.rmdir()
        if process.exitcode == 0:
            finished.append(run)
            run = None
        if hits[signal.SIGKILL] == kills:
            break
    assert hits[signal.SIGKILL] == kills
    finish(processes, config, run)
    (run,) = set(config.runs.iterdir()) - others - set(finished)
    return [*finished, run]


def await_moment(process, runs, moment, left):
    end = time.monotonic() + (LIMIT_S if isinstance(moment, str) else moment)
    while process.is_alive() and time.monotonic() < end:
        if not isinstance(moment, str):
            time.sleep(0.001)
        elif set(runs.glob(f"*/.*.part{moment}")) - left:
            return


def test_three_kills_change_nothing(processes, make, assert_same_run):
    config = make()
    whole, seconds = whole_run(processes, config)
    rows = list(csv.DictReader((whole / "metrics.csv").read_text().splitlines()))
    assert len({row["val/iou"] for row in rows}) > 3  # it learns, so that losing a bit would show
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
