"""Muon: momentum, made orthogonal, for the weights of convolutions.

Gradients of a weight matrix are mostly of low rank: a few directions take nearly all of every
step, and the others hardly learn. Muon (Jordan et al., "Muon: An optimizer for hidden layers in
neural networks", 2024, https://kellerjordan.github.io/posts/muon/) replaces the momentum M by the
nearest matrix with orthonormal rows or columns, U V^T of M = U S V^T, in which every direction
counts the same. Five Newton-Schulz steps come near it without a decomposition:

    X <- a X + (b A + c A A) X,  A = X X^T,  from X = M / ||M||,
    a, b, c = 3.4445, -4.7750, 2.0315

A convolution's weight O,I,h,w is taken as the matrix O,(I h w). The result is scaled by
0.2 sqrt(max(rows, columns)), so that its root mean square is about AdamW's and AdamW's rates and
decays hold for both (Liu et al., "Muon is scalable for LLM training", 2025, section 2.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from roadfcn.training.optimizers.channels_last_optimizers import ChannelsLastAdamW

ORTHOGONAL = "orthogonal"
"""In a parameter group: whether its steps are made orthogonal; else they are AdamW's."""

_MOMENTUM = "momentum_buffer"
_STEPS = 5
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class Muon(ChannelsLastAdamW):
    """Muon for groups that are marked `ORTHOGONAL`, AdamW for the others.

    Args:
        groups: Parameter groups; see `split_groups`.
        momentum: Of the orthogonal groups, with Nesterov's look ahead.
        **adamw: Arguments of `torch.optim.AdamW`; `lr` and decoupled `weight_decay` hold for all.
    """

    def __init__(
        self,
        groups: Iterable[dict[str, Any]],
        *,
        momentum: float = 0.95,
        **adamw: Any,  # noqa: ANN401 - as AdamW has them
    ) -> None:
        super().__init__(groups, **adamw)
        for group in self.param_groups:
            group["momentum"] = momentum

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # noqa: ANN401 - a loss
        """Update all parameters that have gradients."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        set_aside = []
        for group in self.param_groups:
            if not group.get(ORTHOGONAL):
                continue
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, group)
                    # AdamW leaves alone what has no gradient.
                    set_aside.append((parameter, parameter.grad))
                    parameter.grad = None
        super().step()
        for parameter, gradient in set_aside:
            parameter.grad = gradient
        return loss

    def _update(self, parameter: nn.Parameter, group: dict[str, Any]) -> None:
        gradient, momentum = parameter.grad, group["momentum"]
        assert gradient is not None
        state = self.state[parameter]
        if _MOMENTUM not in state:
            state[_MOMENTUM] = torch.zeros_like(gradient)
            state["step"] = torch.zeros(())  # AdamW looks for it in every state that it loads
        state[_MOMENTUM].lerp_(gradient, 1 - momentum)
        ahead = gradient.lerp(state[_MOMENTUM], momentum)
        matrix = ahead.reshape(len(ahead), -1).float()
        direction = 0.2 * max(matrix.shape) ** 0.5 * orthogonalise(matrix)
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.sub_(group["lr"] * direction.view(parameter.shape).to(parameter.dtype))


def orthogonalise(matrix: Tensor) -> Tensor:
    """Bring all singular values of a matrix near 1 (0.7 to 1.2), its directions kept.

    Args:
        matrix: O,I float32. All zeros stay zeros.
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    result: Tensor = wide / (wide.norm() + 1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(_STEPS):
        square = result @ result.T
        polynomial = torch.addmm(square, square, square, beta=b, alpha=c)
        result = torch.addmm(result, polynomial, result, beta=a)
    return result if matrix.shape[0] <= matrix.shape[1] else result.T


def split_groups(model: nn.Module, groups: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mark the weights whose steps shall be orthogonal, in groups of their own.

    These are the convolutions inside the network. Its first (three input channels) and the scores'
    stay with AdamW, as the method's author has it for the first and last layers of any network,
    and so do upsamplings, whose start by bilinear interpolation is their worth.
    """
    inner = {
        id(parameter)
        for name, parameter in model.named_parameters()
        if parameter.ndim == 4 and parameter.shape[1] > 3 and "score" not in name
    }
    split = []
    for group in groups:
        marked = [one for one in group["params"] if id(one) in inner]
        others = [one for one in group["params"] if id(one) not in inner]
        name = group.get("name")
        for parameters, orthogonal in ((marked, True), (others, False)):
            if parameters:
                suffix = " (inner)" if orthogonal else ""
                renamed = {} if name is None else {"name": f"{name}{suffix}"}
                split.append({**group, **renamed, "params": parameters, ORTHOGONAL: orthogonal})
    return split
