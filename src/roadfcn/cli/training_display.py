"""How a training run looks in a terminal: one bar after another, with loss, score and time left."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from roadfcn.cli.progress import progress_bar

if TYPE_CHECKING:
    from roadfcn.training.callbacks import TrainingProgress
    from roadfcn.training.run import Listeners


@contextlib.contextmanager
def training_display() -> Iterator[Listeners]:
    """Give listeners for `train` that draw a bar for reading, training and scoring in turn."""
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
