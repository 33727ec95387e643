"""Optimizers and learning-rate schedules: who moves, how fast, and when.

Parameters fall into four groups: encoder or head, weight or bias (norm parameters count as
biases). Each has its own rate and decay, as the Caffe FCN has (biases: twice the rate, no decay).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Literal

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from roadfcn.errors import ConfigError
from roadfcn.training.optimizers.channels_last_optimizers import (
    ChannelsLastAdam,
    ChannelsLastAdamW,
    ChannelsLastSGD,
)
from roadfcn.training.optimizers.muon import Muon
from roadfcn.training.optimizers.tensorflow_adam import TensorFlowAdam

ENCODER_PREFIX = "encoder."


def freeze(model: nn.Module, prefixes: Iterable[str]) -> list[str]:
    """Stop the parameters whose names start with one of `prefixes` from being trained.

    Returns:
        The names of the frozen parameters.

    Raises:
        ConfigError: A prefix fits no parameter, or nothing is left to train.
    """
    names = [name for name, _ in model.named_parameters()]
    frozen: list[str] = []
    for prefix in prefixes:
        hit = [name for name in names if name == prefix or name.startswith(f"{prefix}.")]
        if not hit:
            layers = sorted({name.rpartition(".")[0] for name in names})
            raise ConfigError(
                f"optimizer.frozen names '{prefix}', which fits no parameter",
                allowed=", ".join(["encoder", "head", *layers]),
                do="use one of these names",
            )
        frozen += hit
    for name, parameter in model.named_parameters():
        if name in frozen:
            parameter.requires_grad_(False)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ConfigError(
            "optimizer.frozen leaves no parameter to train",
            allowed="at least one part of the network that learns",
            do="take 'head' out of optimizer.frozen",
        )
    return frozen


def parameter_groups(
    model: nn.Module,
    *,
    lr: float,
    weight_decay: float,
    encoder_lr_factor: float = 1.0,
    head_lr_factor: float = 1.0,
    encoder_decay_factor: float = 1.0,
    head_decay_factor: float = 1.0,
    bias_lr_factor: float = 1.0,
    decay_biases: bool = False,
) -> list[dict[str, Any]]:
    """Split the trainable parameters into groups for an optimizer; empty groups are left out."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            is_bias = parameter.ndim <= 1
            groups.setdefault((name.startswith(ENCODER_PREFIX), is_bias), []).append(parameter)
    rates = {True: lr * encoder_lr_factor, False: lr * head_lr_factor}
    decays = {True: weight_decay * encoder_decay_factor, False: weight_decay * head_decay_factor}
    return [
        {
            "params": parameters,
            "lr": rates[in_encoder] * (bias_lr_factor if is_bias else 1.0),
            "weight_decay": decays[in_encoder] if decay_biases or not is_bias else 0.0,
            "name": f"{'encoder' if in_encoder else 'head'} {'biases' if is_bias else 'weights'}",
        }
        for (in_encoder, is_bias), parameters in groups.items()
    ]


def make_optimizer(
    groups: list[dict[str, Any]],
    *,
    name: Literal["adamw", "adam", "sgd", "tensorflow-adam", "muon"],
    lr: float,
    momentum: float = 0.9,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    fused: bool = False,
) -> Optimizer:
    """Build the optimizer over `groups`.

    Adam's decay is L2 (added to the gradient), AdamW's is decoupled (Loshchilov and Hutter,
    ICLR 2019); SGD's is L2 with momentum, which at a constant rate equals Caffe's. TensorFlow's
    Adam has another epsilon (`tensorflow_adam`). Muon wants its groups split (`muon`).
    """
    if name == "sgd":
        return ChannelsLastSGD(groups, lr=lr, momentum=momentum, fused=fused)
    if name == "muon":
        return Muon(groups, momentum=momentum, lr=lr, betas=betas, eps=eps, fused=fused)
    return _ADAMS[name](groups, lr=lr, betas=betas, eps=eps, fused=fused)


_ADAMS: dict[str, type[torch.optim.Adam]] = {
    "adamw": ChannelsLastAdamW,
    "adam": ChannelsLastAdam,
    "tensorflow-adam": TensorFlowAdam,
}


def lr_factor(
    name: Literal["constant", "one-cycle", "cosine", "poly", "step"],
    *,
    total_steps: int,
    warmup: float = 0.0,
    power: float = 0.9,
    gamma: float = 0.1,
    milestones: tuple[float, ...] = (),
) -> Callable[[int], float]:
    """Give the function from step (0..total_steps) to the factor on every group's rate.

    One-cycle is Smith and Topin's (2019) in its cosine form: from 1/25 of the peak up over
    `warmup` of the steps, then down to 1/10000 of the start. The others rise linearly over
    `warmup` and then run over the rest of the steps.
    """
    rise = round(warmup * total_steps)

    def factor(step: int) -> float:
        if name == "one-cycle":
            if step < rise:
                return _cosine(1 / 25, 1.0, step / rise)
            return _cosine(1.0, 1 / 25e4, (step - rise) / max(1, total_steps - rise))
        if step < rise:
            return (step + 1) / rise
        progress = min(1.0, (step - rise) / max(1, total_steps - rise))
        if name == "cosine":
            return _cosine(1.0, 0.0, progress)
        if name == "poly":
            return float((1 - progress) ** power)
        if name == "step":
            return float(gamma ** sum(step >= milestone * total_steps for milestone in milestones))
        return 1.0

    return factor


def make_schedule(optimizer: Optimizer, factor: Callable[[int], float]) -> LambdaLR:
    """Multiply every group's own rate by `factor(step)`; to be stepped after each update."""
    return LambdaLR(optimizer, factor)


def _cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
