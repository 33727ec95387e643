"""The folder of a run: one for each run, however many start at once."""

import datetime
import os
import signal
import subprocess
import sys
from contextlib import ExitStack

import pytest

from roadfcn.errors import ConfigError, OutputError
from roadfcn.training import run_folder
from roadfcn.training.run_folder import check_resumable, held, new_run_folder

RACE = """
import sys
from contextlib import ExitStack
from pathlib import Path
from roadfcn.training.run_folder import new_run_folder
print("ready", flush=True)
sys.stdin.readline()
for _ in range(100):
    describe = lambda folder: (folder / "config.yaml").touch()
    with ExitStack() as stack, new_run_folder(Path(sys.argv[1]), "race", describe, stack) as run:
        print(run.name)
"""

DIE = """
import os, signal, sys
from contextlib import ExitStack
from pathlib import Path
from roadfcn.training.run_folder import new_run_folder

def describe(folder):
    (folder / "config.yaml").touch()
    if sys.argv[2] == "describing":
        os.kill(os.getpid(), signal.SIGKILL)

with ExitStack() as stack, new_run_folder(Path(sys.argv[1]), "tiny", describe, stack):
    os.kill(os.getpid(), signal.SIGKILL)
"""


DIE_WITH_A_CHILD = """
import os, signal, sys, time
from pathlib import Path
from roadfcn.training.run_folder import held
with held(Path(sys.argv[1])):
    ready, tell = os.pipe()
    child = os.fork()
    if not child:
        os.write(tell, b"forked")
        time.sleep(60)
        os._exit(0)
    os.read(ready, 6)
    print(child, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


class _OneSecond(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 1, 2, 3, 4, 5)


def write_recipe(folder):
    (folder / "config.yaml").write_text("seed: 0\n", encoding="utf-8")


@pytest.fixture
def stack():
    with ExitStack() as opened:
        yield opened


def test_runs_of_the_same_second_are_numbered(tmp_path, monkeypatch, stack):
    monkeypatch.setattr(run_folder.datetime, "datetime", _OneSecond)
    for end in ("", "-2", "-3"):
        with new_run_folder(tmp_path / "runs", "tiny", write_recipe, stack) as run:
            assert run == tmp_path / "runs" / f"20260102-030405-tiny{end}"
    assert [path.name for path in (tmp_path / "runs").glob("*/*")] == ["config.yaml"] * 3


def test_a_name_that_a_file_has_is_left_to_it(tmp_path, monkeypatch, stack):
    monkeypatch.setattr(run_folder.datetime, "datetime", _OneSecond)
    (tmp_path / "20260102-030405-tiny").write_text("mine", encoding="utf-8")
    with new_run_folder(tmp_path, "tiny", write_recipe, stack) as run:
        assert run.name == "20260102-030405-tiny-2"
    assert (tmp_path / "20260102-030405-tiny").read_text(encoding="utf-8") == "mine"


def fail(folder):
    (folder / "tensorboard").mkdir()
    raise KeyboardInterrupt


def test_what_ends_the_preparations_takes_the_folder_away(tmp_path, stack):
    with (
        pytest.raises(KeyboardInterrupt),
        new_run_folder(tmp_path, "tiny", write_recipe, stack) as run,
    ):
        fail(run)
    assert list(tmp_path.iterdir()) == []


def test_what_ends_the_description_takes_the_folder_away(tmp_path, stack):
    with pytest.raises(KeyboardInterrupt), new_run_folder(tmp_path, "tiny", fail, stack):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("moment", "runs"), [("describing", 0), ("described", 1)])
def test_a_killed_process_leaves_a_run_with_its_recipe_or_none(tmp_path, moment, runs):
    killed = subprocess.run([sys.executable, "-c", DIE, str(tmp_path), moment], timeout=120)
    assert killed.returncode == -signal.SIGKILL
    shown = [path for path in tmp_path.iterdir() if not path.name.startswith(".")]
    assert len(shown) == runs
    for run in shown:
        check_resumable(run)
    if not runs:  # nor is one named that lies hidden
        with pytest.raises(ConfigError, match="cannot be resumed") as caught:
            check_resumable(tmp_path)
        assert caught.value.do == "give the folder of a run, or start a new one from the recipe"


def test_a_new_folder_is_held(tmp_path):
    with ExitStack() as stack, new_run_folder(tmp_path, "tiny", write_recipe, stack) as run:
        holding = held(run)
        with pytest.raises(ConfigError, match="another process is training in"):
            holding.__enter__()
    with held(run):
        pass


def test_two_processes_that_race_for_a_name_get_different_folders(tmp_path):
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:  # both wait for this line, so that they start together
        racer.stdin.write("go\n")
        racer.stdin.flush()
    names = [name for racer in racers for name in racer.communicate(timeout=60)[0].split()]
    assert len(names) == len(set(names)) == 200
    assert {path.name for path in tmp_path.iterdir()} == set(names)


def test_runs_folder_that_cannot_be_made_is_told(tmp_path, stack):
    (tmp_path / "runs").write_text("")
    with (
        pytest.raises(OutputError, match="part of its path is a file"),
        new_run_folder(tmp_path / "runs", "tiny", write_recipe, stack),
    ):
        pass


def test_folder_of_a_killed_process_is_free_although_its_children_live(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", DIE_WITH_A_CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        child = int(process.stdout.readline())
        try:
            assert process.wait(60) == -signal.SIGKILL
            with held(tmp_path):
                pass
        finally:
            os.kill(child, signal.SIGKILL)
