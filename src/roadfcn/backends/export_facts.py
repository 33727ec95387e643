"""What a converted model's card says of how it was made, and in which precisions it was compared.

    "provenance": {"export": {"compared_in": ["float32", "bfloat16"], "kernels": "float32", ...}}

The exporter writes it once the parity gate has seen the file. What a card says may have been
changed by hand, or by a version before this one; facts that are of another kind are taken for none.
"""

from __future__ import annotations

from typing import Any

from roadfcn.model_card import ModelCard

EXPORT_KEY = "export"
"""Where in a card's provenance the facts are."""


def export_facts(card: ModelCard) -> dict[str, Any]:
    """Give the facts; none of a model that was not converted."""
    facts = card.provenance.get(EXPORT_KEY)
    return facts if isinstance(facts, dict) else {}


def compared_in(card: ModelCard) -> frozenset[str]:
    """Say in which precisions a converted model was found to answer as the one it came from."""
    precisions = export_facts(card).get("compared_in")
    if not isinstance(precisions, list):
        return frozenset()
    return frozenset(one for one in precisions if isinstance(one, str))
