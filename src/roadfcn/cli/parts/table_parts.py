"""What the tables of all commands share: their look, and how numbers and classes are written.

Numbers are written as on a report's page, but in characters that every terminal has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from roadfcn.evaluation.report import numbers

if TYPE_CHECKING:
    from rich.table import Table

UNDEFINED = "-"
"""Stands for a number that is 0/0."""
_PLAIN = str.maketrans({numbers.UNDEFINED: UNDEFINED, numbers.MINUS: "-"})


def text_table(title: str, *columns: str) -> Table:
    """Start a table of words, aligned at the left; those of the first column, names, stay whole."""
    table = _titled(title)
    for place, column in enumerate(columns):
        table.add_column(column, no_wrap=place == 0, overflow="fold")
    return table


def number_table(title: str, first: str, *columns: str) -> Table:
    """Start a table of numbers: names in the first column, the rest aligned at the right."""
    table = _titled(title)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def percent(share: float | None) -> str:
    """Write a share of 0..1 in percent, None as `UNDEFINED`."""
    return numbers.percent(share).translate(_PLAIN)


def points(difference: float | None) -> str:
    """Write a difference of two shares in points, with its sign."""
    return numbers.points(difference).translate(_PLAIN)


def span(ends: Sequence[float] | None) -> str:
    """Write an interval of shares in percent, None as `UNDEFINED`."""
    return numbers.span(ends).translate(_PLAIN)


def counted(count: int, noun: str) -> str:
    """Write a count with its noun, which takes a plain s: "1 core", "2 cores"."""
    return numbers.counted(count, noun)


def class_name(name: str, colour: tuple[int, int, int] | None) -> str:
    """Write a class with a mark in its R, G, B colour, as Rich markup."""
    from rich.markup import escape

    return escape(name) if colour is None else "[rgb({},{},{})]■[/] ".format(*colour) + escape(name)


def _titled(title: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
