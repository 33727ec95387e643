"""What `roadfcn export` prints: how far the new model is from the old one, and how to run it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from roadfcn.export.exporting import Exported
    from roadfcn.export.figures import Parity


def show_export(exported: Exported) -> None:
    """Show what was compared, and what is written."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_parity_table(exported.parity))
    made = exported.quantisation
    if made is not None:
        console.print(
            f"int8:    {made['measured']} {100 * made['iou_before']:.2f} before and "
            f"{100 * made['iou_after']:.2f} after, on {made['control']} other pictures "
            f"({made['pictures']})",
            markup=False,
        )
    files = " and ".join(str(path) for path in exported.files)
    # As they are: Rich would break a path that is longer than the line.
    print(f"written: {files} ({exported.size_bytes / 1e6:.1f} MB)")
    if exported.eight_bit_input:
        print("run it:  pictures N,H,W,3 uint8 RGB in, logits N,C,H,W out; see docs/export.md")
    else:
        named = shlex.quote(str(exported.path))
        print(f"predict: roadfcn predict PICTURES --model {named} --out predictions")


def _parity_table(parity: Parity) -> Table:
    from rich.markup import escape

    from roadfcn.cli.table_parts import counted, number_table, percent

    table = number_table(
        f"Before and after, on {counted(parity.count, 'picture')} ({escape(parity.pictures)})",
        "size",
        "scores apart",
        "equal labels",
        "lost",
        "before",
        "after",
    )
    table.caption = (
        f"scores apart: largest difference. In %: labels that are equal; {parity.measured} lost, "
        "the old labels taken for truth; and against truth, before and after."
    )
    table.caption_justify = "left"
    for size in parity.sizes:
        table.add_row(
            f"{size.height} x {size.width}",
            f"{size.largest_logit_difference:.1e}",
            f"{100 * size.equal_labels:.3f}",  # 99.996 is not all
            f"{100 * size.iou_lost:.3f}",
            percent(size.reference_iou),
            percent(size.candidate_iou),
        )
    return table
