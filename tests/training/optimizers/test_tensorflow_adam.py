"""TensorFlow's Adam: numbers worked out by hand from its formula, and runs that go on."""

import io
import math

import pytest
import torch

from roadfcn.training.optimizers.tensorflow_adam import TensorFlowAdam

RATE, B1, B2, EPS = 0.1, 0.9, 0.999, 1e-8


def step(optimizer, parameter, gradient):
    parameter.grad = torch.tensor(gradient, dtype=torch.float64)
    optimizer.step()


def parameter_of(*values):
    return torch.nn.Parameter(torch.tensor(values, dtype=torch.float64))


def by_the_formula(weight, gradients, decay=0.0):
    """Kingma and Ba, end of section 2.1, number by number."""
    m = v = 0.0
    for t, gradient in enumerate(gradients, start=1):
        whole = gradient + decay * weight
        m = B1 * m + (1 - B1) * whole
        v = B2 * v + (1 - B2) * whole * whole
        weight -= RATE * math.sqrt(1 - B2**t) / (1 - B1**t) * m / (math.sqrt(v) + EPS)
    return weight


@pytest.mark.parametrize("fused", [False, True])
def test_the_first_update_by_hand(fused: bool):
    """0.1 * sqrt(0.001) * 1e-7 / (sqrt(0.001) * 1e-7 + 1e-8) = 0.1 * 3.1623 / 13.1623."""
    parameter = parameter_of(1.0)
    optimizer = TensorFlowAdam([parameter], lr=RATE, betas=(B1, B2), eps=EPS, fused=fused)
    step(optimizer, parameter, [1e-7])
    assert parameter.item() == pytest.approx(1 - 0.024025307, abs=1e-9)


def test_torchs_own_adam_moves_such_a_weight_almost_four_times_as_far():
    """0.1 * 1e-7 / (1e-7 + 1e-8): why there is another one."""
    parameter = parameter_of(1.0)
    step(torch.optim.Adam([parameter], lr=RATE, eps=EPS), parameter, [1e-7])
    assert parameter.item() == pytest.approx(1 - 0.090909091, abs=1e-9)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("decay", [0.0, 1e-3])
def test_many_updates_follow_the_formula(decay: float, fused: bool):
    parameter = parameter_of(0.5, -2.0)
    optimizer = TensorFlowAdam([parameter], lr=RATE, eps=EPS, weight_decay=decay, fused=fused)
    rows = [(1e-7, 1e-9), (-3e-8, 2e-9), (0.0, 1e-2), (5e-7, -1e-10), (1e-8, 0.3)]
    for row in rows:
        step(optimizer, parameter, row)
    wanted = [by_the_formula(0.5, [row[0] for row in rows], decay)]
    wanted.append(by_the_formula(-2.0, [row[1] for row in rows], decay))
    assert parameter.tolist() == pytest.approx(wanted, rel=1e-12)


def test_far_above_epsilon_both_forms_agree():
    ours, torchs = parameter_of(1.0), parameter_of(1.0)
    one, other = TensorFlowAdam([ours], lr=RATE), torch.optim.Adam([torchs], lr=RATE)
    for gradient in (2.0, -1.0, 3.0):
        step(one, ours, [gradient])
        step(other, torchs, [gradient])
    assert ours.item() == pytest.approx(torchs.item(), abs=1e-6)


def test_a_saved_state_goes_on_as_if_never_stopped():
    parameter = parameter_of(1.0)
    optimizer = TensorFlowAdam([parameter], lr=RATE)
    for gradient in (1e-7, 2e-7):
        step(optimizer, parameter, [gradient])
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)

    other = parameter_of(parameter.item())
    resumed = TensorFlowAdam([other], lr=RATE)
    resumed.load_state_dict(torch.load(file, weights_only=True))
    assert resumed.param_groups[0]["eps"] == EPS
    step(resumed, other, [3e-7])
    assert other.item() == pytest.approx(by_the_formula(1.0, [1e-7, 2e-7, 3e-7]), rel=1e-12)


def test_epsilon_is_back_in_its_place_after_a_failed_update():
    parameter = parameter_of(1.0)
    optimizer = TensorFlowAdam([parameter], lr=RATE)

    def fail():
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        optimizer.step(fail)
    assert optimizer.param_groups[0]["eps"] == EPS


def test_the_loss_of_a_closure_is_handed_on():
    optimizer = TensorFlowAdam([parameter_of(1.0)], lr=RATE)
    assert optimizer.step(lambda: 0.25) == 0.25
