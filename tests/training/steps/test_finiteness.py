"""Runs that go wrong after a good epoch: they stop, and what the epoch left stays."""

import math

import pytest
import torch
from lightning.pytorch import Callback
from torch import nn

from roadfcn.errors import TrainingError
from roadfcn.training.runs.run import train
from roadfcn.training.steps.finiteness import NotFiniteError, check_weights

FILES = ("last.ckpt", "model.safetensors", "metrics.csv")


class Harm(Callback):
    """Remembers what the first epoch left; does harm in the second one."""

    def __init__(self, runs):
        self.runs = runs
        self.files = {}

    def on_train_epoch_start(self, trainer, module):
        if trainer.current_epoch == 1:
            (run,) = self.runs.iterdir()
            self.files = {run / name: (run / name).read_bytes() for name in FILES}


class BadWeight(Harm):
    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        if trainer.current_epoch == 1:
            with torch.no_grad():
                module.model.head.score_fr.bias[0] = float("inf")


class BadGradient(Harm):
    def on_after_backward(self, trainer, module):
        if trainer.current_epoch == 1:
            module.model.head.score_fr.bias.grad[0] = float("nan")


class HugeWeights(Harm):
    """Finite, but so large that scores overflow, after the last step of the epoch."""

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        if trainer.current_epoch == 1 and batch_idx == trainer.num_training_batches - 1:
            with torch.no_grad():
                for parameter in module.model.parameters():
                    parameter.fill_(1e30)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (BadWeight, r"the loss is (nan|inf) in epoch 2, step 1, frames (umm?|uu)_0"),
        (BadGradient, r"the weights are not finite after epoch 2, step 1, frames (umm?|uu)_0"),
        (HugeWeights, r"the validation loss is (nan|inf) after epoch 2"),
    ],
)
def test_run_that_goes_wrong_stops_and_keeps_what_was_good(tiny_config, harm, message):
    config = tiny_config("model.batch_norm=false")
    callback = harm(config.runs)
    with pytest.raises(TrainingError, match=message) as got:
        train(config, callbacks=[callback])
    assert "what earlier epochs left in the run folder is whole" in str(got.value)
    assert len(callback.files) == len(FILES)
    assert all(file.read_bytes() == before for file, before in callback.files.items())


def test_weights_that_go_wrong_name_all_frames_whose_gradients_were_added_up(tiny_config):
    config = tiny_config("trainer.accumulate=2", "trainer.batch_size=2")
    with pytest.raises(TrainingError, match="after epoch 2, step 2, frames ") as got:
        train(config, callbacks=[BadGradient(config.runs)])
    names = got.value.found.rpartition("frames ")[2].split(", ")
    assert len(set(names)) == 4


def test_learning_rate_that_is_far_too_high_leaves_no_model(tiny_config):
    config = tiny_config("optimizer.lr=1e30", "optimizer.name=sgd", "schedule.name=constant")
    with pytest.raises(TrainingError, match=r"loss is (nan|inf) (in|after) epoch 1") as got:
        train(config)
    assert got.value.do.endswith("; nothing was saved yet, so start a new run")
    assert "is whole" not in str(got.value)
    (run,) = config.runs.iterdir()
    assert not (run / "last.ckpt").exists()
    assert not (run / "model.safetensors").exists()


@pytest.mark.parametrize("weight", [0.0, 1e-40, 1e30, -3e38])
def test_weights_may_be_as_large_as_numbers_go(weight):
    check_weights([nn.Parameter(torch.full((3,), weight))], ["a"], "here")


@pytest.mark.parametrize("weight", [math.inf, -math.inf, math.nan])
def test_one_weight_that_is_no_number_among_many_is_found(weight):
    weights = torch.ones(1000)
    weights[500] = weight
    with pytest.raises(NotFiniteError, match="the weights are not finite after here, frames a, b"):
        check_weights([nn.Parameter(torch.ones(3)), nn.Parameter(weights)], ["a", "b"], "here")
