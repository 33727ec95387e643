"""`roadfcn weights show`: the card of a model, for people and for scripts."""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from roadfcn.cli.parts.choices import MODEL_HELP
from roadfcn.cli.parts.options import Json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from roadfcn.model_card import ModelCard
    from roadfcn.model_files import ModelFile

_OVERALL: dict[str, tuple[str, ...]] = {
    "mean IoU": ("mean_iou",),
    "pixel accuracy": ("pixel_accuracy",),
    "MaxF of road": ("road", "image", "urban_road", "MaxF"),
}
_KINDS = {"F16": "float16", "BF16": "bfloat16", "F32": "float32"}


def show_weights(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL_HELP)],
    json: Json = None,
) -> None:
    """Show a model's card: what it is for, its limits, its scores, where it comes from.

    Of an encoder that was imported it tells where it comes from and what it takes.
    """
    from roadfcn.cli.models.encoder_show import encoder_values, show_encoder
    from roadfcn.cli.parts.json_output import check_json, is_standard_output, write_json
    from roadfcn.converted_files.inspecting import inspect_any_model
    from roadfcn.encoder_card import encoder_card_of, is_encoder
    from roadfcn.model_card import card_of
    from roadfcn.weights.shipped_models import find_model, is_shipped

    check_json(json)
    path = find_model(model)
    file = inspect_any_model(path)
    if is_encoder(file):
        encoder = encoder_card_of(file)
        if not is_standard_output(json):
            show_encoder(str(model), file, encoder)
        write_json(json, encoder_values(file, encoder))
        return
    card = card_of(file)
    if not is_standard_output(json):
        _show(path.stem if is_shipped(path) else str(model), file, card)
    write_json(
        json,
        {
            "path": str(file.path),
            "bytes": _bytes(file),
            "parameters": _parameters(file, card) if file.tensors else None,
            "card": json_text.loads(card.to_json()),
        },
    )


def _show(name: str, file: ModelFile, card: ModelCard) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    console.print(
        f"\n[bold]{escape(name)}[/bold]{escape(f': {card.summary}' * bool(card.summary))}\n"
    )
    _print_facts(console, file, card)
    _paragraphs(console, "For", card.intended_use)
    _paragraphs(console, "Limits", *card.limits)
    scores = {title: found for title, found in card.scores.items() if isinstance(found, Mapping)}
    if scores:
        console.print()
        console.print(_score_table(scores, card))
        for title, found in scores.items():
            if "intervals" in found:
                console.print(escape(_drawn(title, found["intervals"])))
    terms = (f"{data}: {text}" for data, text in card.data_terms.items())
    _paragraphs(console, "Learned from, and on which terms", *terms)


def _paragraphs(console: Console, heading: str, *texts: str) -> None:
    from rich.table import Table
    from rich.text import Text

    if not any(texts):
        return
    console.print(Text(f"\n{heading}", "bold"))
    table = Table.grid(padding=(0, 1))
    for text in texts:
        table.add_row(" ", *(["-"] if len(texts) > 1 else []), Text(text))
    console.print(table)


_TO_COPY = ("model", "SHA-256")
"""Facts that are printed as they are: a path or hash on two lines could not be copied."""


def _print_facts(console: Console, file: ModelFile, card: ModelCard) -> None:
    from rich.table import Table
    from rich.text import Text

    from roadfcn.evaluation.report.facts import model_facts

    facts = model_facts(file.path, card)
    facts["size"] = f"{_bytes(file) / 1e6:.2f} MB, {_content(file, card)}"
    width = 2 + max(map(len, facts))
    for name in _TO_COPY:
        title = Text(f"  {name}".ljust(width + 3), "bold")
        console.print(title.append(facts.pop(name), "not bold"), soft_wrap=True)
    table = Table.grid(padding=(0, 3))
    table.add_column(style="bold", no_wrap=True, min_width=width)
    table.add_column()
    for name, text in facts.items():
        table.add_row(f"  {name}", Text(text, overflow="fold"))
    console.print(table)


def _bytes(file: ModelFile) -> int:
    """Give the size of a model, with the second file of one that has two."""
    from roadfcn.converted_files.openvino_header import weights_of

    paths = [file.path, weights_of(file.path)] if file.kind == "openvino" else [file.path]
    return sum(path.stat().st_size for path in paths)


def _content(file: ModelFile, card: ModelCard) -> str:
    """Say how many parameters there are; files for other engines tell only for which they are."""
    if not file.tensors:
        return {"onnx": "an ONNX model", "openvino": "an OpenVINO model"}.get(file.kind, "empty")
    kinds = {stored.dtype for stored in file.tensors.values() if len(stored.shape) > 1}
    kept = " and ".join(_KINDS.get(kind, kind) for kind in sorted(kinds))
    return f"{_parameters(file, card):,} parameters, kernels kept as {kept}"


def _parameters(file: ModelFile, card: ModelCard) -> int:
    """Count what was learned: not batch norm's statistics, nor kernels that are fixed."""
    from roadfcn.cli.models.encoder_show import parameters_of

    is_fixed = card.architecture.get("upsampling") == "fixed"
    return parameters_of(file, without=".upscore" if is_fixed else None)


def _score_table(scores: Mapping[str, Mapping[str, Any]], card: ModelCard) -> Table:
    """Lay out a column for each data set; of a card without scores by class, those overall."""
    from rich.markup import escape

    from roadfcn.cli.parts.table_parts import UNDEFINED, class_name, number_table

    table = number_table("Scores, in %", "")
    for title in scores:
        table.add_column(escape(title), justify="right")  # may wrap, so that many fit
    counts = (found.get("images") for found in scores.values())
    table.add_row("pictures", *(UNDEFINED if n is None else f"{n:,}" for n in counts))
    for name, keys in _OVERALL.items():
        table.add_row(name, *(_cell(found, *keys) for found in scores.values()))
    if any("per_class" in found for found in scores.values()):
        table.add_section()
        table.add_row("IoU of", *("" for _ in scores))
        for name, colour in zip(card.label_set.classes, card.label_set.colours, strict=True):
            cells = (_cell(found, "per_class", name, "iou") for found in scores.values())
            table.add_row(class_name(name, colour), *cells)
    return table


def _cell(scores: Mapping[str, Any], *keys: str) -> str:
    """Write a score with its interval, found under the same keys; that of a class has no "iou"."""
    from roadfcn.cli.parts.table_parts import percent, span

    score = _under(scores, keys)
    ends = _under(scores.get("intervals"), keys[:2] if keys[0] == "per_class" else keys)
    text = percent(score if isinstance(score, int | float) else None)
    return f"{text} ({span(ends)})" if isinstance(ends, list) and not _too_few(scores) else text


def _too_few(scores: Mapping[str, Any]) -> str:
    """Say why a score has no interval to be shown, though an older card may state one."""
    from roadfcn.evaluation.drives import too_few

    return too_few(scores["intervals"]["drawn"], scores["intervals"]["of"])


def _under(values: object, keys: tuple[str, ...]) -> object:
    for key in keys:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _drawn(title: str, intervals: Mapping[str, Any]) -> str:
    """Say what the intervals are made from, or why there are none."""
    missing = _too_few({"intervals": intervals})
    if missing:
        return f"{title}: no intervals. {missing}"
    alone = ", which say nothing about other drives" if intervals["single_drive"] else ""
    return (
        f"{title}: {100 * intervals['level']:.0f} % intervals from {intervals['draws']} draws of "
        f"{intervals['of']} {intervals['drawn']}{alone}."
    )
