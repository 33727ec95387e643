"""Whether a learning rate can belong to its loss, told before anything is started.

A sum over P pixels has a gradient P times as long as their mean has, so that a rate belongs to one
way of dividing the loss and is wrong by five powers of ten for the other: 1e-10 on a sum over
500 x 500 pixels is 2.5e-5 on their mean. SGD with momentum m moves a weight, when the gradient
stays, by lr / (1 - m) times the gradient (the geometric series). Adam divides the gradient by its
own length: its steps are as long as the rate, whatever the loss is divided by.

The limits are wide: they part what cannot learn from what might, not good rates from bad ones.
"""

from __future__ import annotations

from typing import Literal

FASTEST = 10.0
"""Of lr / (1 - m) on a mean. Residual networks with batch norm start with 1 (He et al., CVPR 2016:
0.1 with momentum 0.9), the FCN papers' have 2.5e-3."""

SLOWEST = 2e-8
"""Of lr / (1 - m) on a mean, and of Adam's lr. No pixel pulls at a score by more than 1, so a
score's bias moves by no more than this in a step: 0.002 in 100,000 steps, which is how long the
FCN papers' networks were trained. Their smallest rate, 1e-14 on a sum, is 2.5e-7 here."""

USUAL_PIXELS = 500 * 500
"""Of a picture whose size the recipe does not say: PASCAL VOC's, for which 1e-10 was chosen."""


def rate_mistake(
    *,
    optimizer: Literal["adamw", "adam", "sgd", "tensorflow-adam", "muon"],
    lr: float,
    factor: float = 1.0,
    momentum: float,
    reduction: Literal["mean", "all-pixels", "sum"],
    pixels: int | None = None,
    clip_norm: float | None = None,
) -> str | None:
    """Say what is impossible about a rate, and what would be right; None if nothing is.

    Args:
        optimizer: A recipe's name for it.
        lr: The learning rate.
        factor: On it, of the part of the network that moves fastest; 0 is no mistake, but
            standing still.
        momentum: Of SGD, below 1.
        reduction: What the loss is divided by.
        pixels: Of a picture that is learned from, if that is known.
        clip_norm: The length that gradients are cut to, if they are.
    """
    if factor == 0:
        return None
    if optimizer != "sgd":
        return None if lr * factor >= SLOWEST else _slow_adam(optimizer, lr)
    known = USUAL_PIXELS if pixels is None else pixels
    shown = f"{known:,}" + (" at 500 x 500" if pixels is None else "")
    reach = lr * factor / (1 - momentum)
    if reduction != "sum":
        return None if reach >= SLOWEST else _slow_mean(lr, reduction, known, shown)
    if reach * known > FASTEST:
        return (
            f"optimizer.lr {lr:g} is impossible with sgd on a summed loss: the gradient is as many "
            f"times longer as a picture has pixels ({shown}); what {lr:g} is on a mean is "
            f"{lr / known:.2g} on a sum: set optimizer.lr to about that, or loss.reduction=mean"
        )
    if clip_norm is not None and reach * clip_norm < SLOWEST:
        return (
            f"trainer.clip_norm {clip_norm:g} lets nothing move with sgd at optimizer.lr {lr:g}: a "
            f"summed loss has a gradient as many times longer as a picture has pixels ({shown}); "
            f"set trainer.clip_norm={clip_norm * known:g}, or null"
        )
    return None


def _slow_adam(optimizer: str, lr: float) -> str:
    return (
        f"optimizer.lr {lr:g} moves nothing with {optimizer}: its steps are about as long as the "
        "rate, whatever the loss is divided by; use 1e-5 to 1e-3, or optimizer.name=sgd"
    )


def _slow_mean(lr: float, reduction: str, known: int, shown: str) -> str:
    return (
        f"optimizer.lr {lr:g} moves nothing with sgd where loss.reduction is {reduction}: what "
        f"{lr:g} is on a sum is as many times more on a mean as a picture has pixels ({shown}); "
        f"set optimizer.lr={lr * known:.2g}, or loss.reduction=sum"
    )
