import math

import pytest
import torch
from torch import nn

from roadfcn.errors import ConfigError
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.training.optimizers.optimization import (
    freeze,
    lr_factor,
    make_optimizer,
    make_schedule,
    parameter_groups,
)


@pytest.fixture
def model():
    return build_fcn(
        FCNArchitecture(2, width=0.05, fc_channels=4, fc_kernel=1, upsampling="learned")
    )


def test_groups_give_each_part_its_rate_and_decay(model):
    groups = parameter_groups(
        model,
        lr=1.0,
        weight_decay=0.1,
        encoder_lr_factor=0.1,
        head_lr_factor=3.0,
        bias_lr_factor=2.0,
    )
    settings = {group["name"]: (group["lr"], group["weight_decay"]) for group in groups}
    assert settings == {
        "encoder weights": (0.1, 0.1),
        "encoder biases": (0.2, 0.0),
        "head weights": (3.0, 0.1),
        "head biases": (6.0, 0.0),
    }


def test_encoder_and_head_have_their_own_decay(model):
    groups = parameter_groups(
        model, lr=1.0, weight_decay=1e-3, encoder_decay_factor=0.0, head_decay_factor=2.0
    )
    decays = {group["name"]: group["weight_decay"] for group in groups}
    assert decays["encoder weights"] == 0.0
    assert decays["head weights"] == 2e-3
    assert decays["head biases"] == 0.0


def test_groups_hold_every_trainable_parameter_once(model):
    freeze(model, ["encoder"])
    groups = parameter_groups(model, lr=1.0, weight_decay=0.0)
    grouped = [id(parameter) for group in groups for parameter in group["params"]]
    trainable = [id(parameter) for parameter in model.parameters() if parameter.requires_grad]
    assert sorted(grouped) == sorted(trainable)
    assert len(set(grouped)) == len(grouped)


def test_biases_are_decayed_when_asked(model):
    groups = parameter_groups(model, lr=1.0, weight_decay=0.1, decay_biases=True)
    assert {group["weight_decay"] for group in groups} == {0.1}


def test_freezing_stops_just_the_named_part(model):
    frozen = freeze(model, ["encoder.conv1_1"])
    assert frozen
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad == (not name.startswith("encoder.conv1_1."))


def test_freezing_an_unknown_part_is_refused(model):
    with pytest.raises(ConfigError, match="'encodr', which fits no parameter"):
        freeze(model, ["encodr"])


def test_freezing_everything_is_refused(model):
    with pytest.raises(ConfigError, match="leaves no parameter to train"):
        freeze(model, ["encoder", "head"])


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd"])
def test_optimizers_move_by_their_formula(name):
    weight = nn.Parameter(torch.tensor([[1.0]]))
    optimizer = make_optimizer(
        [{"params": [weight], "lr": 0.1, "weight_decay": 0.5}], name=name, lr=0.1, momentum=0.9
    )
    weight.grad = torch.tensor([[2.0]])
    optimizer.step()
    expected = {
        "sgd": 1 - 0.1 * (2 + 0.5),
        "adam": 1 - 0.1,  # the first step is the sign of the gradient, decay included
        "adamw": 1 * (1 - 0.1 * 0.5) - 0.1,
    }
    assert float(weight.detach()) == pytest.approx(expected[name], abs=1e-6)


@pytest.mark.parametrize("order", [torch.channels_last, torch.contiguous_format], ids=str)
@pytest.mark.parametrize("name", ["adamw", "adam", "sgd", "tensorflow-adam", "muon"])
def test_fused_updates_are_the_same_where_weights_are_channels_last(name, order):
    """PyTorch's fused ones are not where gradients have another order than their weights."""

    def updated(weight, fused):
        group = {"params": [weight], "lr": 0.1, "weight_decay": 0.5}
        optimizer = make_optimizer([group], name=name, lr=0.1, fused=fused)
        generator = torch.Generator().manual_seed(1)
        for _ in range(3):
            gradient = torch.randn(4, 5, 3, 2, generator=generator)
            weight.grad = gradient.contiguous(memory_format=order)
            optimizer.step()
        return weight

    start = torch.randn(4, 5, 3, 2, generator=torch.Generator().manual_seed(0))
    plain = updated(nn.Parameter(start.clone()), False)
    fused = updated(nn.Parameter(start.contiguous(memory_format=torch.channels_last)), True)
    torch.testing.assert_close(fused, plain, rtol=0, atol=1e-6)


def test_tensorflows_adam_has_its_own_epsilon():
    """0.1 * sqrt(0.001) * 1e-4 / (sqrt(0.001) * 1e-4 + 1e-5) = 0.1 * 3.1623 / 13.1623."""
    weight = nn.Parameter(torch.tensor([[1.0]]))
    optimizer = make_optimizer(
        [{"params": [weight], "lr": 0.1, "weight_decay": 0.0}],
        name="tensorflow-adam",
        lr=0.1,
        eps=1e-5,
    )
    weight.grad = torch.tensor([[1e-4]])
    optimizer.step()
    assert float(weight.detach()) == pytest.approx(1 - 0.024025, abs=1e-6)


def test_one_cycle_starts_low_peaks_after_warmup_and_ends_at_nothing():
    factor = lr_factor("one-cycle", total_steps=100, warmup=0.2)
    assert factor(0) == pytest.approx(1 / 25)
    assert factor(10) == pytest.approx((1 / 25 + 1) / 2)
    assert factor(20) == pytest.approx(1.0)
    assert factor(60) == pytest.approx((1 + 4e-6) / 2)
    assert factor(100) == pytest.approx(4e-6)
    assert factor(101) == pytest.approx(4e-6)


@pytest.mark.parametrize(
    ("name", "middle", "end"),
    [("constant", 1.0, 1.0), ("cosine", 0.5, 0.0), ("poly", 0.5**0.9, 0.0)],
)
def test_schedules_after_a_linear_warmup(name, middle, end):
    factor = lr_factor(name, total_steps=100, warmup=0.1)
    assert factor(0) == pytest.approx(0.1)
    assert factor(9) == pytest.approx(1.0)
    assert factor(55) == pytest.approx(middle)
    assert factor(100) == pytest.approx(end)


def test_step_schedule_falls_at_its_milestones():
    factor = lr_factor("step", total_steps=10, gamma=0.1, milestones=(0.5, 0.8))
    assert [factor(step) for step in (4, 5, 7, 8)] == pytest.approx([1.0, 0.1, 0.1, 0.01])


def test_schedule_multiplies_each_groups_own_rate():
    parameters = [nn.Parameter(torch.zeros(1)) for _ in range(2)]
    groups = [
        {"params": [parameters[0]], "lr": 1.0},
        {"params": [parameters[1]], "lr": 0.1},
    ]
    optimizer = make_optimizer(groups, name="sgd", lr=1.0)
    schedule = make_schedule(optimizer, lr_factor("poly", total_steps=4, power=1.0))
    optimizer.step()
    schedule.step()
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.75, 0.075])
    assert not math.isnan(optimizer.param_groups[0]["lr"])
