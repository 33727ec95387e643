"""What a run starts from: the weights that its recipe names, and what they decide about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from roadfcn.errors import ConfigError
from roadfcn.input_format import CAFFE_BGR, IMAGENET_RGB, VGG_BGR, InputFormat
from roadfcn.label_sets import LabelSet
from roadfcn.models.fcn import FCN
from roadfcn.training.config import InputFormatName, TrainingConfig
from roadfcn.transfer.fitting import Transfer, start_from
from roadfcn.transfer.opening import open_pretrained
from roadfcn.transfer.pretrained import Pretrained

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
        weights: What was opened.
        transfer: What became of the tensors.
    """

    source: str
    weights: Pretrained
    transfer: Transfer

    def to_dict(self) -> dict[str, Any]:
        """Give what a run notes down, JSON-ready."""
        return {"source": self.source, **self.weights.describe(), **self.transfer.to_dict()}

    def __str__(self) -> str:
        lines = [f"{self.source} ({self.weights.kind})", *self.transfer.lines()]
        return "\n  ".join(lines)


def open_weights(
    config: TrainingConfig, progress: Callable[[int, int | None], None] | None = None
) -> tuple[TrainingConfig, Pretrained | None]:
    """Open the weights that a recipe names; give the recipe with their input format in it.

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
        return config, None
    from roadfcn.weights.catalogue import resolve_weights

    path = resolve_weights(config.weights, progress=progress)
    weights = open_pretrained(path, input_format=_stated_format(config))
    wanted = _name_of(weights.input_format, path)
    if config.model.input_format not in (None, wanted):
        raise ConfigError(
            f"model.input_format is {config.model.input_format}, but the weights "
            f"{config.weights} were trained with {wanted}",
            allowed="the input format of the weights",
            do=f"leave model.input_format out, or set it to {wanted}",
        )
    model = config.model.model_copy(update={"input_format": wanted})
    return config.model_copy(update={"model": model}), weights


def start(
    config: TrainingConfig, model: FCN, weights: Pretrained | None, label_set: LabelSet
) -> Start | None:
    """Start a network from opened weights; None if there are none.

    Raises:
        ConfigError: They do not fit the network's encoder.
    """
    if weights is None:
        return None
    transfer = start_from(model, weights, label_set)
    # The tensors are copied: half a gigabyte need not stay.
    return Start(str(config.weights), replace(weights, tensors={}), transfer)


def _stated_format(config: TrainingConfig) -> InputFormat | None:
    name = config.model.input_format
    return None if name is None else INPUT_FORMATS[name]


def _name_of(input_format: InputFormat, path: Path) -> InputFormatName:
    for name, known in INPUT_FORMATS.items():
        if known == input_format:
            return name
    raise ConfigError(
        f"the weights {path} want an input that no recipe can name: {input_format}",
        allowed=", ".join(INPUT_FORMATS),
        do="start from other weights",
    )
