"""What travels inside a saved encoder: a VGG16 without a head, to start a network from.

Like a model's card it is a JSON text in the metadata of a safetensors file, but it has no classes:
an encoder labels nothing by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from roadfcn.errors import ModelFileError
from roadfcn.input_format import InputFormat
from roadfcn.model_files import ENCODER_CARD_KEY, ModelFile

ENCODER_CARD_VERSION = 2
"""Raised when a card's meaning changes so that older readers would misread it. Version 1 is of
encoders whose fc6 has the dilation 1, and is still what these get."""

MAX_DILATION = 8
"""Of fc6, whose cells are 32 px wide; what lies further apart than this, pictures hardly have."""


@dataclass(frozen=True)
class EncoderCard:
    """Everything but the weights.

    Args:
        input_format: What the encoder wants to be fed.
        provenance: Where the weights come from: kind of file, its name and hash.
        licence: Terms of use of the weights.
        fc_dilation: Cells from one element of fc6's kernel to the next; older cards do not tell.
    """

    input_format: InputFormat
    provenance: dict[str, Any] = field(default_factory=dict)
    licence: str = ""
    fc_dilation: int = 1

    def to_json(self) -> str:
        """Give the card as JSON text; `from_json` reads it back."""
        return json.dumps(
            {
                "card_version": ENCODER_CARD_VERSION if self.fc_dilation > 1 else 1,
                "encoder": "vgg16",
                "input_format": self.input_format.to_dict(),
                "provenance": self.provenance,
                "licence": self.licence,
                "fc_dilation": self.fc_dilation,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> EncoderCard:
        """Rebuild a card from `to_json`.

        Raises:
            ModelFileError: Not JSON, a newer version, or entries missing or of another type.
        """
        try:
            values = json.loads(text)
            version, dilation = values["card_version"], values.get("fc_dilation", 1)
            if version not in (1, ENCODER_CARD_VERSION) or values["encoder"] != "vgg16":
                raise ValueError("another version, or another encoder")
            if type(dilation) is not int or not 1 <= dilation <= MAX_DILATION:
                raise ValueError(f"fc6 has a dilation of {dilation!r}")
            return cls(
                input_format=InputFormat.from_dict(values["input_format"]),
                provenance=dict(values["provenance"]),
                licence=str(values["licence"]),
                fc_dilation=dilation,
            )
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise ModelFileError(
                f"the encoder's card cannot be read: {type(problem).__name__}: {problem}",
                allowed="the card that roadfcn wrote when it imported the weights",
                do="import the weights again with 'roadfcn weights import'",
            ) from problem


def is_encoder(file: ModelFile) -> bool:
    """Tell whether an inspected file is a saved encoder and not a whole model."""
    return ENCODER_CARD_KEY in file.metadata


def encoder_card_of(file: ModelFile) -> EncoderCard:
    """Give the card of an encoder file that has been inspected.

    Raises:
        ModelFileError: It cannot be read.
    """
    return EncoderCard.from_json(file.metadata[ENCODER_CARD_KEY])
