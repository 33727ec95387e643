"""Ctrl-C and a request to end: the run stops between two steps, saved, and says how it goes on.

Lightning makes of a Ctrl-C an exit from the program with code 1 and leaves the process deaf to the
next one, and it ends a run on SIGTERM without saving. So this package hears signals itself, from
the first line of `train` to its last.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import torch

from roadfcn.training.processes.collectives import gathered, process_count, summed
from roadfcn.training.run_folder import LAST_CHECKPOINT

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR1") if hasattr(signal, name)
)
"""Ctrl-C, the request to end, and the one that clusters send when a job's time runs out."""


class StopAsked(BaseException):
    """Leaves Lightning's loops: they would take a `KeyboardInterrupt` for an exit.

    Args:
        signal_number: What asked for it.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number


class TrainingInterrupted(KeyboardInterrupt):
    """A signal ended a run, which can go on: nothing is lost if it was let finish its step.

    Args:
        run: The run folder; None if there was none yet, and so nothing to go on with.
        signal_number: SIGINT (Ctrl-C), SIGTERM or SIGUSR1.
        place: Where the run was saved, such as "epoch 3, step 120 of 200"; empty if it was not.
        tells: Whether this process is the one that speaks for all of the run.
    """

    def __init__(
        self,
        run: Path | None,
        signal_number: int = signal.SIGINT,
        place: str = "",
        *,
        tells: bool = True,
    ) -> None:
        super().__init__(
            "the run was interrupted before it had a folder"
            if run is None
            else f"the run {run} was interrupted"
        )
        self.run, self.signal_number = run, int(signal_number)
        self.place, self.tells = place, tells

    @property
    def has_saved(self) -> bool:
        """Whether the run, this time or before, left a checkpoint to go on from."""
        return self.run is not None and (self.run / LAST_CHECKPOINT).exists()


class Interruption:
    """Hears signals: at once where nothing is lost, else when the step at hand is done.

    Args:
        told: Called when a signal came and the run is going to stop soon.
    """

    def __init__(self, told: Callable[[], None] | None = None) -> None:
        self.run: Path | None = None
        """The run folder, once there is one."""
        self.place = ""
        self._told = told
        self._asked = 0
        self._waits = False
        self._process = os.getpid()

    def listen(self, *, between_steps: bool) -> None:
        """Hear signals from now on; `between_steps` makes them wait for `check`.

        What is ignored stays so: programs in the background do not hear Ctrl-C.
        """
        self._waits = between_steps
        if threading.current_thread() is threading.main_thread():  # others may not
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    signal.signal(number, self._hear)

    def check(self, device: torch.device) -> int:
        """Give the signal that asked any process to stop, or 0; each process must ask."""
        if process_count() == 1:
            return self._asked
        if not summed(torch.tensor(self._asked, device=device)):
            return 0
        return max(gathered(self._asked))

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del frame
        if os.getpid() != self._process:
            return  # forked from the one that trains, which ends it
        # Also if it is raised: where that falls into a destructor, Python drops it, and the next
        # step must not begin.
        self._asked = number
        for other in _SIGNALS:  # a second one ends the process at once
            if signal.getsignal(other) is not signal.SIG_IGN:
                signal.signal(other, signal.SIG_DFL)
        if not self._waits:
            raise StopAsked(number)
        if self._told is not None:
            self._told()


@contextlib.contextmanager
def interruptible(interruption: Interruption, *, tells: bool = True) -> Iterator[None]:
    """Hear signals while a run is going on, and name the run when one has ended it.

    Args:
        interruption: Hears them, and knows the run folder as soon as there is one.
        tells: Whether this process is the one that speaks for all of the run.

    Raises:
        TrainingInterrupted: A signal came.
    """
    try:
        with _former_handlers_afterwards():
            interruption.listen(between_steps=False)
            yield
    except StopAsked as stop:
        raise TrainingInterrupted(
            _known(interruption.run), stop.signal_number, interruption.place, tells=tells
        ) from None
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and not isinstance(end.__context__, KeyboardInterrupt):
            raise
        raise TrainingInterrupted(_known(interruption.run), tells=tells) from None


def _known(run: Path | None) -> Path | None:
    """Give the run folder; None if its preparation was broken off, which takes it away again."""
    return run if run is not None and run.exists() else None


@contextlib.contextmanager
def _former_handlers_afterwards() -> Iterator[None]:
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            if in_main_thread and handler is not None:  # None is a handler not of Python
                signal.signal(number, handler)
