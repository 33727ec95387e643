"""What a run starts from: the weights that its recipe names, and what they decide about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from roadfcn.errors import ConfigError
from roadfcn.input_format import CAFFE_BGR, IMAGENET_RGB, VGG_BGR, InputFormat
from roadfcn.label_sets import LabelSet
from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.training.recipes.config import InputFormatName, TrainingConfig
from roadfcn.transfer.fitting import Transfer, check_encoder, start_from
from roadfcn.transfer.opening import open_pretrained
from roadfcn.transfer.pretrained import Pretrained
from roadfcn.weights.catalogue import resolve_weights

INPUT_FORMATS: dict[InputFormatName, InputFormat] = {
    "imagenet-rgb": IMAGENET_RGB,
    "vgg-bgr": VGG_BGR,
    "caffe-bgr": CAFFE_BGR,
}
"""The input formats that a recipe can name."""


@dataclass(frozen=True)
class Start:
    """Weights that were taken over, and which of them.

    Args:
        source: As the recipe names it.
        weights: What was opened, without its tensors.
        transfer: What became of the tensors.
    """

    source: str
    weights: Pretrained
    transfer: Transfer

    def to_dict(self) -> dict[str, Any]:
        """Give what a run notes down, JSON-ready."""
        return {
            "source": self.source,
            "input_format": self.weights.input_format.to_dict(),
            **self.weights.describe(),
            **self.transfer.to_dict(),
        }

    def __str__(self) -> str:
        lines = [f"{self.source} ({self.weights.kind})", *self.transfer.lines()]
        return "\n  ".join(lines)


def open_weights(
    config: TrainingConfig, progress: Callable[[int, int | None], None] | None = None
) -> Pretrained | None:
    """Open the weights that a recipe names; None if it names none.

    Args:
        config: The recipe.
        progress: Called with (bytes, bytes in all) while weights are fetched.

    Raises:
        ConfigError: The recipe asks for another input format than the weights want, or for a
            name that is not in the catalogue.
        DownloadError, OutputError: The weights cannot be fetched.
        ModelFileError: They cannot be read.
    """
    if config.weights is None:
        return None
    path = resolve_weights(config.weights, progress=progress)
    stated = config.model.input_format
    weights = open_pretrained(path, input_format=None if stated is None else INPUT_FORMATS[stated])
    if stated is not None and weights.input_format != INPUT_FORMATS[stated]:
        wanted = _named(weights.input_format)
        raise ConfigError(
            f"model.input_format is {stated}, but the weights {config.weights} were trained with "
            f"{wanted}",
            allowed="the input format of the weights",
            do="leave model.input_format out: it follows the weights",
        )
    return weights


def check_weights(config: TrainingConfig) -> None:
    """Refuse weights that cannot be opened, or that do not fit a recipe's network.

    Raises:
        ConfigError, DownloadError, ModelFileError, OutputError: As `open_weights` and `start`.
    """
    weights = open_weights(config)
    if weights is not None:
        architecture = named_architecture(config.model.name, 2, config.model.changes())
        with torch.device("meta"):
            check_encoder(build_fcn(architecture).state_dict(), weights)


def start(source: str, model: FCN, weights: Pretrained, label_set: LabelSet) -> Start:
    """Start a network from opened weights, which are empty afterwards.

    Args:
        source: As the recipe names the weights.
        model: Freshly made; changed in place.
        weights: Where to start.
        label_set: The classes that `model` is going to learn.

    Raises:
        ConfigError: They do not fit the network's encoder.
    """
    transfer = start_from(model, weights, label_set)
    weights.tensors.clear()  # they are copied: half a gigabyte need not stay
    return Start(source, weights, transfer)


def _named(input_format: InputFormat) -> str:
    for name, known in INPUT_FORMATS.items():
        if known == input_format:
            return name
    return f"{input_format}, which no recipe has a name for"
