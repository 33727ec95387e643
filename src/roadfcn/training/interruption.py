"""Ctrl-C in a training run: Python's own exception, with the run that can go on later."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from roadfcn.training.callbacks import LAST_CHECKPOINT


class TrainingInterrupted(KeyboardInterrupt):
    """Someone pressed Ctrl-C while a run was going on.

    Args:
        run: The run folder.
    """

    def __init__(self, run: Path) -> None:
        super().__init__(f"the run {run} was interrupted")
        self.run = run

    @property
    def can_resume(self) -> bool:
        """Whether an epoch was finished, after which the run can go on."""
        return (self.run / LAST_CHECKPOINT).is_file()


@contextlib.contextmanager
def interruptible(run: Path) -> Iterator[None]:
    """Name the run in a `KeyboardInterrupt` from inside.

    Lightning makes of a Ctrl-C an exit from the program with code 1, and leaves the process deaf
    to the next one; a library must not do either.

    Raises:
        TrainingInterrupted: Ctrl-C was pressed.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and not isinstance(end.__context__, KeyboardInterrupt):
            raise
        raise TrainingInterrupted(run) from None
    finally:
        # Other threads may not set it, nor could Lightning there; None is a handler not of Python.
        if in_main_thread and handler is not None:
            signal.signal(signal.SIGINT, handler)
