"""Weights that do not learn are written once, and a checkpoint is whole with them alone."""

import shutil

import pytest
import torch

from roadfcn.errors import TrainingError
from roadfcn.training.run_folder import FROZEN_WEIGHTS, LAST_CHECKPOINT
from roadfcn.training.runs.run import train
from roadfcn.training.saving.checkpoint_io import read_checkpoint, write_checkpoint
from roadfcn.training.saving.frozen_weights import FrozenWeights, read_whole_checkpoint

FROZEN = "optimizer.frozen=[encoder]"


def checkpoint():
    return {"epoch": 1, "state_dict": {"a": torch.ones(3), "b": torch.zeros(2)}}


def save(frozen, run, names):
    saved = checkpoint()
    frozen.take_out(saved, names, writes=True)
    write_checkpoint(saved, run / LAST_CHECKPOINT)
    return saved


def test_what_is_taken_out_is_put_back(tmp_path):
    saved = save(FrozenWeights(tmp_path), tmp_path, ["a"])
    assert list(saved["state_dict"]) == ["b"]
    whole = read_whole_checkpoint(tmp_path / LAST_CHECKPOINT)
    assert {name: tensor.tolist() for name, tensor in whole["state_dict"].items()} == {
        "a": [1.0, 1.0, 1.0],
        "b": [0.0, 0.0],
    }


def test_where_everything_learns_there_is_no_second_file(tmp_path):
    save(FrozenWeights(tmp_path), tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == [LAST_CHECKPOINT]
    assert len(read_whole_checkpoint(tmp_path / LAST_CHECKPOINT)["state_dict"]) == 2


def test_a_run_writes_them_once_and_so_does_one_that_goes_on(tiny_config, stop_at):
    config = tiny_config("trainer.epochs=3", FROZEN)
    stop = stop_at(config, 1, 0)
    frozen, last = stop.run / FROZEN_WEIGHTS, stop.run / LAST_CHECKPOINT
    before = frozen.stat().st_mtime_ns
    encoder = {name for name in read_checkpoint(frozen)["state_dict"] if ".encoder." in name}
    assert encoder
    assert not encoder & set(read_checkpoint(last)["state_dict"])
    train(config, resume=stop.run)
    assert frozen.stat().st_mtime_ns == before
    assert encoder <= set(read_whole_checkpoint(last)["state_dict"])


def test_a_checkpoint_that_has_all_weights_goes_on_too(tiny_config, stop_at, assert_same_run):
    """As earlier versions wrote it."""
    config = tiny_config("trainer.epochs=2", FROZEN)
    whole = train(config)
    stop = stop_at(config, 1, 0)
    last = stop.run / LAST_CHECKPOINT
    older = read_whole_checkpoint(last)
    (stop.run / FROZEN_WEIGHTS).unlink()
    write_checkpoint({key: older[key] for key in older if key != "roadfcn frozen"}, last)
    resumed = train(config, resume=stop.run)
    assert (resumed.run / FROZEN_WEIGHTS).is_file()
    assert_same_run(resumed.run, whole.run)


def test_a_run_without_its_frozen_weights_or_with_anothers_is_refused(tiny_config, stop_at):
    config = tiny_config("trainer.epochs=2", FROZEN)
    stop, other = stop_at(config, 1, 0), stop_at(tiny_config("seed=1", FROZEN), 1, 0)
    frozen = stop.run / FROZEN_WEIGHTS
    shutil.copy(other.run / FROZEN_WEIGHTS, frozen)
    with pytest.raises(TrainingError, match=r"frozen\.ckpt does not belong to the last\.ckpt"):
        train(config, resume=stop.run)
    frozen.unlink()
    with pytest.raises(TrainingError, match=r"frozen\.ckpt, the weights that do not .* is gone"):
        train(config, resume=stop.run)
    frozen.write_bytes(b"junk")
    with pytest.raises(TrainingError, match=r"frozen\.ckpt is damaged, or no checkpoint"):
        train(config, resume=stop.run)
