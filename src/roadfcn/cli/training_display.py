"""How a training run looks in a terminal: one bar after another, with loss, score and time left."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from roadfcn.cli.progress import progress_bar

if TYPE_CHECKING:
    from roadfcn.training.callbacks import TrainingProgress
    from roadfcn.training.interruption import TrainingInterrupted
    from roadfcn.training.run import Listeners


@contextlib.contextmanager
def training_display() -> Iterator[Listeners]:
    """Give listeners for `train` that draw a bar for reading, training and scoring in turn.

    After Ctrl-C it tells how the run can go on; the command line then ends with code 130.
    """
    from roadfcn.training.interruption import TrainingInterrupted

    try:
        with _bars() as listeners:
            yield listeners
    except TrainingInterrupted as interruption:
        _tell_how_to_go_on(interruption)
        raise


def _tell_how_to_go_on(interruption: TrainingInterrupted) -> None:
    run = interruption.run
    if interruption.can_resume:
        way = f"go on after the last finished epoch: roadfcn train --resume {run}"
    else:
        way = f"no epoch was finished, so {run} cannot be resumed: start again"
    print(f"roadfcn: interrupted\n  {way}", file=sys.stderr)


@contextlib.contextmanager
def _bars() -> Iterator[Listeners]:
    from roadfcn.training.run import Listeners

    with contextlib.ExitStack() as bars:
        shown: dict[str, object] = {}

        def bar(name: str) -> _Bar:
            if name not in shown:
                bars.close()  # the bar before this one is done
                shown.clear()
                shown[name] = _Bar(bars, name)
            made = shown[name]
            assert isinstance(made, _Bar)
            return made

        yield Listeners(
            reading=lambda done, total: bar("reading frames").show(done, total),
            training=lambda report: bar("training").show(
                report.step, report.steps, _describe(report)
            ),
            scoring=lambda done, total: bar("scoring").show(done, total),
        )


class _Bar:
    """A progress bar that opens when first shown."""

    def __init__(self, bars: contextlib.ExitStack, name: str) -> None:
        self._show = bars.enter_context(progress_bar(name))

    def show(self, done: int, total: int, description: str | None = None) -> None:
        self._show(done, total, description)


def _describe(report: TrainingProgress) -> str:
    text = f"epoch {report.epoch}/{report.epochs} loss {report.loss:.3f}"
    return text if math.isnan(report.iou) else f"{text} val IoU {report.iou:.3f}"
