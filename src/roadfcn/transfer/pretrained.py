"""Weights to start from, whatever they were kept in, and what they know of themselves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from roadfcn.input_format import InputFormat
from roadfcn.label_sets import LabelSet
from roadfcn.models.architecture import HeadName

ENCODER_PREFIX = "encoder."
"""What the names of an encoder's tensors begin with."""


@dataclass(frozen=True)
class Pretrained:
    """A trained encoder, with a head if it was a whole network.

    Args:
        path: The file or folder.
        kind: What it is, in words, such as "torchvision's VGG16" or "a model of roadfcn".
        sha256: Of its content, in hex.
        tensors: float32 (counters of batch norm int64), under the names of `models.fcn.FCN`'s
            state.
        input_format: What the encoder wants to be fed; `size` is None.
        network: Of a whole network, the entries of `models.architecture.FCNArchitecture` that say
            what its head computes: `head`, `alignment`, `upsampling`, `skip_scales`. Empty for an
            encoder.
        label_set: Of a whole network, its classes in the order of its scores, if they are known.
        provenance: Where the weights came from before, as their card tells.
        licence: Terms of use that their card names.
        fc_dilation: What fc6 learned with: cells from one element of its kernel to the next.
        left_out: Tensors of another program's file that belong to no network of ours, under its
            names.
    """

    path: Path
    kind: str
    sha256: str
    tensors: dict[str, torch.Tensor]
    input_format: InputFormat
    network: dict[str, Any] = field(default_factory=dict)
    label_set: LabelSet | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    licence: str = ""
    fc_dilation: int = 1
    left_out: tuple[str, ...] = ()

    @property
    def head(self) -> HeadName | None:
        """The stride of a whole network's finest scores; None of an encoder."""
        head: HeadName | None = self.network.get("head")
        return head

    def encoder_alone(self) -> Pretrained:
        """Give the encoder without a head and classes; the memory is shared."""
        tensors = {name: t for name, t in self.tensors.items() if name.startswith(ENCODER_PREFIX)}
        return replace(self, tensors=tensors, network={}, label_set=None)

    def describe(self) -> dict[str, Any]:
        """Give what a run notes down about its start, JSON-ready."""
        return {
            "path": str(self.path),
            "kind": self.kind,
            "sha256": self.sha256,
            "provenance": self.provenance,
        }
