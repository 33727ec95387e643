"""What `roadfcn data` prints: findings and conversions as lines, statistics as a table."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from roadfcn.cli.parts.table_parts import UNDEFINED, class_name, counted, number_table, percent
from roadfcn.label_sets import drivable_class

if TYPE_CHECKING:
    from rich.table import Table

    from roadfcn.datasets.checks import CheckReport
    from roadfcn.datasets.exports.convert import Conversion
    from roadfcn.datasets.statistics import DatasetStatistics
    from roadfcn.label_sets import LabelSet

_MOST_SHOWN = 40
_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def show_findings(report: CheckReport) -> None:
    """Print what a check found; a long list is cut, as JSON holds all of it."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    inventory = report.inventory
    origin = f"{inventory.origin}, " if inventory.origin else ""
    target = f", target {inventory.target}" if inventory.target else ""
    headline = Text(f"{inventory.root} ({origin}layout {inventory.layout}{target})")
    console.print(headline, soft_wrap=True)
    console.print(f"frames: {_listed(inventory.frame_counts())}\n")
    for finding in report.findings[:_MOST_SHOWN]:
        text = Text.assemble(
            (f"{finding.severity:<8}", _STYLES[finding.severity]),
            (f"{finding.where}\n", "bold"),
            f"{' ' * 8}{finding.what}\n",
            (f"{' ' * 8}fix: {finding.fix}\n", "dim"),
        )
        # The terminal breaks long lines, not we: a path in them can be copied.
        console.print(text, soft_wrap=True)
    hidden = len(report.findings) - _MOST_SHOWN
    if hidden > 0:
        console.print(f"... and {hidden} more; --json FILE writes all\n")
    if report.is_clean:
        console.print("[green]Nothing to mend.[/green]")
    else:
        errors, warnings = report.count("error"), report.count("warning")
        console.print(f"To mend: {counted(errors, 'error')}, {counted(warnings, 'warning')}.")


def show_conversion(conversion: Conversion, out: Path) -> None:
    """Print what was written, what was left out, and what to do next."""
    forms = ", ".join(dict.fromkeys(conversion.formats))
    print(f"{counted(conversion.frames, 'frame')} from {forms} in {out}")
    print(f"classes: {', '.join(conversion.label_set.classes)}")
    if conversion.unlabelled_frames:
        print(
            f"left out: {counted(conversion.unlabelled_frames, 'picture')} on which nothing is "
            "drawn; --keep-empty keeps them"
        )
    for kind, count in sorted(conversion.left_out.items()):
        print(f"left out: {count} x {kind}, which has no area")
    if conversion.turned:
        print(f"stored upright, as PNG: {counted(conversion.turned, 'picture')} that EXIF turned")
    if conversion.listed:
        print("splits: as exported, in train.txt, val.txt and test.txt")
    if drivable_class(conversion.label_set) is None:
        print("no class is called road, so there will be no road scores; see --road")
    print(f"look at them: roadfcn data check {shlex.quote(str(out))} --sheet sheet.png")


def show_statistics(
    name: str, statistics: DatasetStatistics, splits: dict[str, int], label_set: LabelSet
) -> None:
    """Print a split's counts and its classes.

    Args:
        name: What the data are called.
        statistics: The counts.
        splits: Frames of each split of the data set.
        label_set: Gives the classes their colours.
    """
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    facts = Table.grid(padding=(0, 2))
    facts.add_row("data set", f"{name}, split {statistics.split}")
    categories = f": {_listed(statistics.categories)}" if statistics.categories else ""
    facts.add_row("frames", f"{statistics.frames}{categories}")
    facts.add_row("with truth", str(statistics.frames_with_truth))
    facts.add_row("in each split", _listed(splits))
    sizes = [f"{size} ({count})" for size, count in statistics.sizes.items()]
    facts.add_row("height x width", ", ".join(sizes))
    facts.add_row("mean R, G, B", ", ".join(f"{value:.2f}" for value in statistics.mean_rgb))
    facts.add_row("split hash", statistics.split_hash[:16])
    console.print(facts)
    if statistics.void_share is not None:
        console.print(_class_table(statistics, label_set))
        console.print(
            "share: of the labelled pixels (void: of all)\n"
            "frames: those that contain the class\n"
            "weight: median frequency, void left out"
        )


def _class_table(statistics: DatasetStatistics, label_set: LabelSet) -> Table:
    table = number_table("", "class", "share %", "pixels", "frames", "weight")
    for entry, colour in zip(statistics.classes, label_set.colours, strict=True):
        table.add_row(
            class_name(entry.name, colour),
            percent(entry.share),
            f"{entry.pixels:,}",
            str(entry.images),
            UNDEFINED if entry.weight is None else f"{entry.weight:.4f}",
        )
    table.add_section()
    table.add_row("  void", percent(statistics.void_share), f"{statistics.void_px:,}", "", "")
    return table


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
