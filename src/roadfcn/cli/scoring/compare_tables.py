"""What `roadfcn compare` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadfcn.cli.parts.table_parts import UNDEFINED, counted, number_table, percent, points

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
        shown = shown_scores(comparison, index)
        if all(entry["differences"][index]["value"] == 0 for entry in shown):
            console.print(f"{escape(run['name'])}: all {len(shown)} scores are the same")
            continue
        title = f"{escape(run['name'])} against it, in %"
        table = number_table(title, "score", "first", "this", "change", "95 % interval", "p")
        table.columns[0].no_wrap = False  # on a narrow terminal names are broken, not numbers
        for entry in shown:
            found = entry["differences"][index]
            values = entry["runs"][0]["value"], entry["runs"][index + 1]["value"]
            ends = found["low"], found["high"]
            table.add_row(
                escape(score_name(entry, comparison)),
                *map(percent, values),
                points(found["value"]),
                UNDEFINED if None in ends else f"{points(ends[0])} to {points(ends[1])}",
                UNDEFINED if found["p_value"] is None else f"{found['p_value']:.3f}",
                style="bold" if verdict(entry, index) else None,
            )
        console.print(table)
    for text in (_explained(comparison), not_compared(comparison)):
        if text:
            console.print(text, soft_wrap=True, markup=False)


def _explained(comparison: dict[str, Any]) -> str:
    """Say what the intervals and p speak of, and how many of them there are."""
    from roadfcn.evaluation.comparison_words import (
        CHANCE,
        count_differences,
        has_dashes,
        lower_is_better,
    )
    from roadfcn.evaluation.drives import some_too_few, too_few

    drawn, single = comparison["drawn"], comparison["single_drive"]
    tests = count_differences(comparison)
    has_errors = any(map(lower_is_better, comparison["scores"]))
    lower = " Of calibration errors lower is better." if has_errors else ""
    missing = too_few(drawn, comparison["of"])
    if missing:
        return f"No intervals and no p: {missing}{lower}"
    return (
        f"Bold: p below {CHANCE}. Of {tests} differences about {max(1, round(CHANCE * tests))} "
        "would be so by chance, if the models were equally good." + lower + "\n"
        f"The interval and p say how far other {drawn} would change a difference "
        f"({comparison['draws']} draws of {comparison['of']}), not how far another training run "
        "would."
        + (f" {some_too_few(drawn)}" if has_dashes(comparison) else "")
        + (" All pictures are of one drive: of other drives they say nothing." if single else "")
    )
