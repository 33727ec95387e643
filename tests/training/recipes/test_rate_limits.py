"""Rates and the losses they are for: what cannot learn is refused, what somebody uses is not."""

import math
from pathlib import Path

import pytest
import torch

from roadfcn.errors import ConfigError
from roadfcn.training.recipes.config_files import make_config, read_config
from roadfcn.training.recipes.rate_limits import FASTEST, SLOWEST, rate_mistake

CONFIGS = sorted((Path(__file__).parents[3] / "configs").glob("*.yaml"))
SUM, HEAVY_MOMENTUM = "loss.reduction=sum", "optimizer.momentum=0.99"
SIZE = "data.size=[160, 576]"


def recipe(name, lr, *others):
    overrides = [f"optimizer.name={name}", f"optimizer.lr={lr}", *others]
    return make_config({"data": {"path": "x"}}, overrides)


def refusal(name, lr, *others):
    with pytest.raises(ConfigError) as caught:
        recipe(name, lr, *others)
    return caught.value.found


def test_a_rate_for_means_on_a_sum_is_refused_with_what_it_is_there():
    """1e-3 / (500 * 500) = 4e-9; 1e-3 / (160 * 576) = 1.1e-8."""
    assert (
        "optimizer.lr 0.001 is impossible with sgd on a summed loss: the gradient is as many times "
        "longer as a picture has pixels (250,000 at 500 x 500); what 0.001 is on a mean is 4e-09 "
        "on a sum"
    ) in refusal("sgd", "1e-3", SUM)
    found = refusal("sgd", "1e-3", SUM, SIZE)
    assert "as a picture has pixels (92,160); what 0.001 is on a mean is 1.1e-08 on a" in found


def test_caffes_rate_on_a_mean_is_refused_with_what_it_is_there():
    """1e-10 * 500 * 500 = 2.5e-5; 1e-10 * 160 * 576 = 9.2e-6."""
    found = refusal("sgd", "1e-10", HEAVY_MOMENTUM)
    assert "optimizer.lr 1e-10 moves nothing with sgd where loss.reduction is mean" in found
    assert "set optimizer.lr=2.5e-05, or loss.reduction=sum" in found
    found = refusal("sgd", "1e-10", HEAVY_MOMENTUM, SIZE, "loss.reduction=all-pixels")
    assert "where loss.reduction is all-pixels" in found
    assert "set optimizer.lr=9.2e-06, or loss.reduction=sum" in found


def test_the_crop_is_what_is_learned_from():
    assert "set optimizer.lr=1e-06," in refusal(
        "sgd", "1e-10", SIZE, "augmentation.crop=[100, 100]"
    )


@pytest.mark.parametrize("name", ["adam", "adamw", "tensorflow-adam", "muon"])
@pytest.mark.parametrize("reduction", ["mean", "all-pixels", "sum"])
def test_caffes_rate_moves_nothing_with_adam_whatever_the_loss(name, reduction):
    found = refusal(name, "1e-10", f"loss.reduction={reduction}")
    assert f"optimizer.lr 1e-10 moves nothing with {name}: its steps are about as long" in found


def test_a_short_clip_on_a_sum_is_refused_with_a_longer_one():
    """1.0 on a mean is 250,000 on a sum over 500 x 500 pixels."""
    found = refusal("sgd", "1e-10", SUM, HEAVY_MOMENTUM, "trainer.clip_norm=1.0")
    assert "trainer.clip_norm 1 lets nothing move with sgd at optimizer.lr 1e-10" in found
    assert "set trainer.clip_norm=250000, or null" in found
    recipe("sgd", "1e-10", SUM, HEAVY_MOMENTUM, "trainer.clip_norm=250000")


def test_the_rate_of_the_fastest_part_counts():
    recipe("sgd", "1e-10", "optimizer.head_lr_factor=1e6")
    assert "optimizer.lr 1e-10 is impossible" in refusal(
        "sgd", "1e-10", SUM, "optimizer.head_lr_factor=1e6"
    )
    recipe("sgd", "1e-3", "optimizer.encoder_lr_factor=0", "optimizer.head_lr_factor=0")


def test_two_settings_that_do_not_fit_come_in_one_message():
    found = refusal("sgd", "1e-3", SUM, "augmentation.scale=[2, 1]")
    assert "augmentation.scale runs from 2.0 down to 1.0; optimizer.lr 0.001 is" in found


@pytest.mark.parametrize(
    "overrides",
    [
        # The FCN papers' solvers, at their smallest, and the same on a mean of 500 x 500 pixels.
        ("1e-14", SUM, HEAVY_MOMENTUM),
        ("1e-12", SUM, HEAVY_MOMENTUM),
        ("1e-10", SUM, HEAVY_MOMENTUM),
        ("2.5e-5", HEAVY_MOMENTUM),
        ("2.5e-9", HEAVY_MOMENTUM),
        ("9.2e-10", HEAVY_MOMENTUM, SIZE),
        # Ten thousand times as fast as they are, on small pictures, without momentum.
        ("1e-6", SUM),
        ("1e-5", SUM, "augmentation.crop=[64, 64]"),
        ("1e-4", SUM, "data.size=[32, 32]"),
        ("1e-8", SUM, "optimizer.momentum=0"),
        # Super-convergence (Smith and Topin), and a last, slow stage of fine-tuning.
        ("3.0",),
        ("1e-7", "loss.reduction=all-pixels"),
    ],
)
def test_rates_of_sgd_that_somebody_uses_are_taken(overrides):
    lr, *others = overrides
    assert recipe("sgd", lr, *others).optimizer.lr == float(lr)


@pytest.mark.parametrize("reduction", ["mean", "all-pixels", "sum"])
@pytest.mark.parametrize("lr", ["1e-7", "1e-5", "1e-2"])
def test_adam_takes_the_same_rates_for_every_loss(reduction, lr):
    for name in ("adam", "adamw", "tensorflow-adam"):
        recipe(name, lr, f"loss.reduction={reduction}", "trainer.clip_norm=1.0")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_no_recipe_that_comes_along_is_refused(path):
    read_config(path)


def test_adams_step_is_the_rate_for_the_mean_and_for_the_sum():
    for scale in (1.0, 250_000.0):
        weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
        optimizer = torch.optim.Adam([weight], lr=0.1, eps=1e-12)
        weight.grad = torch.tensor([1e-3 * scale], dtype=torch.float64)
        optimizer.step()
        assert float(weight.detach()) == pytest.approx(-0.1)


def test_a_bias_moves_by_no_more_than_the_slowest_rate_allows():
    """All pixels of one class, at the worst score there is: the gradient is 1, and stays so."""
    bias = torch.nn.Parameter(torch.tensor([50.0, -50.0], dtype=torch.float64))
    momentum = 0.99
    optimizer = torch.optim.SGD([bias], lr=SLOWEST * (1 - momentum), momentum=momentum)
    steps = 2000
    for _ in range(steps):
        optimizer.zero_grad()
        logits = bias.view(1, 2, 1).expand(1, 2, 16)
        truth = torch.ones(1, 16, dtype=torch.int64)
        torch.nn.functional.cross_entropy(logits, truth).backward()
        optimizer.step()
    moved = float(bias.detach()[1]) + 50
    assert 0.9 * steps * SLOWEST < moved <= steps * SLOWEST


def test_the_limits_themselves():
    def told(rate, reduction, pixels):
        return rate_mistake(
            optimizer="sgd", lr=rate, momentum=0.0, reduction=reduction, pixels=pixels
        )

    assert told(FASTEST / 64, "sum", 64) is None
    assert told(math.nextafter(FASTEST / 64, 1), "sum", 64) is not None
    assert told(SLOWEST, "mean", 64) is None
    assert told(math.nextafter(SLOWEST, 0), "mean", 64) is not None
