"""One progress bar for every long command.

Library functions take a `progress` callback, (done, total) after each item; this module turns it
into a bar on standard error, so that standard output stays readable by scripts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

_BAR_WIDTH = 16  # characters; leaves room for what training has to say in 80 columns


class Progress(Protocol):
    """What a library function calls after each item; a description replaces the bar's."""

    def __call__(self, done: int, total: int, description: str | None = None) -> None:
        """Show that `done` of `total` are done."""


@contextlib.contextmanager
def progress_bar(description: str) -> Iterator[Progress]:
    """Show a bar with count, speed and time left; plain text where there is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress

    bar = RichProgress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=_BAR_WIDTH),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task(description, total=None)

        def show(done: int, total: int, description: str | None = None) -> None:
            bar.update(task, completed=done, total=total, description=description)

        yield show
