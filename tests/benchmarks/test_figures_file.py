"""`benchmarks/figures_file.py`: places of figures, and what a command says of bad ones."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from figures_file import writable, write_figures

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_figures_are_written_and_folders_made(tmp_path):
    path = writable(str(tmp_path / "new" / "figures.json"))
    assert list(tmp_path.iterdir()) == []  # looking leaves nothing behind
    write_figures(path, {"mean_iou": 0.5})
    assert json.loads(path.read_text()) == {"mean_iou": 0.5}


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(argparse.ArgumentTypeError, match="file"):
        writable(str(tmp_path / "file" / "figures.json"))


@pytest.mark.parametrize(
    ("script", "words", "found"),
    [
        ("drives", ["--camvid", "nowhere", "configs/slim-camvid11.yaml"], "no folder nowhere"),
        ("drives", ["--camvid", "nowhere", "no-such.yaml"], "no recipe no-such.yaml"),
        ("robustness", ["slim-road", "nowhere"], "no folder nowhere"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(script, words, found):
    done = subprocess.run(
        [sys.executable, BENCHMARKS / f"{script}.py", *words],
        cwd=BENCHMARKS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert found in done.stderr
    assert done.stdout == ""


def test_figures_that_could_not_be_written_are_not_begun(tmp_path):
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "figures.json"
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "robustness.py", "slim-road", tmp_path, "--json", place],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "argument --json: " in done.stderr
