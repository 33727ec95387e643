"""What travels inside every saved model, so that nobody has to give mean, size or classes again.

The card is a JSON text in the metadata of the weights file; it can be read without torch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roadfcn.errors import ModelFileError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import LabelSet
from roadfcn.model_files import CARD_KEY, ENCODER_CARD_KEY, ModelFile, inspect_model_file

CARD_VERSION = 1
"""Raised when a card's meaning changes so that older readers would misread it."""


@dataclass(frozen=True)
class ModelCard:
    """Everything but the weights.

    Args:
        architecture: Name and arguments of the network, as `models.architecture.FCNArchitecture`
            has them.
        label_set: The classes of the output channels, in order.
        input_format: What the network wants to be fed.
        provenance: Where the weights come from: recipe, data and split hash, seed, versions.
        scores: What was measured, by data set and split, as fractions.
        licence: Terms of use of the weights, with those of the data they saw.
        summary: What it is, in a line.
        intended_use: What it is for.
        limits: What it is not for, and where it is known to fail.
        data_terms: Terms of use of each data set that the weights saw, by its name.
    """

    architecture: dict[str, Any]
    label_set: LabelSet
    input_format: InputFormat
    provenance: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    licence: str = ""
    summary: str = ""
    intended_use: str = ""
    limits: tuple[str, ...] = ()
    data_terms: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Give the card as JSON text; `from_json` reads it back."""
        return json.dumps(
            {
                "card_version": CARD_VERSION,
                "architecture": self.architecture,
                "label_set": self.label_set.to_dict(),
                "input_format": self.input_format.to_dict(),
                "provenance": self.provenance,
                "scores": self.scores,
                "licence": self.licence,
                "summary": self.summary,
                "intended_use": self.intended_use,
                "limits": list(self.limits),
                "data_terms": self.data_terms,
            }
        )

    def origin(self) -> dict[str, Any]:
        """Give the parts of the provenance that tell where weights came from, recipe left out."""
        return {key: item for key, item in self.provenance.items() if key != "recipe"}

    @classmethod
    def from_json(cls, text: str) -> ModelCard:
        """Rebuild a card from `to_json`.

        Raises:
            ModelFileError: Not JSON, a newer version, or entries missing or of another type.
            LabelSetError: The label set in it is unusable.
        """
        try:
            values = json.loads(text)
            version = values["card_version"]
            if version != CARD_VERSION:
                raise ModelFileError(
                    f"the model's card has version {version}",
                    allowed=f"version {CARD_VERSION}",
                    do="update your checkout of roadfcn and install it again",
                )
            return cls(
                architecture=dict(values["architecture"]),
                label_set=LabelSet.from_dict(values["label_set"]),
                input_format=InputFormat.from_dict(values["input_format"]),
                provenance=dict(values["provenance"]),
                scores=dict(values["scores"]),
                licence=str(values["licence"]),
                # Cards from before these were added, and those of models that nobody described.
                summary=str(values.get("summary", "")),
                intended_use=str(values.get("intended_use", "")),
                limits=tuple(str(limit) for limit in list(values.get("limits", ()))),
                data_terms={
                    str(data): str(terms)
                    for data, terms in dict(values.get("data_terms", {})).items()
                },
            )
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise ModelFileError(
                f"the model's card cannot be read: {type(problem).__name__}: {problem}",
                allowed="the card that roadfcn wrote when it saved the model",
                do="train or import the model again",
            ) from problem


def card_of(file: ModelFile) -> ModelCard:
    """Give the card of a model file that has been inspected.

    Raises:
        ModelFileError: The file has none, or it cannot be read.
        LabelSetError: The label set in it is unusable.
    """
    if ENCODER_CARD_KEY in file.metadata:
        raise ModelFileError(
            f"{file.path} is an encoder without a head: it labels nothing by itself",
            allowed="a whole model",
            do=f"train a network that starts from it: roadfcn train CONFIG weights={file.path}",
        )
    if CARD_KEY not in file.metadata:
        raise ModelFileError(
            f"{file.path} has weights but no card: its classes and input format are unknown",
            allowed="a model that roadfcn saved",
            do="use a model that was trained with roadfcn",
        )
    return ModelCard.from_json(file.metadata[CARD_KEY])


def read_card(path: Path) -> ModelCard:
    """Read the card of a saved model, a file or a run folder, without its weights.

    Raises:
        ModelFileError: See `model_files.inspect_model_file` and `card_of`.
        LabelSetError: The label set in it is unusable.
    """
    return card_of(inspect_model_file(path))
