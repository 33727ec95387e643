"""Scores as tables on the terminal, the same for every command that shows some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from roadfcn.label_sets import LabelSet

_UNDEFINED = "-"  # a score that is 0/0


def show_scores(
    scores: dict[str, Any], label_set: LabelSet | None = None, console: Console | None = None
) -> None:
    """Print the scores of one evaluation: overall, by class, and for road by category.

    Args:
        scores: As `evaluation.scores_json` lays them out.
        label_set: Gives the classes their colours.
        console: Where to print; standard output if None.
    """
    from rich.console import Console

    console = console or Console(highlight=False)
    pictures = "picture" if scores["images"] == 1 else "pictures"
    console.print(
        f"\n[bold]{scores['dataset']}[/bold], split {scores['split']}, "
        f"{scores['images']} {pictures}\n"
    )
    console.print(_class_table(scores, label_set))
    for space, categories in scores.get("road", {}).items():
        console.print(_road_table(space, categories))


def _class_table(scores: dict[str, Any], label_set: LabelSet | None) -> Table:
    table = _table("Classes, in %", "class", "IoU", "accuracy", "pixels")
    colours = dict(zip(label_set.classes, label_set.colours, strict=True)) if label_set else {}
    for name, values in scores["per_class"].items():
        mark = "[rgb({},{},{})]■[/] ".format(*colours[name]) if name in colours else ""
        table.add_row(
            f"{mark}{name}",
            _percent(values["iou"]),
            _percent(values["accuracy"]),
            f"{values['pixels']:,}",
        )
    table.add_section()
    table.add_row("mean", _percent(scores["mean_iou"]), _percent(scores["mean_accuracy"]), "")
    table.add_row("by frequency", _percent(scores["frequency_weighted_iou"]), "", "")
    table.add_row("all pixels", "", _percent(scores["pixel_accuracy"]), "")
    return table


def _road_table(space: str, categories: dict[str, dict[str, float | None]]) -> Table:
    names = ("MaxF", "AP", "PRE", "REC", "FPR", "FNR")
    table = _table(f"Road in the {space}, in %", "category", *names, "threshold")
    for category, values in categories.items():
        table.add_row(
            category,
            *(_percent(values[name]) for name in names),
            _UNDEFINED if values["threshold"] is None else f"{values['threshold']:.3f}",
        )
    return table


def _table(title: str, first: str, *columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _percent(value: float | None) -> str:
    return _UNDEFINED if value is None else f"{100 * value:.2f}"
