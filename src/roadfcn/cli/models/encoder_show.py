"""What `roadfcn weights show` tells of an encoder, which has no classes and no scores."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from roadfcn.encoder_card import EncoderCard
    from roadfcn.model_files import ModelFile

_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
_TO_COPY = 2  # facts that come first and are printed as they are, to be copied


def encoder_values(file: ModelFile, card: EncoderCard) -> dict[str, Any]:
    """Give what is known of an encoder, JSON-ready."""
    return {
        "path": str(file.path),
        "bytes": file.path.stat().st_size,
        "parameters": parameters_of(file),
        "card": json.loads(card.to_json()),
    }


def show_encoder(name: str, file: ModelFile, card: EncoderCard) -> None:
    """Print the same for people."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    console.print(
        f"\n[bold]{escape(name)}[/bold]: an encoder without a head, to start a network from\n"
    )
    facts = _facts(file, card)
    width = 5 + max(map(len, facts))
    for place, (title, text) in enumerate(facts.items()):
        label = f"[bold]{f'  {title}'.ljust(width)}[/bold]"
        console.print(f"{label}{escape(text)}", soft_wrap=place < _TO_COPY)
    console.print(
        f"\ntrain a network from it: roadfcn train CONFIG weights={escape(str(file.path))}",
        soft_wrap=True,
    )


def parameters_of(file: ModelFile, *, without: str | None = None) -> int:
    """Count what was learned: not batch norm's statistics, nor kernels that are fixed.

    Args:
        file: Of an encoder or a model.
        without: What stands in the names of fixed kernels; None if there are none.
    """
    return sum(
        math.prod(stored.shape)
        for name, stored in file.tensors.items()
        if not name.endswith(_STATISTICS) and not (without and without in name)
    )


def _facts(file: ModelFile, card: EncoderCard) -> dict[str, str]:
    from roadfcn.downloads.hashes import sha256_of
    from roadfcn.evaluation.report.facts import input_in_words, spread_in_words

    origin = card.provenance
    left_out = origin.get("left_out")
    facts = {
        "encoder": str(file.path),
        "SHA-256": sha256_of(Path(file.path)),
        "size": f"{file.path.stat().st_size / 1e6:.2f} MB, {parameters_of(file):,} parameters"
        + spread_in_words(card.fc_dilation),
        "input": input_in_words(card.input_format),
        "kind": str(origin.get("kind", "")),
        "from": str(origin.get("imported_from", "")),
        "left out": ", ".join(map(str, left_out)) if isinstance(left_out, list) else "",
        "imported with": f"roadfcn {origin['roadfcn']}" if "roadfcn" in origin else "",
        "licence": card.licence,
    }
    return {name: text for name, text in facts.items() if text}
