"""How a training run looks in a terminal: one bar after another, with loss, score and time left."""

from __future__ import annotations

import contextlib
import math
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from roadfcn.cli.parts.progress import ByteProgress, Progress, byte_progress_bar, progress_bar

if TYPE_CHECKING:
    from roadfcn.training.processes.interruption import TrainingInterrupted
    from roadfcn.training.reporting.callbacks import TrainingProgress
    from roadfcn.training.runs.listeners import Listeners


@contextlib.contextmanager
def training_display() -> Iterator[Listeners]:
    """Give listeners for `train` that draw a bar for reading, training and scoring in turn.

    After a signal it tells how the run can go on, and ends the program with the code that shells
    give to that signal.
    """
    from roadfcn.training.processes.interruption import TrainingInterrupted

    try:
        with _bars() as listeners:
            yield listeners
    except TrainingInterrupted as interruption:
        if interruption.tells:
            _tell_how_to_go_on(interruption)
        raise SystemExit(128 + interruption.signal_number) from None


def _tell_how_to_go_on(interruption: TrainingInterrupted) -> None:
    if interruption.place:
        state, way = f", saved at {interruption.place}", "go on"
    elif interruption.has_saved:
        state, way = ", what was saved is whole", "go on"
    else:
        state, way = " before anything was saved", "begin again"
    command = (
        "with the same command"
        if interruption.run is None
        else f"roadfcn train --resume {shlex.quote(str(interruption.run))}"
    )
    name = signal.Signals(interruption.signal_number).name
    print(f"roadfcn: interrupted by {name}{state}\n  {way}: {command}", file=sys.stderr)


def _tell_of_stopping() -> None:
    """Answer a signal, from within its handler: by a bare write, as others may be under way."""
    os.write(
        sys.__stderr__.fileno() if sys.__stderr__ is not None else 2,
        b"\nroadfcn: saving after this step, then stopping; a second signal ends it at once\n",
    )


@contextlib.contextmanager
def _bars() -> Iterator[Listeners]:
    from roadfcn.training.runs.listeners import Listeners

    with contextlib.ExitStack() as stack:
        bars = _Bars(stack)
        yield Listeners(
            fetching=lambda done, total: bars.of_bytes("fetching weights")(done, total),
            reading=lambda done, total: bars.of_counts("reading frames")(done, total),
            weights=lambda start: print(f"weights: {start}", file=sys.stderr),
            teacher=lambda teacher: print(
                f"teacher: {teacher['source']} ({teacher['parameters'] / 1e6:.1f} M parameters)",
                file=sys.stderr,
            ),
            memory=lambda need: print(f"memory: {need}", file=sys.stderr),
            features=lambda stores: print(f"encoder features: {stores}", file=sys.stderr),
            encoding=lambda done, total: bars.of_counts("running the encoder")(done, total),
            warning=lambda text: print(f"warning: {text}", file=sys.stderr),
            starting=lambda run: print(f"run: {run}", file=sys.stderr),
            training=lambda report: bars.of_counts("training")(
                report.step, report.steps, _describe(report)
            ),
            scoring=lambda done, total: bars.of_counts("scoring")(done, total),
            stopping=_tell_of_stopping,
        )


class _Bars:
    """Progress bars of which one is shown at a time: it opens when first told something."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack, self._shown = stack, ""
        self._counts: Progress | None = None
        self._bytes: ByteProgress | None = None

    def of_counts(self, name: str) -> Progress:
        """Give the bar called `name`; the one before it is closed."""
        if self._shown != name or self._counts is None:
            self._close(name)
            self._counts = self._stack.enter_context(progress_bar(name))
        return self._counts

    def of_bytes(self, name: str) -> ByteProgress:
        """Give the same for bytes."""
        if self._shown != name or self._bytes is None:
            self._close(name)
            self._bytes = self._stack.enter_context(byte_progress_bar(name))
        return self._bytes

    def _close(self, following: str) -> None:
        self._stack.close()
        self._shown, self._counts, self._bytes = following, None, None


def _describe(report: TrainingProgress) -> str:
    text = f"epoch {report.epoch}/{report.epochs} loss {report.loss:.3f}"
    return text if math.isnan(report.iou) else f"{text} val IoU {report.iou:.3f}"
