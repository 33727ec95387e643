"""How much memory a training step takes, found out without taking it.

A step is gone through with tensors that have a shape and no content, so the same operators run
in the same order, and what is alive at each moment is summed up. What convolutions set aside for
themselves no tensor shows; that part is a rule of thumb (docs/experiments.md has the figures).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

Size = tuple[int, int]
Loss = Callable[[Any, Tensor], Tensor]

_STATES = {"adamw": 2, "adam": 2, "tensorflow-adam": 2, "sgd": 1, "muon": 1}
"""Numbers that an optimizer keeps for each trained weight: moments or momentum."""

# Measured with oneDNN on a processor: kernels and their code; a share of the activations; and the
# largest weight twice more, in the layouts that forward and backward pass want.
_KERNELS_BYTES = 32 * 2**20
_SCRATCH_SHARE = 0.2
_WEIGHT_COPIES = 2

_DTYPES = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}


@dataclass(frozen=True)
class StepMemory:
    """Bytes that a process needs on its device while it trains.

    Args:
        weights: Parameters and buffers, the optimizer's numbers for them, and what processes
            exchange gradients through.
        step: Frames, activations and gradients at the fullest moment.
        scratch: What operators set aside while they run.
    """

    weights: int
    step: int
    scratch: int

    @property
    def total(self) -> int:
        """All together."""
        return self.weights + self.step + self.scratch


def step_memory(
    model: nn.Module,
    loss: Loss,
    *,
    batch_size: int,
    size: Size,
    precision: str,
    optimizer: str,
    processes: int = 1,
) -> StepMemory:
    """Find out what training takes: forward, backward, and the optimizer's part.

    Args:
        model: N,3,H,W to logits; left as it is, random state too.
        loss: (what the model gives, target N,H,W int64) to a scalar.
        batch_size: Frames of a batch.
        size: Their (height, width), as the network sees them.
        precision: Lightning's name for it.
        optimizer: A recipe's name for it.
        processes: More than one hold gradients a second time, for the exchange.
    """
    dtype = torch.float64 if precision == "64-true" else torch.float32
    with FakeTensorMode(allow_non_fake_inputs=True):
        tensors = _stand_ins(model, dtype)
        trained = sum(t.nbytes for t in tensors.values() if t.requires_grad)
        alive = _Alive(tensors.values())
        start = alive.now
        with alive:
            images = _images(batch_size, size, dtype)
            with _autocast(precision):
                logits = functional_call(model, tensors, (images,))
            found = loss(logits, torch.zeros((batch_size, *size), dtype=torch.int64))
            # The gradients of the step before live until the backward pass begins.
            forward = alive.now + trained
            found.backward()  # type: ignore[no-untyped-call]
    weights = start + trained * (_STATES[optimizer] + (processes > 1))
    step = max(forward, alive.peak) - start
    return StepMemory(weights, step, _scratch(tensors, step))


def prediction_memory(model: nn.Module, *, size: Size, precision: str, batch_size: int = 1) -> int:
    """Find out what the forward pass of frames of `size` takes beside the weights, in bytes."""
    dtype = torch.float64 if precision == "64-true" else torch.float32
    with FakeTensorMode(), torch.no_grad(), _predicting(model):
        tensors = _stand_ins(model, dtype)
        alive = _Alive(tensors.values())
        start = alive.now
        with alive, _autocast(precision):
            functional_call(model, tensors, (_images(batch_size, size, dtype),))
    step = alive.peak - start
    return step + _scratch(tensors, step)


@contextmanager
def _predicting(model: nn.Module) -> Iterator[None]:
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


def _scratch(tensors: dict[str, Tensor], step: int) -> int:
    largest = max(tensor.nbytes for tensor in tensors.values())
    return _KERNELS_BYTES + int(_SCRATCH_SHARE * step) + _WEIGHT_COPIES * largest


def _stand_ins(model: nn.Module, dtype: torch.dtype) -> dict[str, Tensor]:
    tensors = {}
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        empty = torch.empty_strided(
            tensor.shape,
            tensor.stride(),
            dtype=dtype if tensor.is_floating_point() else tensor.dtype,
        )
        tensors[name] = empty.requires_grad_(tensor.requires_grad)
    return tensors


def _images(batch_size: int, size: Size, dtype: torch.dtype) -> Tensor:
    images = torch.zeros((batch_size, 3, *size), dtype=dtype)
    return images.contiguous(memory_format=torch.channels_last)


def _autocast(precision: str) -> torch.autocast:
    # Of the processor also for other devices: what is kept has the same types there.
    return torch.autocast("cpu", _DTYPES.get(precision), enabled=precision in _DTYPES)


class _Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of all storages that operators make, until they are given back."""

    def __init__(self, tensors: Any) -> None:  # noqa: ANN401 - any collection
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._known: set[int] = set()
        for tensor in tensors:
            self._count(tensor)

    def _count(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key not in self._known:
            self._known.add(key)
            self.now += size
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size

    def __torch_dispatch__(
        self,
        operator: Callable[..., Any],
        types: Any,  # noqa: ANN401 - torch's own
        args: Any = (),  # noqa: ANN401
        kwargs: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Run an operator and count what it gives."""
        del types
        results = operator(*args, **(kwargs or {}))
        for result in tree_leaves(results):
            if isinstance(result, Tensor):
                self._count(result)
        return results
