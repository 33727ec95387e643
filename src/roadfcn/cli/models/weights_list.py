"""`roadfcn weights list`: the models that come with roadfcn, and others' weights to fetch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from roadfcn.cli.parts.options import Json

if TYPE_CHECKING:
    from roadfcn.downloads.known_file import KnownFile
    from roadfcn.model_card import ModelCard


def list_weights(json: Json = None) -> None:
    """List the models that come with roadfcn, and the weights that can be fetched by name."""
    from roadfcn.cli.parts.json_output import check_json, is_standard_output, write_json
    from roadfcn.downloads.cache_folder import cache_folder
    from roadfcn.downloads.local_copies import find_local
    from roadfcn.model_card import read_card
    from roadfcn.weights.catalogue import WEIGHTS
    from roadfcn.weights.shipped_models import SHIPPED_NAMES, shipped_path

    check_json(json)
    cards = {name: read_card(shipped_path(name)) for name in SHIPPED_NAMES}
    places = {name: find_local(known) for name, known in WEIGHTS.items()}
    if not is_standard_output(json):
        _show_shipped(cards)
        _show_known(list(WEIGHTS.values()), places)
    values = {
        "cache": str(cache_folder()),
        "shipped": [shipped_as_json(name, card) for name, card in cards.items()],
        "weights": [known_as_json(known, places[known.name]) for known in WEIGHTS.values()],
    }
    write_json(json, values)


def shipped_as_json(name: str, card: ModelCard) -> dict[str, object]:
    """Give what a script wants to know of a model that comes with roadfcn."""
    from roadfcn.weights.shipped_models import shipped_path

    path = shipped_path(name)
    return {
        "name": name,
        "summary": card.summary,
        "classes": list(card.label_set.classes),
        "bytes": path.stat().st_size,
        "licence": card.licence,
        "data_terms": card.data_terms,
        "path": str(path),
    }


def known_as_json(known: KnownFile, place: Path | None) -> dict[str, object]:
    """Give what a script wants to know of weights that can be fetched.

    Args:
        known: What is known of them.
        place: Where they lie; None if they are not here.
    """
    return {
        "name": known.name,
        "summary": known.summary,
        "address": known.address,
        "bytes": known.size_bytes,
        "sha256": known.sha256,
        "licence": known.licence.text,
        "page": known.licence.page,
        "path": None if place is None else str(place),
    }


def _show_shipped(cards: dict[str, ModelCard]) -> None:
    from rich.console import Console

    from roadfcn.cli.parts.table_parts import text_table
    from roadfcn.weights.shipped_models import shipped_path

    table = text_table("Models that come with roadfcn", "name", "what", "MB", "learned from")
    for name, card in cards.items():
        size = f"{shipped_path(name).stat().st_size / 1e6:.1f}"
        table.add_row(name, card.summary, size, ", ".join(card.data_terms))
    console = Console(highlight=False)
    console.print(table)
    console.print("Their cards: roadfcn weights show NAME\n")


def _show_known(weights: list[KnownFile], places: dict[str, Path | None]) -> None:
    from rich.console import Console

    from roadfcn.cli.parts.table_parts import UNDEFINED, text_table

    table = text_table("Weights that can be fetched", "name", "what", "MB", "licence", "here")
    for known in weights:
        size = UNDEFINED if known.size_bytes is None else f"{known.size_bytes / 1e6:.0f}"
        place = places[known.name]
        where = "no" if place is None else str(place)
        table.add_row(known.name, known.summary, size, known.licence.text, where)
    Console().print(table)
