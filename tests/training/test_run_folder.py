"""The folder of a run: one for each run, however many start at once."""

import datetime
import os
import signal
import subprocess
import sys

import pytest

from roadfcn.errors import OutputError
from roadfcn.training import run_folder
from roadfcn.training.run_folder import held, new_run_folder

RACE = """
import sys, time
from pathlib import Path
from roadfcn.training.run_folder import held, new_run_folder
print("ready", flush=True)
sys.stdin.readline()
for _ in range(100):
    print(new_run_folder(Path(sys.argv[1]), "race").name)
"""


DIE_WITH_A_CHILD = """
import os, signal, sys, time
from pathlib import Path
from roadfcn.training.run_folder import held
with held(Path(sys.argv[1])):
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
    print(child, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


class _OneSecond(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 1, 2, 3, 4, 5)


def test_runs_of_the_same_second_are_numbered(tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder.datetime, "datetime", _OneSecond)
    names = [new_run_folder(tmp_path / "runs", "tiny").name for _ in range(3)]
    assert names == [f"20260102-030405-tiny{end}" for end in ("", "-2", "-3")]


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


def test_runs_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(OutputError, match="part of its path is a file"):
        new_run_folder(tmp_path / "runs", "tiny")


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
