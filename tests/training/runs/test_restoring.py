"""A whole checkpoint that does not fit its run is told as such; a full disk costs nothing saved."""

import shutil
import sys

import pytest
import torch

from roadfcn.cli.app import main
from roadfcn.errors import OutputError, TrainingError
from roadfcn.training.recipes.config_files import write_config
from roadfcn.training.runs.restoring import Restoring, telling_how_to_go_on
from roadfcn.training.saving.resuming import read_past

FACTS = {
    "recipe": {},
    "data": {"train": {}, "val": {}},
    "weights": None,
    "stopped": False,
    "processes": 1,
    "epochs": 1,
    "steps": 3,
}
BEST = {"BestModel": {"best": 0.5, "best_epoch": 0}}


def write_checkpoint(run, **changes):
    whole = {"roadfcn": FACTS, "callbacks": BEST, "loops": {}}
    torch.save(whole | changes, run / "last.ckpt")


def test_what_fails_before_the_first_step_is_the_checkpoints_fault(tmp_path):
    path = tmp_path / "last.ckpt"
    with (
        pytest.raises(TrainingError, match=r"last\.ckpt does not fit its run: KeyError: 'epoch'"),
        Restoring(path).watch(),
    ):
        raise KeyError("epoch")


@pytest.mark.parametrize(
    "problem",
    [
        OSError("no such disk"),
        torch.OutOfMemoryError("2 GiB"),
        TrainingError("a", allowed="b", do="c"),
    ],
)
def test_what_a_checkpoint_cannot_cause_stays_what_it_is(tmp_path, problem):
    with pytest.raises(type(problem)) as caught, Restoring(tmp_path / "last.ckpt").watch():
        raise problem
    assert caught.value is problem


def test_after_a_step_and_in_a_new_run_nothing_is_taken_for_the_checkpoints_fault(tmp_path):
    stepped = Restoring(tmp_path / "last.ckpt")
    stepped.on_train_batch_end(None, None)
    for restoring in (stepped, Restoring(None)):
        with pytest.raises(KeyError), restoring.watch():
            raise KeyError("epoch")


def test_a_full_disk_is_told_with_the_way_to_go_on(tmp_path):
    with pytest.raises(OutputError) as caught, telling_how_to_go_on(tmp_path):
        raise OutputError("the disk is full", allowed="space", do="make some")
    assert caught.value.do.endswith(f"go on with: roadfcn train --resume {tmp_path}")


def test_a_checkpoint_with_all_entries_is_read(tmp_path):
    write_checkpoint(tmp_path)
    assert read_past(tmp_path).best == 0.5


@pytest.mark.parametrize(
    "changes",
    [
        {"roadfcn": None},
        {"roadfcn": "text"},
        {"roadfcn": FACTS | {"recipe": None}},
        {"roadfcn": FACTS | {"epochs": "3"}},
        {"roadfcn": FACTS | {"data": {"train": {}}}},
        {"roadfcn": FACTS | {"data": {"train": {}, "val": 3}}},
        {"roadfcn": FACTS | {"data": {"train": {}, "val": {}, "test": {}}}},
        {"callbacks": {"BestModel": {"best": None, "best_epoch": 0}}},
        {"callbacks": None},
        {"loops": None},
    ],
    ids=str,
)
def test_entries_of_another_kind_are_told(tmp_path, changes):
    write_checkpoint(tmp_path, **changes)
    with pytest.raises(TrainingError, match=r"last\.ckpt was not written by this version"):
        read_past(tmp_path)


@pytest.fixture
def train_command(monkeypatch, capsys):
    """Give a function that runs `roadfcn train`; gives its exit code and what it complained of."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["roadfcn", "train", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    return run


def size(folder):
    """Give the bytes that a folder's files take on a disk with pages of 4 KiB."""
    return sum(-(-file.stat().st_size // 4096) * 4096 for file in folder.rglob("*"))


def test_a_run_whose_disk_is_full_keeps_its_checkpoint_and_goes_on_when_there_is_room(
    mount_tmpfs, tiny_config, tmp_path, train_command, assert_same_run
):
    disk = mount_tmpfs("size=16m")
    write_config(
        tmp_path / "recipe.yaml",
        tiny_config(f"runs={disk}", "model.dropout=0.5", "trainer.epochs=3"),
    )
    assert train_command(tmp_path / "recipe.yaml")[0] == 0
    (run,) = disk.iterdir()
    whole = shutil.move(run, tmp_path / "whole")
    # Room for all that a run leaves, but not for a second checkpoint beside the first.
    checkpoint = (whole / "last.ckpt").stat().st_size
    ballast = shutil.disk_usage(disk).free - size(whole) - checkpoint // 2
    (disk / "ballast").write_bytes(bytes(ballast))

    code, err = train_command(tmp_path / "recipe.yaml")
    assert code == 2
    (run,) = (path for path in disk.iterdir() if path.is_dir())
    assert f"roadfcn: the disk is full: {run / 'last.ckpt'} could not be written; it needs " in err
    assert err.endswith(f"go on with: roadfcn train --resume {run}\n")
    assert read_past(run).facts["epochs"] == 1
    assert len((run / "metrics.csv").read_text(encoding="utf-8").splitlines()) == 1 + 2
    assert not list(run.rglob(".*"))

    (disk / "ballast").unlink()
    assert train_command("--resume", run)[0] == 0
    assert_same_run(run, whole)
