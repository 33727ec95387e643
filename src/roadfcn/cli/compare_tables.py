"""What `roadfcn compare` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadfcn.cli.table_parts import UNDEFINED, counted, number_table, percent, points

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

    from roadfcn.evaluation.comparison_words import (
        not_compared,
        score_name,
        scored_on,
        shown_scores,
        verdict,
    )

    console = console or Console(highlight=False)
    first, *others = comparison["runs"]
    where = scored_on(comparison)
    console.print(
        f"\n{counted(comparison['images'], 'picture')}{f' of {where}' if where else ''}; "
        f"first: [bold]{escape(first['name'])}[/bold]\n",
        soft_wrap=True,
    )
    for index, run in enumerate(others):
        title = f"{escape(run['name'])} against it, in %"
        table = number_table(title, "score", "first", "this", "change", "95 % interval", "p")
        table.columns[0].no_wrap = False  # on a narrow terminal names are broken, not numbers
        for entry in shown_scores(comparison, index):
            found = entry["differences"][index]
            values = entry["runs"][0]["value"], entry["runs"][index + 1]["value"]
            ends = found["low"], found["high"]
            table.add_row(
                escape(score_name(entry, comparison)),
                *map(percent, values),
                points(found["value"]),
                "" if None in ends else f"{points(ends[0])} to {points(ends[1])}",
                UNDEFINED if found["p_value"] is None else f"{found['p_value']:.3f}",
                style="bold" if verdict(entry, index) else None,
            )
        console.print(table)
    for text in (_explained(comparison), not_compared(comparison)):
        if text:
            console.print(text, soft_wrap=True, markup=False)


def _explained(comparison: dict[str, Any]) -> str:
    """Say what the intervals and p speak of, and how many of them there are."""
    from roadfcn.evaluation.comparison_words import CHANCE, count_differences, lower_is_better

    drawn, single = comparison["drawn"], comparison["single_drive"]
    tests = count_differences(comparison)
    lower = " Of calibration errors lower is better."
    if comparison["of"] < 2:
        return f"Intervals and p are not known: there are not two {drawn} to draw from."
    return (
        f"Bold: p below {CHANCE}. Of {tests} differences about {max(1, round(CHANCE * tests))} "
        "would be so by chance, if the models were equally good."
        + (lower if any(map(lower_is_better, comparison["scores"])) else "")
        + "\n"
        f"The interval and p say how far other {drawn} would change a difference "
        f"({comparison['draws']} draws of {comparison['of']}), not how far another training run "
        "would."
        + (" All pictures are of one drive: of other drives they say nothing." if single else "")
    )
