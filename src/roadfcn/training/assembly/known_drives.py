"""Whether what a run starts from, or is taught by, may know the drives that it leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from roadfcn.datasets import camvid, camvid_32
from roadfcn.training.recipes.config import TrainingConfig


def drives_warning(config: TrainingConfig, data: str, origins: Mapping[str, Any]) -> str:
    """Tell, in a line, whose knowledge would flatter scores on drives left out; empty if nobody's.

    Args:
        config: The recipe.
        data: Name of the layout of the frames it learns from.
        origins: By what to call it, the provenance of each model that the run learns from.
    """
    left_out = config.data.held_out_drives
    knowing = [
        name
        for name, provenance in origins.items()
        if left_out and any(_may_know(place, data, left_out) for place in _chain(provenance))
    ]
    if not knowing:
        return ""
    return (
        f"{' and '.join(knowing)} may have learned from the drives that are left out here "
        f"({', '.join(sorted(left_out))}), so scores on them flatter: start from, and be taught "
        "by, what has not seen them"
    )


def _chain(provenance: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give a model's provenance, and those of all that it came from in turn."""
    yield provenance
    before = [provenance.get("before")]
    for name in ("weights", "teacher"):
        noted = provenance.get(name)
        before.append(noted.get("provenance") if isinstance(noted, dict) else None)
    for earlier in before:
        if isinstance(earlier, dict):
            yield from _chain(earlier)


def _may_know(provenance: Mapping[str, Any], data: str, left_out: tuple[str, ...]) -> bool:
    """Say whether a training by itself may have seen a drive; what is not told may be."""
    further = provenance.get("also")
    names = [each.get("data") for each in further] if isinstance(further, list) else []
    if _same(data) in map(_same, names):  # of further sets nothing is left out
        return True
    return _same(provenance.get("data")) == _same(data) and not set(left_out) <= _left_out(
        provenance
    )


def _same(data: object) -> object:
    """Give one name to both layouts of CamVid: their frames are the same."""
    return camvid.NAME if data == camvid_32.NAME else data


def _left_out(provenance: Mapping[str, Any]) -> set[str]:
    """Give what a training left out; a card's recipe tells it as well, where it is at hand."""
    recipe = provenance.get("recipe")
    told = recipe.get("data") if isinstance(recipe, dict) else None
    found = told.get("held_out_drives") if isinstance(told, dict) else None
    return set(provenance.get("held_out_drives") or found or ())
