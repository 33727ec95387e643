"""Times, memory and peak of the device that networks run on: a GPU by its own events."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import torch

REPEATS = 10
_WARM_UP = 4
"""Calls for nothing: a CUDA graph of PyTorch's compiler is recorded in the second one."""


class DeviceClock:
    """Times work on one device.

    Args:
        device: A CUDA device, timed by its events; any other by the wall's clock.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._is_cuda = device.type == "cuda"

    def seconds(
        self, run: Callable[[Any], object], inputs: Sequence[Any], budget: float
    ) -> list[float]:
        """Time calls of `run`, which take turns with all inputs: seconds of one, `REPEATS` times.

        Args:
            run: What to call. What it gives is dropped.
            inputs: Two at least, so that no call finds its own input in a cache.
            budget: Seconds for all repeats; each repeat calls once with every input at least.
        """
        for turn in range(_WARM_UP):
            run(inputs[turn % len(inputs)])
        one = self._time(run, inputs, len(inputs))
        calls = len(inputs) * max(1, round(budget / REPEATS / max(one, 1e-6) / len(inputs)))
        return [self._time(run, inputs, calls) for _ in range(REPEATS)]

    def _time(self, run: Callable[[Any], object], inputs: Sequence[Any], calls: int) -> float:
        if not self._is_cuda:
            begin = time.perf_counter()
            for turn in range(calls):
                run(inputs[turn % len(inputs)])
            return (time.perf_counter() - begin) / calls
        torch.cuda.synchronize(self.device)
        # torch declares no types of its events.
        first: Any = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        last: Any = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        first.record()
        for turn in range(calls):
            run(inputs[turn % len(inputs)])
        last.record()
        last.synchronize()
        return float(first.elapsed_time(last)) / 1000 / calls

    def peak(self, side: int, budget: float) -> float:
        """Give the operations a second of a bfloat16 matrix product of random numbers."""
        made = torch.Generator(self.device).manual_seed(0)
        factors = [
            torch.randn(2, side, side, generator=made, device=self.device).bfloat16()
            for _ in range(2)
        ]
        found = self.seconds(lambda pair: torch.mm(pair[0], pair[1]), factors, budget)
        return 2 * side**3 / median(found)

    def forget(self) -> None:
        """Give back what nobody holds any more, and count the most memory from here on."""
        gc.collect()
        if self._is_cuda:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)

    def memory(self) -> int | None:
        """Give the bytes that were in use at most since `forget`; None where it is not counted."""
        return torch.cuda.max_memory_allocated(self.device) if self._is_cuda else None
