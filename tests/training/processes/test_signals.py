"""Signals to real processes of the command line: saved, told, and gone on from to the bit."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from roadfcn.cli.training.training_display import training_display
from roadfcn.training.processes.interruption import TrainingInterrupted
from roadfcn.training.recipes.config_files import write_config
from roadfcn.training.runs.run import train

LIMIT_S = 240  # a hang must fail the test, not the whole run

READS_FOR_EVER = """
import sys, time
from dataclasses import replace
from pathlib import Path
from roadfcn.cli.training.training_display import training_display
from roadfcn.training.recipes.config_files import read_config
from roadfcn.training.runs.run import train

def read(done, total):
    print("reading", flush=True) if done == 1 else time.sleep(60)

with training_display() as listeners:
    train(read_config(Path(sys.argv[1])), listeners=replace(listeners, reading=read))
"""


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_training_saves_and_says_how_to_go_on(recipe, tmp_path, number):
    process = start(recipe("trainer.epochs=2000"))
    run = await_epochs(process, tmp_path / "runs", 1)
    process.send_signal(number)
    code, out, err = finish(process)
    assert (code, out) == (128 + number, "")
    assert (
        "roadfcn: saving after this step, then stopping; a second signal ends it at once\n" in err
    )
    assert f"roadfcn: interrupted by {number.name}, saved at epoch " in err
    assert err.endswith(f"\n  go on: roadfcn train --resume {run}\n")
    assert (run / "last.ckpt").is_file()


def test_a_signal_while_frames_are_read_ends_the_program_with_one_message(recipe, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", READS_FOR_EVER, recipe()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "reading\n"
    process.send_signal(signal.SIGTERM)
    code, out, err = finish(process)
    assert (code, out) == (143, "")
    assert err == (
        "roadfcn: interrupted by SIGTERM before anything was saved\n"
        "  begin again: with the same command\n"
    )
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGUSR1", 138)])
def test_each_signal_has_the_exit_code_that_shells_give_it(tiny_config, capsys, name, code):
    number = signal.Signals[name]
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended, training_display() as listeners:
        train(
            tiny_config(),
            listeners=replace(listeners, reading=lambda *_: signal.raise_signal(number)),
        )
    assert ended.value.code == code
    err = capsys.readouterr().err
    assert err.startswith(f"roadfcn: interrupted by {name} before anything was saved\n")
    assert signal.getsignal(number) is before


def raise_sigterm(*_):
    signal.raise_signal(signal.SIGTERM)


def test_a_signal_when_the_folder_is_just_made_takes_it_away(tiny_config, tmp_path, monkeypatch):
    made = []

    def look_and_raise(config, run, *_):
        made.extend(path.name for path in run.iterdir())
        raise_sigterm()

    monkeypatch.setattr("roadfcn.training.runs.run.make_callbacks", look_and_raise)
    with pytest.raises(TrainingInterrupted) as caught:
        train(tiny_config())
    assert {"config.yaml", "environment.json"} <= set(made)
    assert (caught.value.run, caught.value.signal_number) == (None, signal.SIGTERM)
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_signal_before_the_first_step_leaves_a_run_that_begins_again(
    tiny_config, capsys, assert_same_run
):
    whole = train(tiny_config())
    with pytest.raises(SystemExit) as ended, training_display() as listeners:
        train(tiny_config(), listeners=replace(listeners, starting=raise_sigterm))
    assert ended.value.code == 128 + signal.SIGTERM
    (run,) = set(whole.run.parent.iterdir()) - {whole.run}
    assert capsys.readouterr().err.endswith(
        "roadfcn: interrupted by SIGTERM before anything was saved\n"
        f"  begin again: roadfcn train --resume {run}\n"
    )
    assert_same_run(train(tiny_config(), resume=run).run, whole.run)


def test_a_signal_while_a_resumed_run_is_prepared_changes_nothing_in_it(tiny_config, capsys):
    run = train(tiny_config("trainer.max_steps=1")).run
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with pytest.raises(SystemExit) as ended, training_display() as listeners:
        train(
            tiny_config("trainer.max_steps=1"),
            resume=run,
            listeners=replace(listeners, reading=raise_sigterm),
        )
    assert ended.value.code == 128 + signal.SIGTERM
    assert capsys.readouterr().err == (
        "roadfcn: interrupted by SIGTERM, what was saved is whole\n"
        f"  go on: roadfcn train --resume {run}\n"
    )
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_second_signal_ends_the_process_at_once():
    program = (
        "import os, signal, time\n"
        "from roadfcn.training.processes.interruption import Interruption, interruptible\n"
        "hearing = Interruption()\n"
        "with interruptible(hearing):\n"
        "    hearing.listen(between_steps=True)\n"
        "    print('step', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(0.1)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(60)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "step\n", "")


@pytest.mark.slow
def test_two_processes_of_which_one_is_killed_end_and_go_on_to_the_bit(
    recipe, tmp_path, assert_same_run
):
    runs = tmp_path / "runs"
    path = recipe("trainer.epochs=40", "trainer.devices=2", "trainer.strategy=ddp")
    assert finish(start(path))[0] == 0
    (whole,) = runs.iterdir()
    whole = whole.rename(tmp_path / "whole")
    process = start(path)
    for epochs, victim in ((3, "child"), (12, "first"), (20, "child")):
        run = await_epochs(process, runs, epochs)
        # The other process of the run is started before those that read frames.
        child = min(psutil.Process(process.pid).children(), key=psutil.Process.create_time)
        (child if victim == "child" else process).kill()
        code, _, err = finish(process)
        if victim == "child":
            assert code == 2
            assert err.count(f"process 1 of 2 (pid {child.pid}) was killed by SIGKILL") == 1
            assert f"roadfcn train --resume {run}" in err
        else:
            assert code == -signal.SIGKILL
        psutil.wait_procs([child], timeout=60)
        assert not child.is_running()
        process = start("--resume", run)
    assert finish(process)[0] == 0
    assert_same_run(run, whole)


@pytest.mark.slow
def test_a_signal_while_the_second_process_starts_ends_both(recipe):
    process = start(recipe("trainer.devices=2", "trainer.strategy=ddp"))
    while not process.stderr.readline().startswith("run: "):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    code, _, err = finish(process)  # waits until no process can write any more
    assert code == 143
    assert err.count("roadfcn: interrupted by SIGTERM before anything was saved\n") == 1


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
