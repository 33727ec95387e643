"""Weights that do not learn are written once, and a checkpoint is whole with them alone."""

import shutil

import pytest
import torch
from lightning.pytorch import Callback
from torch import nn

from roadfcn.errors import OutputError, TrainingError
from roadfcn.training.run_folder import FROZEN_WEIGHTS, LAST_CHECKPOINT
from roadfcn.training.runs.run import train
from roadfcn.training.saving.checkpoint_io import read_checkpoint, write_checkpoint
from roadfcn.training.saving.frozen_weights import FrozenWeights, read_whole_checkpoint

FROZEN = "optimizer.frozen=[encoder]"


def network(*frozen):
    made = nn.ParameterDict({name: torch.tensor([float(ord(name))]) for name in "abc"})
    for name in frozen:
        made[name].requires_grad_(False)
    return made


def save(frozen, run, model):
    saved = {"epoch": 1, "state_dict": dict(model.state_dict())}
    frozen.take_out(saved, model)
    write_checkpoint(saved, run / LAST_CHECKPOINT)
    return sorted(saved["state_dict"])


def read(run):
    whole = read_whole_checkpoint(run / LAST_CHECKPOINT)["state_dict"]
    return {name: chr(int(tensor)) for name, tensor in whole.items()}


def test_what_is_taken_out_is_put_back(tmp_path):
    assert save(FrozenWeights(tmp_path), tmp_path, network("a")) == ["b", "c"]
    assert read(tmp_path) == {"a": "a", "b": "b", "c": "c"}


def test_where_everything_learns_there_is_no_second_file(tmp_path):
    assert save(FrozenWeights(tmp_path), tmp_path, network()) == ["a", "b", "c"]
    assert [path.name for path in tmp_path.iterdir()] == [LAST_CHECKPOINT]
    assert read(tmp_path) == {"a": "a", "b": "b", "c": "c"}


def test_what_a_callback_freezes_or_sets_free_later_is_not_lost(tmp_path):
    frozen = FrozenWeights(tmp_path)
    save(frozen, tmp_path, network("a", "b"))
    model = network("b", "c")
    model["a"].data += 1
    assert save(frozen, tmp_path, model) == ["a", "c"]
    assert read(tmp_path) == {"a": "b", "b": "b", "c": "c"}
    model["a"].requires_grad_(False)  # frozen again, with what it has learned in between
    assert save(frozen, tmp_path, model) == ["a", "c"]


def test_a_file_that_could_not_be_written_is_tried_again(tmp_path):
    frozen = FrozenWeights(tmp_path)
    (tmp_path / FROZEN_WEIGHTS).mkdir()
    with pytest.raises(OutputError, match=r"frozen\.ckpt is a folder"):
        save(frozen, tmp_path, network("a"))
    (tmp_path / FROZEN_WEIGHTS).rmdir()
    save(frozen, tmp_path, network("a"))
    assert read(tmp_path) == {"a": "a", "b": "b", "c": "c"}


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


def test_checkpoints_that_others_save_have_all_weights(tiny_config, tmp_path):
    class Snapshot(Callback):
        def on_train_end(self, trainer, module):
            trainer.save_checkpoint(tmp_path / "mine.ckpt")

    run = train(tiny_config(FROZEN), callbacks=[Snapshot()]).run
    frozen = read_checkpoint(run / FROZEN_WEIGHTS)["state_dict"]
    assert set(frozen) <= set(read_checkpoint(tmp_path / "mine.ckpt")["state_dict"])
