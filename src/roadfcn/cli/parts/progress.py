"""One progress bar for every long command.

Library functions take a `progress` callback, (done, total) after each item; this module turns it
into a bar on standard error, so that standard output stays readable by scripts.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Protocol

_BAR_WIDTH = 16  # characters; leaves room for what training has to say in 80 columns
_LINE_EVERY_S = 20.0  # where there is no terminal: often enough to see life in a log file


class Progress(Protocol):
    """What a library function calls after each item; a description replaces the bar's."""

    def __call__(self, done: int, total: int | None, description: str | None = None) -> None:
        """Show that `done` of `total` are done; None if nobody knows how many there are."""


class ByteProgress(Protocol):
    """What a library function calls as bytes come."""

    def __call__(self, done: int, total: int | None) -> None:
        """Show that `done` bytes of `total` are here; None if nobody knows how many."""


@contextlib.contextmanager
def progress_bar(description: str, *, rate: bool = False) -> Iterator[Progress]:
    """Show a bar with count, time taken and time left; plain lines where there is no terminal.

    Args:
        description: Stands before the bar.
        rate: Say after it how many are done a second.
    """
    if not sys.stderr.isatty():
        yield _Lines(description, _Rate() if rate else None)
        return
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
    beginning = description
    with bar:
        task = bar.add_task(description, total=None)

        speed = _Rate() if rate else None

        def show(done: int, total: int | None, description: str | None = None) -> None:
            if speed is not None:
                description = f"{description or beginning}{speed.after(done)}"
            bar.update(task, completed=done, total=total, description=description)

        yield show


@contextlib.contextmanager
def byte_progress_bar(description: str) -> Iterator[ByteProgress]:
    """Show a bar in MB with its speed once bytes come; plain lines where there is no terminal."""
    if not sys.stderr.isatty():
        yield _ByteLines(description)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as RichProgress

    bar = RichProgress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=_BAR_WIDTH),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task(description, total=None, visible=False)

        def show(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield show


class _ByteLines:
    """A line now and then, and one at the end."""

    def __init__(self, description: str) -> None:
        self._description = description
        self._began = self._last = time.monotonic()
        self._first: int | None = None

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        self._first = done if self._first is None else self._first  # a resumed file has some
        if done != total and now - self._last < _LINE_EVERY_S:
            return
        self._last = now
        speed = (done - self._first) / max(now - self._began, 1e-3) / 1e6
        all_of_it = "" if total is None else f" of {total / 1e6:.1f}"
        print(
            f"{self._description} {done / 1e6:.1f}{all_of_it} MB, {speed:.1f} MB/s",
            file=sys.stderr,
            flush=True,
        )


class _Lines:
    """A line now and then, and one at the end."""

    def __init__(self, description: str, rate: _Rate | None) -> None:
        self._description, self._rate = description, rate
        self._last = time.monotonic()
        self._left = _Left()

    def __call__(self, done: int, total: int | None, description: str | None = None) -> None:
        speed = "" if self._rate is None else self._rate.after(done)
        now = time.monotonic()
        left = self._left.after(done, total, now)
        if done != total and now - self._last < _LINE_EVERY_S:
            return
        self._last = now
        count = done if total is None else f"{done}/{total}"
        text = f"{description or self._description}{speed} {count}{left}"
        print(text, file=sys.stderr, flush=True)


class _Left:
    """How long the rest takes, if it goes on as since the first call of this piece of work."""

    def __init__(self) -> None:
        self._done = self._total = 0
        self._began: tuple[float, int] | None = None

    def after(self, done: int, total: int | None, now: float) -> str:
        """Say it in words; nothing at the end, or while nothing can be said."""
        if self._began is None or total != self._total or done < self._done:
            # What a resumed run had done before took no time now.
            self._began = now, done
        self._done, self._total = done, total or 0
        since, first = self._began
        if total is None or done >= total or done == first or now <= since:
            return ""
        seconds = (total - done) * (now - since) / (done - first)
        return f", about {_in_words(seconds)} left"


def _in_words(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


class _Rate:
    """How many are done a second, all from the bar's beginning: as a command sums up at its end."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def after(self, done: int) -> str:
        """Say it in words; nothing before the first is done."""
        return f", {done / max(time.monotonic() - self._began, 1e-3):.3g}/s" if done else ""
