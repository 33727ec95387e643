"""What `roadfcn export` prints: how far the new model is from the old one, and how to run it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from roadfcn.export.exporting import Exported
    from roadfcn.export.figures import Parity
    from roadfcn.export.gate import Gated

FEW_PICTURES = 10
"""Below so many the ranges of int8 are those of single pictures, and the user is warned."""


def show_export(exported: Exported) -> None:
    """Show what was compared, and what is written."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_parity_table(exported.parity))
    if exported.parity.blind:
        console.print(
            f"warning: {exported.parity.blind}: name pictures like those that the model is going "
            "to see with --pictures",
            markup=False,
        )
    _show_bfloat16(console, exported.gated)
    made = exported.quantisation
    if made is not None:
        console.print(int8_in_words(made), markup=False)
    files = " and ".join(str(path) for path in exported.files)
    # As they are: Rich would break a path that is longer than the line.
    print(f"written: {files} ({exported.size_bytes / 1e6:.1f} MB)")
    if exported.eight_bit_input:
        print("run it:  pictures N,H,W,3 uint8 RGB in, logits N,C,H,W out; see docs/export.md")
    else:
        named = shlex.quote(str(exported.path))
        print(f"predict: roadfcn predict PICTURES --model {named} --out predictions")


def int8_in_words(made: dict[str, Any]) -> str:
    """Say what int8 cost, out of `Exported.quantisation`, and where its figures say little."""
    from roadfcn.cli.parts.table_parts import counted

    # Of one or two pictures all serve for both, and none is another.
    same = made["control"] == made["calibration"]
    control = counted(made["control"], "picture" if same else "other picture")
    layers = ""
    if made.get("layers") is not None:  # of files of an earlier version it is not known
        layers = f"{made['layers_in_int8']} of {counted(made['layers'], 'layer')}; "
    said = (
        f"int8:    {layers}{made['measured']} {100 * made['iou_before']:.2f} before and "
        f"{100 * made['iou_after']:.2f} after, on {control} ({made['pictures']})"
    )
    # Files of an earlier version do not hold it.
    if made.get("mean_iou_before") is not None:
        said += (
            f"; mean IoU over the classes {100 * made['mean_iou_before']:.2f} before and "
            f"{100 * made['mean_iou_after']:.2f} after"
        )
    if made["calibration"] < FEW_PICTURES:
        said += (
            f"\nwarning: ranges were measured on {counted(made['calibration'], 'picture')} only; "
            "a few dozen, like those that the model is going to see, tell more"
        )
    if made["compared_again"]:
        said += (
            f"\nwarning: {made['compared_again']} of the pictures that were compared took part in "
            "int8 before, so the comparison flatters: name more pictures, or others"
        )
    return said


def _show_bfloat16(console: Console, gated: Gated) -> None:
    """Show how it answers in bfloat16, where that was compared."""
    if gated.bfloat16 is None:
        return
    console.print(_parity_table(gated.bfloat16, in_bfloat16=True))
    if gated.reasons:
        told = f"runs in float32: in bfloat16, which is faster here, {'; '.join(gated.reasons)}"
    else:
        told = "runs in bfloat16, which is faster here; in float32 with --precision float32"
    console.print(told, markup=False)


def _parity_table(parity: Parity, *, in_bfloat16: bool = False) -> Table:
    from rich.markup import escape

    from roadfcn.cli.parts.table_parts import counted, number_table, percent

    has_mean = bool(_mean_in_words(parity))
    has_truth = any(size.reference_iou is not None for size in parity.sizes)
    table = number_table(
        f"Before and after{', in bfloat16' * in_bfloat16}, "
        f"on {counted(parity.count, 'picture')} ({escape(parity.pictures)})",
        "size",
        "scores apart",
        "equal labels",
        "lost",
        *(("before", "after") if has_truth else ()),
        *(("mean lost",) if has_mean else ()),
    )
    if not in_bfloat16:
        table.caption = (
            "scores apart: largest difference. In %: labels that are equal; "
            f"{parity.measured} lost, the old labels taken for truth"
            f"{'; and against truth, before and after' * has_truth}"
            f"{_mean_in_words(parity)}."
        )
        table.caption_justify = "left"
    for size in parity.sizes:
        table.add_row(
            f"{size.height} x {size.width}",
            f"{size.largest_logit_difference:.1e}",
            f"{100 * size.equal_labels:.3f}",  # 99.996 is not all
            f"{100 * size.iou_lost:.3f}",
            *(map(percent, (size.reference_iou, size.candidate_iou)) if has_truth else ()),
            *(() if size.mean is None else (f"{100 * size.mean.decisive:.3f}",)),
        )
    return table


def _mean_in_words(parity: Parity) -> str:
    """Say what the column of the mean IoU holds; nothing where there is none."""
    means = [size.mean for size in parity.sizes if size.mean is not None]
    if not means:
        return ""
    against = "the old labels" if any(one.truth_lost is None for one in means) else "truth"
    return f". Mean lost: of the mean IoU over the classes, against {against}"
