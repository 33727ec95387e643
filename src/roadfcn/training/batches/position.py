"""Where a run is, in Lightning's counters, and how they are left in a checkpoint.

Lightning counts what is ready, started, processed and completed, and guesses from the differences
at which of its hooks a checkpoint was saved. This package saves at two places only: at the end of
an epoch, and before a step. Settled counters say just that: so much is done, nothing is under way.
"""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.loops.progress import _ProcessedTracker


def position(trainer: Trainer) -> tuple[int, int]:
    """Give (finished epochs, batches done of the epoch at hand)."""
    epochs = trainer.fit_loop.epoch_progress.current
    assert isinstance(epochs, _ProcessedTracker)
    if epochs.ready == epochs.processed:
        return epochs.processed, 0
    return epochs.processed, trainer.fit_loop.epoch_loop.batch_progress.current.completed


def settle(fit_loop: dict[str, Any]) -> None:
    """Settle the counters in a checkpoint's state of the fit loop."""
    epochs, batches = fit_loop["epoch_progress"], fit_loop["epoch_loop.batch_progress"]
    for span in ("total", "current"):
        if epochs[span]["ready"] == epochs[span]["processed"]:
            epochs[span]["completed"] = epochs[span]["processed"]
        batches[span] |= dict.fromkeys(
            ("ready", "started", "processed"), batches[span]["completed"]
        )
    batches["is_last_batch"] = False
