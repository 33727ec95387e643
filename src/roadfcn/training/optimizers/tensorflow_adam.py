"""Adam as TensorFlow computes it, for runs that are to repeat a TensorFlow program's.

Kingma and Ba (ICLR 2015) give two forms, alike but for where epsilon stands. With m and v the
running means of the gradient and its square, t the number of the update and a the rate:

    PyTorch, algorithm 1:      a / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps)
    TensorFlow, section 2.1:   a * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps)

so that TensorFlow's first epsilon is 1 / sqrt(1 - b2) = 32 times as large for b2 = 0.999. That
matters where gradients are not far above epsilon, as those of a loss that is a mean over many
pixels are in deep layers: a gradient of 1e-7 moves its weight by 9 tenths of the rate in PyTorch
and by a quarter in TensorFlow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from roadfcn.training.optimizers.channels_last_optimizers import ChannelsLastAdam

_UPDATES = "updates"
"""In a parameter group, and so in saved states: how many updates it has had."""


class TensorFlowAdam(ChannelsLastAdam):
    """`torch.optim.Adam` with TensorFlow's epsilon; arguments, state and decay (L2) are the same.

    Both forms are one if PyTorch's epsilon is eps / sqrt(1 - b2^t) at the t-th update.
    """

    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # noqa: ANN401 - a loss
        """Update all parameters that have gradients."""
        given = [group["eps"] for group in self.param_groups]
        try:
            for group in self.param_groups:
                group[_UPDATES] = group.get(_UPDATES, 0) + 1
                group["eps"] /= math.sqrt(1 - group["betas"][1] ** group[_UPDATES])
            return super().step(closure)
        finally:
            for group, eps in zip(self.param_groups, given, strict=True):
                group["eps"] = eps
