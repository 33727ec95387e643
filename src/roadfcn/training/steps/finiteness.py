"""Stops a run whose numbers are no numbers any more, before anything good is written over.

All processes of a run come to the same verdict at the same step, and say the same.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from roadfcn.errors import TrainingError
from roadfcn.training.processes.collectives import gathered
from roadfcn.training.run_folder import LAST_CHECKPOINT

_DO = "lower optimizer.lr, set trainer.clip_norm=1.0 or trainer.precision=32-true"


class NotFiniteError(TrainingError):
    """The loss or the weights are no numbers any more."""


@contextlib.contextmanager
def telling_what_is_left(run: Callable[[], Path]) -> Iterator[None]:
    """Say what a run whose numbers are no numbers any more has left.

    Args:
        run: Gives the run folder, once it is known to all processes.

    Raises:
        TrainingError: They are not, inside.
    """
    try:
        yield
    except NotFiniteError as problem:
        left = (
            "what earlier epochs left in the run folder is whole"
            if (run() / LAST_CHECKPOINT).exists()
            else "nothing was saved yet, so start a new run"
        )
        # Of a kind that other processes know.
        raise TrainingError(
            problem.found, allowed=problem.allowed, do=f"{problem.do}; {left}"
        ) from problem


def check_loss(mean: Tensor, own: Tensor, frames: Sequence[str], place: str) -> None:
    """See to it that the loss of an update is finite.

    Args:
        mean: Over all processes, so that all find the same.
        own: This process's share of it.
        frames: This process's frames, by name.
        place: Where in the run.

    Raises:
        NotFiniteError: It is not; names the frames of the processes whose share is not.
    """
    if torch.isfinite(mean):
        return
    shares = gathered([] if torch.isfinite(own) else list(frames))
    names = ", ".join(name for share in shares for name in share)
    raise NotFiniteError(
        f"the loss is {mean.item()} in {place}, frames {names}", allowed="a finite loss", do=_DO
    )


def check_weights(parameters: Iterable[nn.Parameter], frames: Sequence[str], place: str) -> None:
    """See to it that weights are finite after an update; a gradient that was not shows in them.

    Gradients themselves may overflow in 16-bit training: its scaler then leaves the update out.

    Raises:
        NotFiniteError: They are not; names the frames of all processes, as all had a share.
    """
    weights = [parameter.detach() for parameter in parameters]
    # The sum of squares takes a tenth of the time that the largest takes, which of VGG16 is a
    # twentieth of a step; but it overflows where weights do not yet.
    for norm in (2.0, math.inf):
        if torch.isfinite(torch.nn.utils.get_total_norm(weights, norm)):
            return
    names = ", ".join(name for share in gathered(list(frames)) for name in share)
    raise NotFiniteError(
        f"the weights are not finite after {place}, frames {names}",
        allowed="finite gradients and weights",
        do=_DO,
    )


def check_validation(loss: float, place: str) -> None:
    """See to it that the validation loss, of all processes, is finite.

    Raises:
        NotFiniteError: It is not: the weights are of no use, whatever their scores.
    """
    if not math.isfinite(loss):
        raise NotFiniteError(
            f"the validation loss is {loss} after {place}", allowed="a finite loss", do=_DO
        )
