"""A tiny KITTI Road tree whose road can be told by its colour, and a recipe for it."""

import json
import multiprocessing
import runpy
import signal
import socket
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roadfcn.image_files import write_image
from roadfcn.training.recipes.config_files import make_config

_RANK_FILE = Path(__file__).with_name("rank.py")
_LIMIT_S = 240  # a hang must fail the test, not the whole run


def _frame(number):
    """Grey road below a green field, its edge at a place of its own; the last rows are void."""
    height, width = 32, 64
    edge = 20 + 4 * (number % 5)
    image = np.zeros((height, width, 3), np.uint8)
    image[:] = (40, 150 + number, 60)
    truth = np.full((height, width, 3), (255, 0, 0), np.uint8)
    image[12:, :edge] = (120, 120, 125)
    truth[12:, :edge] = (255, 0, 255)
    truth[-2:] = 0
    return image, truth


@pytest.fixture(scope="session")
def kitti_tree(tmp_path_factory):
    """Nine frames, three of each category, without calibration."""
    root = tmp_path_factory.mktemp("kitti")
    number = 0
    for category in ("um", "umm", "uu"):
        for index in range(3):
            image, truth = _frame(number)
            number += 1
            folder = root / "training"
            write_image(folder / "image_2" / f"{category}_{index:06d}.png", image)
            write_image(folder / "gt_image_2" / f"{category}_road_{index:06d}.png", truth)
    return root


@pytest.fixture
def tiny_config(kitti_tree, tmp_path):
    """Make a config of a network of a few thousand weights; overrides are added."""

    def make(*overrides):
        values = {
            "name": "tiny",
            "runs": str(tmp_path / "runs"),
            "data": {"path": str(kitti_tree)},
            "model": {"width": 0.05, "fc_channels": 8, "fc_kernel": 1, "dropout": 0.0},
            "augmentation": {"preset": "none"},
            "optimizer": {"lr": 0.01},
            "trainer": {
                "epochs": 2,
                "batch_size": 4,
                "precision": "32-true",
                "accelerator": "cpu",
                "devices": 1,
                "sample_overlays": 1,
            },
        }
        return make_config(values, overrides)

    return make


def _curves(run):
    """Give every point of every curve, without the times at which they were drawn."""
    # Files of one second are read in any order: here are several, as no process has to start.
    events = EventAccumulator(
        str(run / "tensorboard"), {"scalars": 0, "images": 0}, purge_orphaned_data=False
    )
    events.Reload()
    points = {
        tag: sorted((point.step, point.value) for point in events.Scalars(tag))
        for tag in events.Tags()["scalars"]
    }
    for tag in events.Tags()["images"]:
        points[tag] = sorted(
            (shown.step, shown.encoded_image_string) for shown in events.Images(tag)
        )
    return points


def _assert_same(found, wanted, place="last.ckpt"):
    """Compare nested values to the bit."""
    assert type(found) is type(wanted), place
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys(), place
        for key in wanted:
            _assert_same(found[key], wanted[key], f"{place}/{key}")
    elif isinstance(wanted, list | tuple):
        assert len(found) == len(wanted), place
        for index, pair in enumerate(zip(found, wanted, strict=True)):
            _assert_same(*pair, f"{place}/{index}")
    elif isinstance(wanted, torch.Tensor):
        assert torch.equal(found, wanted), place
    else:
        assert found == wanted, place


def _assert_same_run(found, wanted):
    checkpoints = [torch.load(run / "last.ckpt", weights_only=True) for run in (found, wanted)]
    for checkpoint in checkpoints:
        del checkpoint["roadfcn"]["curves"]  # names of files, with times in them
    _assert_same(*checkpoints)
    if (wanted / "frozen.ckpt").exists():
        _assert_same(
            *(torch.load(run / "frozen.ckpt", weights_only=True) for run in (found, wanted)),
            "frozen.ckpt",
        )
    for name in ("model.safetensors", "metrics.csv", "config.yaml", "evaluation/metrics.json"):
        assert (found / name).read_bytes() == (wanted / name).read_bytes(), name
    counts = [np.load(run / "evaluation" / "per_image.npz") for run in (found, wanted)]
    for name in counts[1].files:
        assert np.array_equal(counts[0][name], counts[1][name]), name
    _assert_same(_curves(found), _curves(wanted), "tensorboard")
    assert not list(found.rglob(".*"))
    assert {path.name for path in found.iterdir()} == {path.name for path in wanted.iterdir()}


@pytest.fixture
def assert_same_run():
    """Give a function that compares two run folders: every file, to the bit."""
    return _assert_same_run


@pytest.fixture
def stop_at(monkeypatch):
    """Give a function that trains until a signal comes in a step, and gives the run folder."""
    from roadfcn.training.processes.interruption import TrainingInterrupted
    from roadfcn.training.runs.run import train
    from roadfcn.training.steps.module import RoadModule

    step = RoadModule.training_step

    def stop(config, epoch, batch, resume=None):
        def step_and_signal(module, frames, number):
            if (module.current_epoch, number) == (epoch, batch):
                signal.raise_signal(signal.SIGTERM)
            return step(module, frames, number)

        with monkeypatch.context() as patch:
            patch.setattr(RoadModule, "training_step", step_and_signal)
            with pytest.raises(TrainingInterrupted) as caught:
                train(config, resume=resume)
        return caught.value

    return stop


@pytest.fixture(scope="session")
def server():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["roadfcn.training.runs.run"])
    return context


@pytest.fixture
def ranks(server, tmp_path):
    """Start the processes of a task; gives them, and a function that waits for their outcomes."""

    def start(task, config, processes=2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        out = tmp_path / f"{task}{processes}"
        out.mkdir()
        given = {"PROCESSES": processes, "PORT": port, "TASK": task, "CONFIG": config, "OUT": out}
        started = [
            server.Process(
                target=runpy.run_path, args=(str(_RANK_FILE), given | {"RANK": rank}, "__main__")
            )
            for rank in range(processes)
        ]
        for process in started:
            process.start()

        def outcomes():
            end = time.monotonic() + _LIMIT_S
            for process in started:
                process.join(max(0, end - time.monotonic()))
                assert process.exitcode is not None, "a process hangs"
            files = [out / f"{rank}.json" for rank in range(processes)]
            return [json.loads(file.read_text()) if file.exists() else None for file in files]

        return started, outcomes

    return start
