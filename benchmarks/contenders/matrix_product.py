"""The matrix product whose speed is the measure of what a processor can do."""

from __future__ import annotations

import time

SETTLE = 0.3
"""Seconds until the threads of who worked before sleep."""

_SIDE = 2048


class MatrixProduct:
    """A large product in PyTorch, to be asked in a `Worker`."""

    def peak(self, precision: str, budget: float) -> float:
        """Give the operations a second, the best of all tries in so many seconds.

        Args:
            precision: "float32" or "bfloat16".
            budget: Seconds; one try at least.
        """
        import torch

        time.sleep(SETTLE)
        factors = torch.randn(2, _SIDE, _SIDE).to(getattr(torch, precision))
        best, end = 0.0, time.perf_counter() + budget
        torch.mm(*factors)
        while not best or time.perf_counter() < end:
            begin = time.perf_counter()
            torch.mm(*factors)
            best = max(best, 2 * _SIDE**3 / (time.perf_counter() - begin))
        return best
