"""Muon: orthogonal steps for inner convolutions, AdamW's for the rest."""

import copy

import pytest
import torch
from torch import nn

from roadfcn.training.optimizers.muon import ORTHOGONAL, Muon, orthogonalise, split_groups
from roadfcn.training.optimizers.optimization import make_optimizer, parameter_groups

LR, DECAY, MOMENTUM = 0.01, 0.1, 0.9


def tiny_network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 4, 3), nn.Conv2d(4, 8, 1), nn.Flatten()
    )


def optimizer_of(model):
    groups = split_groups(model, parameter_groups(model, lr=LR, weight_decay=DECAY))
    return make_optimizer(groups, name="muon", lr=LR, momentum=MOMENTUM)


def give_gradients(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)


@pytest.mark.parametrize("shape", [(6, 40), (40, 6), (16, 16), (1, 9)])
def test_singular_values_come_near_one_and_directions_stay(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    result = orthogonalise(matrix)
    u, values, v = torch.linalg.svd(matrix, full_matrices=False)
    rotated = u.T @ result @ v.T
    assert rotated.diag().min() > 0.65
    assert rotated.diag().max() < 1.25
    off = rotated - torch.diag(rotated.diag())
    assert off.abs().max() < 1e-3
    assert values.max() / values.min() > 1.25 or min(shape) == 1  # it was not so before
    x = values.double() / values.double().square().sum().sqrt()
    for _ in range(5):  # the article's polynomial, on each singular value by itself
        x = 3.4445 * x - 4.7750 * x**3 + 2.0315 * x**5
    assert torch.allclose(rotated.diag().double(), x, atol=1e-4)


def test_a_matrix_of_zeros_stays_one():
    assert torch.equal(orthogonalise(torch.zeros(4, 9)), torch.zeros(4, 9))


def test_only_inner_convolutions_are_orthogonal():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1_1 = nn.Conv2d(3, 4, 3)
            self.conv1_2 = nn.Conv2d(4, 4, 3)
            self.norm = nn.BatchNorm2d(4)
            self.score_fr = nn.Conv2d(4, 2, 1)
            self.upscore8 = nn.ConvTranspose2d(2, 2, 4)

    model = Network()
    groups = split_groups(model, parameter_groups(model, lr=LR, weight_decay=DECAY))
    marked = [one for group in groups if group[ORTHOGONAL] for one in group["params"]]
    assert [id(one) for one in marked] == [id(model.conv1_2.weight)]
    everything = [id(one) for group in groups for one in group["params"]]
    assert sorted(everything) == sorted(id(one) for one in model.parameters())
    names = [group["name"] for group in groups]
    assert len(set(names)) == len(names)


def test_two_steps_are_those_of_the_formula():
    model = tiny_network()
    weight = model[2].weight
    expected, buffer = weight.detach().clone(), torch.zeros_like(weight)
    optimizer = optimizer_of(model)
    for seed in (3, 4):
        give_gradients(model, seed)
        gradient = weight.grad.clone()
        buffer = MOMENTUM * buffer + (1 - MOMENTUM) * gradient
        ahead = (1 - MOMENTUM) * gradient + MOMENTUM * buffer
        direction = orthogonalise(ahead.reshape(4, 72)).reshape(weight.shape)
        expected = expected * (1 - LR * DECAY) - LR * 0.2 * 72**0.5 * direction
        optimizer.step()
    torch.testing.assert_close(weight.detach(), expected)


def test_the_others_move_as_adamw_moves_them():
    mine, theirs = tiny_network(), tiny_network()
    muon = optimizer_of(mine)
    adamw = torch.optim.AdamW(parameter_groups(theirs, lr=LR, weight_decay=DECAY), lr=LR)
    for seed in (3, 4, 5):
        for model in (mine, theirs):
            give_gradients(model, seed)
        muon.step()
        adamw.step()
    for name in ("0.weight", "0.bias", "1.weight", "1.bias", "2.bias"):
        assert torch.equal(mine.get_parameter(name), theirs.get_parameter(name)), name
    assert not torch.equal(mine[2].weight, theirs[2].weight)


def test_gradients_are_still_there_after_a_step():
    model = tiny_network()
    optimizer = optimizer_of(model)
    give_gradients(model, 3)
    optimizer.step()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_it_goes_on_from_a_saved_state_to_the_bit():
    whole = tiny_network()
    optimizer = optimizer_of(whole)
    give_gradients(whole, 3)
    optimizer.step()
    later = copy.deepcopy(whole)
    resumed = optimizer_of(later)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for model, one in ((whole, optimizer), (later, resumed)):
        give_gradients(model, 4)
        one.step()
    for name, value in whole.state_dict().items():
        assert torch.equal(value, later.state_dict()[name]), name


def test_it_is_built_by_its_name_with_its_momentum():
    optimizer = optimizer_of(tiny_network())
    assert isinstance(optimizer, Muon)
    assert {group["momentum"] for group in optimizer.param_groups} == {MOMENTUM}
