"""A whole checkpoint that does not fit its run is told as such; nothing else is taken for that."""

import pytest
import torch

from roadfcn.errors import OutputError, TrainingError
from roadfcn.training.restoring import Restoring, telling_how_to_go_on
from roadfcn.training.resuming import read_past

FACTS = {
    "recipe": {},
    "data": {"train": {}, "val": {}},
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
