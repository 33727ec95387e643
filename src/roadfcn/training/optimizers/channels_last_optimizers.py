"""PyTorch's optimizers, fast and right on CPUs where weights are channels-last.

PyTorch's fused kernels for CPUs (2.13) walk over the memory of a parameter, its gradient and its
state as if all were in the usual order O,I,h,w. Two things come of that:

- A gradient in another order is copied into the usual one, and the copy is never looked at. It
  takes several times as long as the update itself.
- Where the orders differ, numbers are joined that do not belong together.

A channels-last tensor O,I,h,w is a usual one if it is seen as O,h,w,I, and these optimizers make
nothing of shapes. So for the length of a step they are given such views, of tensors that are
brought into the order of their parameter first. Numbers, states and checkpoints stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class _InMemoryOrder(Optimizer):
    """The step of all; PyTorch's own class comes behind it.

    Only groups that are `fused` and only what lies on a CPU is touched, and of that only what is
    not in the usual order.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # noqa: ANN401 - a loss
        """Update all parameters that have gradients."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        given = [group["params"] for group in self.param_groups]
        try:
            for group, parameters in zip(self.param_groups, given, strict=True):
                if group["fused"]:
                    group["params"] = list(parameters)
                    for index, parameter in enumerate(parameters):
                        group["params"][index] = self._in_order(parameter)
            super().step()
        finally:
            for group, parameters in zip(self.param_groups, given, strict=True):
                for parameter, seen in zip(parameters, group["params"], strict=True):
                    self._take_back(parameter, seen)
                group["params"] = parameters
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state; see `torch.optim.Optimizer.load_state_dict`.

        Raises:
            ValueError: It belongs to parameters of other shapes. The fused kernels would write
                past the end of such a state.
        """
        super().load_state_dict(state_dict)
        for parameter, state in self.state.items():
            for name, value in state.items():
                if isinstance(value, Tensor) and name != "step" and value.shape != parameter.shape:
                    raise ValueError(
                        f"the optimizer's {name} has the shape {tuple(value.shape)}, its "
                        f"parameter {tuple(parameter.shape)}"
                    )

    def _in_order(self, parameter: Tensor) -> Tensor:
        """Give the parameter, or a view of it in the usual order with gradient and state."""
        gradient = parameter.grad
        if gradient is None or gradient.layout != torch.strided or parameter.device.type != "cpu":
            return parameter
        state = self.state.get(parameter, {})
        usual = parameter.is_contiguous()
        if usual and all(one.is_contiguous() for one in (gradient, *_tensors(state).values())):
            return parameter
        if not usual and not parameter.is_contiguous(memory_format=torch.channels_last):
            return parameter

        def seen(tensor: Tensor) -> Tensor:
            return (tensor if usual else tensor.permute(0, 2, 3, 1)).contiguous()

        view = seen(parameter.detach())
        view.grad = seen(gradient)
        if state:
            whole = {name: seen(one) for name, one in _tensors(state).items()}
            self.state[view] = {**state, **whole}
        return view

    def _take_back(self, parameter: Tensor, seen: Tensor) -> None:
        """Give the parameter the state of the view, in its own shape."""
        state = {} if seen is parameter else self.state.pop(seen, {})
        if not state:
            return
        if parameter.is_contiguous():
            self.state[parameter] = state
        else:
            own = {name: one.permute(0, 3, 1, 2) for name, one in _tensors(state).items()}
            self.state[parameter] = {**state, **own}


def _tensors(state: dict[str, Any]) -> dict[str, Tensor]:
    """Give what has the parameter's shape: not the number of its steps, and nothing missing."""
    return {name: one for name, one in state.items() if isinstance(one, Tensor) and one.ndim}


class ChannelsLastAdam(_InMemoryOrder, torch.optim.Adam):
    """`torch.optim.Adam`; arguments, numbers and state are the same."""


class ChannelsLastAdamW(_InMemoryOrder, torch.optim.AdamW):
    """`torch.optim.AdamW`; arguments, numbers and state are the same."""


class ChannelsLastSGD(_InMemoryOrder, torch.optim.SGD):
    """`torch.optim.SGD`; arguments, numbers and state are the same."""
