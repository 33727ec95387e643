"""Fused optimizers on CPUs: the same numbers whatever the order in memory, without a copy."""

import copy
import io
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from roadfcn.errors import TrainingError
from roadfcn.training.optimizers.channels_last_optimizers import (
    ChannelsLastAdam,
    ChannelsLastAdamW,
    ChannelsLastSGD,
)
from roadfcn.training.run_folder import LAST_CHECKPOINT
from roadfcn.training.runs.run import train

LR, B1, B2, EPS, DECAY, MOMENTUM = 0.01, 0.9, 0.999, 1e-8, 0.1, 0.9
LAST, USUAL = torch.channels_last, torch.contiguous_format
KINDS = {
    "channels-last": ((6, 5, 3, 4), LAST),
    "contiguous": ((6, 5, 3, 4), USUAL),
    "1x1, both": ((6, 5, 1, 1), LAST),
    "one channel, both": ((6, 1, 3, 3), LAST),
    "one output": ((1, 5, 3, 3), LAST),
    "matrix": ((6, 5), USUAL),
    "bias": ((7,), USUAL),
}
OURS = {"adam": ChannelsLastAdam, "adamw": ChannelsLastAdamW, "sgd": ChannelsLastSGD}
TORCHS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}


def make(classes, name, parameters, *, fused=True, **settings):
    own = {"momentum": MOMENTUM} if name == "sgd" else {"betas": (B1, B2), "eps": EPS}
    groups = [{"params": parameters}]
    return classes[name](groups, lr=LR, weight_decay=DECAY, fused=fused, **own, **settings)


def numbers(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def parameter_of(kind, seed=0):
    shape, order = KINDS[kind]
    return nn.Parameter(numbers(shape, seed).contiguous(memory_format=order))


def step(optimizer, parameter, seed, order=None):
    """Update once, by a gradient in the order of the parameter or in the given one."""
    gradient = numbers(parameter.shape, seed)
    if order is None and parameter.ndim == 4:
        order = USUAL if parameter.is_contiguous() else LAST
    parameter.grad = gradient.contiguous(memory_format=order or USUAL)
    optimizer.step()


def by_the_formula(name, weight, gradients):
    """Work out the updates number by number, in Python's floats."""
    m = v = 0.0
    for t, gradient in enumerate(gradients, start=1):
        whole = gradient if name == "adamw" else gradient + DECAY * weight
        if name == "sgd":
            m = MOMENTUM * m + whole
            weight -= LR * m
            continue
        if name == "adamw":
            weight *= 1 - LR * DECAY
        m = B1 * m + (1 - B1) * whole
        v = B2 * v + (1 - B2) * whole * whole
        weight -= LR * m / (1 - B1**t) / (math.sqrt(v / (1 - B2**t)) + EPS)
    return weight


def fused_updates_copy(optimizer):
    """Tell whether a step takes copies of tensors."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        optimizer.step()
    names = {event.key for event in profiler.key_averages()}
    assert any(name.startswith("aten::_fused") for name in names)
    return "aten::clone" in names


@pytest.mark.parametrize(
    ("kind", "gradients"),
    [(kind, USUAL) for kind in KINDS]
    + [(kind, LAST) for kind, (shape, _) in KINDS.items() if len(shape) == 4],
)
@pytest.mark.parametrize("name", OURS)
def test_updates_are_those_of_the_formula(name, kind, gradients):
    parameter = parameter_of(kind)
    start = parameter.detach().clone()
    plain = nn.Parameter(start.clone())
    fused, slow = make(OURS, name, [parameter]), make(TORCHS, name, [plain], fused=False)
    strides = parameter.stride()
    for seed in (1, 2, 3):
        step(fused, parameter, seed, gradients)
        step(slow, plain, seed, gradients)
    rows = [numbers(start.shape, seed).flatten().tolist() for seed in (1, 2, 3)]
    columns = zip(start.flatten().tolist(), zip(*rows, strict=True), strict=True)
    expected = np.reshape([by_the_formula(name, *column) for column in columns], start.shape)
    np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(parameter, plain, rtol=0, atol=1e-6)
    assert parameter.stride() == strides
    assert fused.param_groups[0]["params"][0] is parameter


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "settings"),
    [(name, {}) for name in OURS]
    + [(name, {"maximize": True}) for name in OURS]
    + [(name, {"amsgrad": True}) for name in ("adam", "adamw")],
    ids=str,
)
def test_updates_and_states_are_bit_by_bit_pytorchs(name, kind, settings):
    one, other = parameter_of(kind), parameter_of(kind)
    ours = make(OURS, name, [one], **settings)
    torchs = make(TORCHS, name, [other], **settings)
    for seed in (1, 2, 3):
        step(ours, one, seed)
        step(torchs, other, seed)
    assert torch.equal(one, other)
    assert_same_state(ours.state_dict(), torchs.state_dict())


def assert_same_state(one, other):
    assert one["param_groups"] == other["param_groups"]
    assert one["state"].keys() == other["state"].keys()
    for key, state in one["state"].items():
        assert list(state) == list(other["state"][key])
        for name, value in state.items():
            wanted = other["state"][key][name]
            assert (value.shape, value.stride()) == (wanted.shape, wanted.stride())
            assert torch.equal(value, wanted)


@pytest.mark.parametrize("name", OURS)
def test_nothing_is_copied_where_all_is_channels_last(name):
    parameter = parameter_of("channels-last")
    optimizer = make(OURS, name, [parameter])
    for seed in (1, 2):
        step(optimizer, parameter, seed)
    assert not fused_updates_copy(optimizer)
    parameter.grad = parameter.grad.contiguous()
    assert fused_updates_copy(optimizer)


@pytest.mark.parametrize("order", [LAST, USUAL], ids=["order kept", "order lost"])
@pytest.mark.parametrize("before", [OURS, TORCHS], ids=["ours", "an old checkpoint"])
@pytest.mark.parametrize("kind", ["channels-last", "contiguous"])
@pytest.mark.parametrize("name", OURS)
def test_a_saved_state_goes_on_as_if_never_stopped(name, kind, before, order):
    whole = parameter_of(kind)
    uninterrupted = make(OURS, name, [whole])
    first = parameter_of(kind)
    optimizer = make(before, name, [first])
    for seed in (1, 2):
        step(uninterrupted, whole, seed)
        step(optimizer, first, seed)
    state = optimizer.state_dict()
    for value in state["state"].values():
        value |= {
            key: tensor.contiguous(memory_format=order)
            for key, tensor in value.items()
            if tensor.ndim == 4
        }
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)

    second = nn.Parameter(first.detach().clone())
    resumed = make(OURS, name, [second])
    resumed.load_state_dict(torch.load(file, weights_only=True))
    for seed in (3, 4):
        step(uninterrupted, whole, seed)
        step(resumed, second, seed)
    assert torch.equal(second, whole)
    assert_same_state(resumed.state_dict(), uninterrupted.state_dict())


@pytest.mark.parametrize("name", OURS)
def test_a_state_of_another_shape_is_refused(name):
    parameter, other = parameter_of("channels-last"), nn.Parameter(torch.zeros(2, 3, 1, 1))
    optimizer, smaller = make(OURS, name, [parameter]), make(OURS, name, [other])
    step(smaller, other, 1)
    with pytest.raises(ValueError, match=r"the shape \(2, 3, 1, 1\), its parameter \(6, 5, 3, 4\)"):
        optimizer.load_state_dict(smaller.state_dict())


@pytest.mark.parametrize("name", OURS)
def test_a_model_learns_with_closure_clipping_and_schedule_as_without_fused(name):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 1), nn.Conv2d(4, 2, 3))
    model = model.to(memory_format=LAST)
    other = copy.deepcopy(model)
    pictures = numbers((2, 3, 8, 8), 1).contiguous(memory_format=LAST)

    def losses(model, optimizer):
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)

        def closure():
            optimizer.zero_grad()
            loss = model(pictures).square().mean()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            return loss

        found = []
        for _ in range(5):
            found.append(optimizer.step(closure).item())
            schedule.step()
        return found

    ours = losses(model, make(OURS, name, list(model.parameters())))
    theirs = losses(other, make(TORCHS, name, list(other.parameters()), fused=False))
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert ours[-1] < ours[0]
    assert model[0].weight.grad.shape == model[0].weight.shape


@pytest.mark.parametrize("name", OURS)
def test_scaled_gradients_are_unscaled_and_updates_with_infinite_ones_left_out(name):
    scaled, plain = parameter_of("channels-last"), parameter_of("channels-last")
    ours, torchs = make(OURS, name, [scaled]), make(TORCHS, name, [plain], fused=False)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    for seed, factor in ((1, 8.0), (2, math.inf), (3, 4.0)):  # halved by then
        scaler.scale(torch.zeros(()))
        scaled.grad = (numbers(scaled.shape, seed) * factor).contiguous(memory_format=LAST)
        scaler.step(ours)
        scaler.update()
        if factor < math.inf:
            step(torchs, plain, seed)
    torch.testing.assert_close(scaled, plain, rtol=0, atol=1e-6)


def test_parameters_without_gradient_stay_and_have_no_state():
    one, other = parameter_of("channels-last"), parameter_of("channels-last")
    optimizer = make(OURS, "adamw", [one, other])
    step(optimizer, one, 1)
    assert torch.equal(other, parameter_of("channels-last"))
    assert list(optimizer.state_dict()["state"]) == [0]


def test_after_a_failed_update_all_is_in_its_place():
    one, other = parameter_of("channels-last"), nn.Parameter(torch.zeros(2, 2))
    optimizer = make(OURS, "adam", [one, other])
    optimizer.state[other]["broken"] = torch.zeros(2, 2)
    other.grad = torch.ones(2, 2)
    with pytest.raises(KeyError):
        step(optimizer, one, 1)
    assert optimizer.param_groups[0]["params"] == [one, other]
    assert set(optimizer.state) <= {one, other}
    assert one.grad.shape == one.shape


def test_a_run_whose_checkpoint_has_a_state_of_another_shape_is_refused(tiny_config, stop_at):
    config = tiny_config("trainer.epochs=2", "trainer.fused=true")
    stop = stop_at(config, 0, 0)
    path = stop.run / LAST_CHECKPOINT
    checkpoint = torch.load(path, weights_only=True)
    checkpoint["optimizer_states"][0]["state"][0]["exp_avg"] = torch.zeros(1)
    torch.save(checkpoint, path)
    with pytest.raises(TrainingError, match=r"does not fit its run: .* has the shape \(1,\)"):
        train(config, resume=stop.run)
