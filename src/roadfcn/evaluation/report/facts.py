"""What was scored, on what, with what: the facts that make a score worth something later."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from roadfcn import __version__
from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.downloads.hashes import sha256_of
from roadfcn.evaluation.data_names import data_name, split_name
from roadfcn.input_format import InputFormat
from roadfcn.installation import version_of
from roadfcn.machine import read_processor
from roadfcn.model_card import ModelCard
from roadfcn.model_files import MODEL_NAME
from roadfcn.prediction.network.decision import threshold_in_words
from roadfcn.prediction.network.views import PLAIN, Views

_PACKAGES = ("numpy", "opencv-python-headless", "pillow")
_ENGINE_PACKAGES = {
    "torch": "torch",
    "torch-compiled": "torch",
    "onnx": "onnxruntime",
    "openvino": "openvino",
}


def model_facts(model: Path, card: ModelCard) -> dict[str, str]:
    """Say which model it is and where it comes from, in the words of its card.

    Args:
        model: The path that was given. If a file lies there, or in that folder, its hash is told.
        card: Of the model.
    """
    described, provenance = card.architecture, card.provenance
    recipe = _mapping(provenance.get("recipe"))
    facts = {
        "model": str(model),
        "SHA-256": _hash(model / MODEL_NAME if model.is_dir() else model),
        "network": " ".join(
            str(described[key]) for key in ("name", "head") if described.get(key) is not None
        )
        + spread_in_words(described.get("fc_dilation")),
        "classes": f"{card.label_set.name} ({len(card.label_set)})",
        "input": input_in_words(card.input_format),
        "recipe": str(recipe.get("name", "")),
        "seed": str(recipe.get("seed", "")),
        "trained on": ", and ".join(_trained_on(provenance)),
        "best epoch": _best_epoch(card),
        "started from": str(_mapping(provenance.get("weights")).get("source", "")),
        "taught by": str(_mapping(provenance.get("teacher")).get("source", "")),
        "trained with": f"roadfcn {provenance['roadfcn']}" if "roadfcn" in provenance else "",
        "licence": card.licence,
    }
    return {name: text for name, text in facts.items() if text}


def data_facts(dataset: FilePairDataset) -> dict[str, str]:
    """Say which pictures were scored."""
    facts = {
        "data": str(dataset.root),
        "layout": data_name(dataset.name, dataset.origin),
        "split": dataset.split,
        "target": dataset.target,
        "pictures": str(len(dataset)),
        "with calibration": str(
            sum(frame.calibration_path is not None for frame in dataset.frames)
        ),
        "hash of the names": dataset.split_hash[:16],
    }
    return {name: text for name, text in facts.items() if text}


def machine_facts(
    device: str,
    precision: str,
    command: str,
    views: Views = PLAIN,
    *,
    engine: str = "torch",
    threshold: float | None = None,
) -> dict[str, str]:
    """Say with what it was computed, how, and when.

    Args:
        device: What ran the network, such as "cpu".
        precision: What it ran in, such as "float32".
        command: The command line; "" without one.
        views: How each picture was looked at.
        engine: "torch", "torch-compiled", "onnx" or "openvino".
        threshold: From which probability on pixels were labelled road, if one was chosen.
    """
    processor = read_processor()
    names = (_ENGINE_PACKAGES[engine], *_PACKAGES)
    packages = [f"{name} {version_of(name)}" for name in names]
    facts = {
        "command": command,
        "engine": "" if engine == "torch" else engine,
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "device": device,
        "precision": precision,
        "test-time augmentation": "" if views.are_plain else str(views),
        "labelled road": threshold_in_words(threshold),
        "processor": f"{processor.name}, {processor.usable_threads} threads",
        "system": platform.platform(terse=True),
        "versions": ", ".join(
            [f"roadfcn {__version__}", f"Python {platform.python_version()}", *packages]
        ),
    }
    return {name: text for name, text in facts.items() if text}


def spread_in_words(fc_dilation: object) -> str:
    """Say how far fc6's kernel is spread: ", fc6 spread by 3"; nothing where it is not."""
    return "" if fc_dilation in (None, 1) else f", fc6 spread by {fc_dilation}"


def _hash(weights: Path) -> str:
    return sha256_of(weights) if weights.is_file() else ""


def _best_epoch(card: ModelCard) -> str:
    """Count the epoch from 1, as people do and training says; the card counts from 0."""
    epoch = _mapping(card.scores.get("validation")).get("epoch")
    return str(epoch + 1) if isinstance(epoch, int) else ""


def _trained_on(provenance: Mapping[str, Any]) -> Iterator[str]:
    """Name each data set with its split."""
    further = provenance.get("also")
    for data in (provenance, *(further if isinstance(further, list) else ())):
        known = _mapping(data)
        dataset, origin, split = (str(known.get(key, "")) for key in ("data", "origin", "split"))
        text = split_name(dataset, origin, split)
        if text:
            yield text


def input_in_words(input_format: InputFormat) -> str:
    """Say what a network wants to be fed: order of colours and size."""
    size, most = input_format.size, input_format.max_pixels
    fixed = "own size" if size is None else f"{size[0]} x {size[1]} (height x width)"
    if most is not None:
        fixed += f", up to {most:,} pixels"
    return f"{input_format.channel_order.upper()}, {fixed}"


def _mapping(value: object) -> Mapping[str, Any]:
    """Give what a card of another program may have as another type."""
    return value if isinstance(value, Mapping) else {}
