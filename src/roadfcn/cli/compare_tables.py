"""What `roadfcn compare` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadfcn.cli.table_parts import UNDEFINED, counted, number_table, percent

if TYPE_CHECKING:
    from rich.console import Console


def show_comparison(comparison: dict[str, Any], console: Console | None = None) -> None:
    """Print runs side by side, a table for each run that is compared with the first.

    Args:
        comparison: As `evaluation.comparison` lays it out.
        console: Where to print; standard output if None.
    """
    from rich.console import Console
    from rich.markup import escape

    from roadfcn.evaluation.comparison import CHANCE, score_name

    console = console or Console(highlight=False)
    first, *others = comparison["runs"]
    where = " ".join(filter(None, (comparison["dataset"], comparison["split"])))
    console.print(
        f"\n{counted(comparison['images'], 'picture')}{f' of {where}' if where else ''}; "
        f"first: [bold]{escape(first['name'])}[/bold]\n",
        soft_wrap=True,
    )
    for index, run in enumerate(others):
        title = f"{escape(run['name'])} against it, in %"
        table = number_table(title, "score", "first", "this", "change", "95 % interval", "p")
        for entry in comparison["scores"]:
            found = entry["differences"][index]
            values = entry["runs"][0]["value"], entry["runs"][index + 1]["value"]
            ends = found["low"], found["high"]
            table.add_row(
                escape(score_name(entry, comparison["dataset"])),
                *map(percent, values),
                points(found["value"]),
                "" if None in ends else f"{points(ends[0])} to {points(ends[1])}",
                UNDEFINED if found["p_value"] is None else f"{found['p_value']:.3f}",
                style="bold" if (found["p_value"] or 1) < CHANCE else None,
            )
        console.print(table)
    console.print(
        f"Bold: p below {CHANCE}. The interval and p say how far other "
        f"{comparison['drawn']} would change the difference ({comparison['draws']} draws of "
        f"{comparison['of']}), not how far another training run would.",
        soft_wrap=True,
    )


def points(difference: float | None) -> str:
    """Write a difference of two fractions in points, with its sign."""
    if difference is None:
        return UNDEFINED
    text = f"{100 * difference:+.2f}"
    return text.lstrip("+-") if float(text) == 0 else text
