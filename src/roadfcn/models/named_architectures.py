"""The networks that a recipe can name, with their numbers in sight. No torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from roadfcn.errors import ConfigError
from roadfcn.models.architecture import FCNArchitecture, HeadName, with_tuples


def vgg16_fcn(num_classes: int, head: HeadName = "8s") -> FCNArchitecture:
    """Give the network of the papers: the whole VGG16, pad-100, bilinear upsampling that is fixed.

    134 million parameters. It wants weights pretrained on ImageNet: its scores start at zero.
    """
    return FCNArchitecture(num_classes, head, alignment="pad-100")


def slim_fcn(num_classes: int, head: HeadName = "8s") -> FCNArchitecture:
    """Give the network for laptops: a quarter of the width, batch norm and a small fc6 and fc7.

    1.3 million parameters; trains from scratch.
    """
    return FCNArchitecture(
        num_classes,
        head,
        width=0.25,
        batch_norm=True,
        fc_channels=256,
        fc_kernel=3,
        dropout=0.1,
        upsampling="learned",
        score_start="normal",
    )


def tensorflow_fcn(num_classes: int, head: HeadName = "8s") -> FCNArchitecture:
    """Give the network as TensorFlow programs commonly write it on a frozen VGG16 graph.

    'Same' padding everywhere; scores and upsampling start at N(0, 0.01) and have biases.
    """
    return FCNArchitecture(
        num_classes, head, upsampling="random", upsampling_bias=True, score_start="normal"
    )


ARCHITECTURES: dict[str, Callable[[int], FCNArchitecture]] = {
    "vgg16": vgg16_fcn,
    "slim": slim_fcn,
    "tensorflow": tensorflow_fcn,
}
"""The networks that a recipe can name."""


def named_architecture(
    name: str, num_classes: int, changes: Mapping[str, Any] | None = None
) -> FCNArchitecture:
    """Give a network by its name in `ARCHITECTURES`, with some of its values changed.

    Raises:
        ConfigError: No such name, or `changes` with unknown keys or impossible values.
    """
    if name not in ARCHITECTURES:
        raise ConfigError(
            f"there is no network called {name!r}",
            allowed=", ".join(ARCHITECTURES),
            do="use one of these names",
        )
    changeable = [field.name for field in dataclasses.fields(FCNArchitecture)][1:]
    unknown = sorted(set(changes or {}) - set(changeable))
    if unknown:
        raise ConfigError(
            f"a network has no {', '.join(unknown)} to change",
            allowed=", ".join(changeable),
            do="use one of these keys",
        )
    return dataclasses.replace(ARCHITECTURES[name](num_classes), **with_tuples(changes or {}))
