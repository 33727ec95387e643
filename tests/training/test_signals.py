"""Signals to real processes of the command line: saved, told, and gone on from to the bit."""

import os
import signal
import subprocess
import sys
import time

import pytest

from roadfcn.training.config_files import write_config

LIMIT_S = 240  # a hang must fail the test, not the whole run


def start(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "roadfcn", "train", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def finish(process):
    """Give the exit code and what was printed to the two streams."""
    out, err = process.communicate(timeout=LIMIT_S)
    assert "Traceback" not in err
    return process.returncode, out, err


def await_epochs(process, runs, count):
    """Wait until a run has finished so many epochs; give its folder."""
    end = time.monotonic() + LIMIT_S
    while process.poll() is None and time.monotonic() < end:
        for table in runs.glob("*/metrics.csv"):
            if len(table.read_text(encoding="utf-8").splitlines()) > count:
                return table.parent
        time.sleep(0.01)
    raise AssertionError(f"no epochs: {process.communicate()}")


@pytest.fixture
def recipe(tiny_config, tmp_path):
    """Write a recipe in which everything draws random numbers; give its path."""

    def write(*overrides):
        random = ("model.dropout=0.5", "augmentation.preset=generalise")
        splits = ("data.train_split=all", "data.val_split=all", "trainer.batch_size=2")
        write_config(tmp_path / "recipe.yaml", tiny_config(*random, *splits, *overrides))
        return tmp_path / "recipe.yaml"

    return write


def test_sigterm_saves_and_says_how_to_go_on(recipe, tmp_path):
    process = start(recipe("trainer.epochs=2000"))
    run = await_epochs(process, tmp_path / "runs", 1)
    process.send_signal(signal.SIGTERM)
    code, out, err = finish(process)
    assert (code, out) == (128 + signal.SIGTERM, "")
    assert (
        "roadfcn: saving after this step, then stopping; a second signal ends it at once\n" in err
    )
    assert "roadfcn: interrupted by SIGTERM, saved at epoch " in err
    assert err.endswith(f"\n  go on: roadfcn train --resume {run}\n")
    assert (run / "last.ckpt").is_file()


def test_a_second_signal_ends_the_process_at_once(tmp_path):
    program = (
        "import os, signal, sys, time, pathlib\n"
        "from roadfcn.training.interruption import Interruption, interruptible\n"
        "hearing = Interruption()\n"
        "with interruptible(pathlib.Path(sys.argv[1]), hearing):\n"
        "    hearing.listen(between_steps=True)\n"
        "    print('step', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(0.1)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(60)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=30,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "step\n", "")


@pytest.mark.slow
def test_two_processes_stop_together_when_one_is_asked_and_go_on_to_the_bit(
    recipe, tmp_path, assert_same_run
):
    runs = tmp_path / "runs"
    path = recipe("trainer.epochs=40", "trainer.devices=2", "trainer.strategy=ddp")
    assert finish(start(path))[0] == 0
    (whole,) = runs.iterdir()
    whole = whole.rename(tmp_path / "whole")
    process = start(path)
    for epochs in (3, 9, 20):
        run = await_epochs(process, runs, epochs)
        process.send_signal(signal.SIGTERM)
        code, _, err = finish(process)
        assert code == 128 + signal.SIGTERM
        assert err.count("roadfcn: interrupted by SIGTERM, saved at epoch ") == 1
        process = start("--resume", run)
    assert finish(process)[0] == 0
    assert_same_run(run, whole)
