"""The numbers that describe a fully convolutional network, apart from its weights.

This module holds no torch: recipes and model cards are checked against it before anything is
built.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from roadfcn.encoder_card import MAX_DILATION
from roadfcn.errors import ConfigError
from roadfcn.label_sets import MAX_CLASSES

HeadName = Literal["32s", "16s", "8s", "4s"]
AlignmentName = Literal["same", "pad-100"]
UpsamplingName = Literal["fixed", "learned", "random"]
ScoreStart = Literal["zero", "normal"]

NETWORK = "fcn-vgg16"
"""How a model card names this family of networks."""

_ADDED_LATER: dict[str, Any] = {"decoder_channels": 0, "fc_dilation": 1}
"""What older cards do not say, and what it was then."""


@dataclass(frozen=True)
class FCNArchitecture:
    """An FCN on a VGG16 encoder.

    Sources: Long, Shelhamer and Darrell, CVPR 2015; Shelhamer, Long and Darrell, PAMI 2017 (heads,
    skip scales); Simonyan and Zisserman, ICLR 2015 (encoder).

    Args:
        num_classes: Channels of the output, 1..255.
        head: Stride of the finest map that is scored: "32s", "16s" or "8s"; "4s" where
            `decoder_channels` are given.
        alignment: How the grids of input and output are kept in step: "same" or "pad-100"; see
            `models.alignment`.
        width: Channels of every VGG16 convolution relative to the original (1.0: 64 to 512).
        batch_norm: Normalise after every convolution of the encoder, which then has no bias.
        fc_channels: Channels of fc6 and fc7; 4096 in VGG16.
        fc_kernel: Kernel of fc6: 7 in VGG16; 1, 3 and 5 are possible too, 5 alone with "pad-100".
        fc_dilation: Cells from one element of fc6's kernel to the next, 1 to 8: with 3, a 3x3
            kernel looks as far as VGG16's 7x7 does, for a fifth of its weights (Chen et al.,
            "DeepLab", PAMI 2018, section 3.1). 1 in VGG16, and with "pad-100".
        dropout: Probability that an element of fc6 or fc7 is dropped in training, 0 <= p < 1.
        skip_scales: Factors on pool4 and pool3 before they are scored; (0.01, 0.0001) lets an
            8s head train in one stage from a pretrained encoder (PAMI 2017), whose
            features grow towards the input. (1, 1) otherwise.
        upsampling: Kernels of the transposed convolutions: "fixed" bilinear, "learned" from a
            bilinear start, or "random", learned from N(0, 0.01).
        upsampling_bias: Whether they have a bias as well; not with "fixed".
        score_start: The 1x1 score convolutions start at "zero" or "normal", N(0, 0.01).
        decoder_channels: 0 joins scores, as the papers do. With 1 to 1024, features of so many
            channels are joined, and scored once at the end: see `models.feature_head`. Goes with
            the alignment "same".

    Raises:
        ConfigError: Values out of range or excluding each other, all in one message.
    """

    num_classes: int
    head: HeadName = "8s"
    alignment: AlignmentName = "same"
    width: float = 1.0
    batch_norm: bool = False
    fc_channels: int = 4096
    fc_kernel: int = 7
    dropout: float = 0.5
    skip_scales: tuple[float, float] = (1.0, 1.0)
    upsampling: UpsamplingName = "fixed"
    upsampling_bias: bool = False
    score_start: ScoreStart = "zero"
    decoder_channels: int = 0
    fc_dilation: int = 1

    def __post_init__(self) -> None:
        problems = [
            f"{name} is {getattr(self, name)!r} (allowed: {allowed})"
            for name, usable, allowed in _checks(self)
            if not usable
        ]
        if problems:
            raise ConfigError(
                f"a network cannot be built: {'; '.join(problems)}",
                allowed="the values named above",
                do="correct these values in the recipe, or the model's card",
            )

    @property
    def fc_extent(self) -> int:
        """Edge, in cells, of the square that fc6's kernel is spread over."""
        return self.fc_dilation * (self.fc_kernel - 1) + 1

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON-ready form; `from_dict` reads it back.

        What older versions do not know is left out where it is as they have it.
        """
        values = shortest(dataclasses.asdict(self))
        return {"name": NETWORK, **values, "skip_scales": list(self.skip_scales)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FCNArchitecture:
        """Rebuild an architecture from `to_dict`.

        Raises:
            ConfigError: Another network, unknown or missing keys, or impossible values.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        if values.get("name") != NETWORK:
            raise ConfigError(
                f"the network is called {values.get('name')!r}",
                allowed=NETWORK,
                do="upgrade roadfcn if the model is newer than it, or choose another model",
            )
        arguments = _ADDED_LATER | {key: value for key, value in values.items() if key != "name"}
        unknown = sorted(set(arguments) - set(known))
        missing = [name for name in known if name not in arguments]
        if unknown or missing:
            raise ConfigError(
                f"a network is described with unknown keys {unknown} and without {missing}",
                allowed=f"exactly the keys {', '.join(known)}",
                do="save the model again with this version of roadfcn, or repair its card",
            )
        return cls(**with_tuples(arguments))


def shortest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a description says or does not say, by its age, and means the same."""
    return {
        key: value
        for key, value in values.items()
        if key not in _ADDED_LATER or value != _ADDED_LATER[key]
    }


def _checks(made: FCNArchitecture) -> list[tuple[str, bool, str]]:
    """List (field, whether its value is usable, what would be)."""
    scales = made.skip_scales
    return [
        ("num_classes", _is_count(made.num_classes, MAX_CLASSES), f"1 to {MAX_CLASSES}"),
        (
            "head",
            made.head in get_args(HeadName) and (made.head != "4s" or made.decoder_channels != 0),
            "32s, 16s or 8s, and 4s where decoder_channels is above 0",
        ),
        ("alignment", made.alignment in get_args(AlignmentName), "same or pad-100"),
        ("width", _is_number(made.width) and 0 < made.width <= 4, "above 0, up to 4"),
        ("batch_norm", isinstance(made.batch_norm, bool), "true or false"),
        ("fc_channels", _is_count(made.fc_channels, 65536), "1 to 65536"),
        ("fc_kernel", _fits(made.fc_kernel, made.alignment), "1, 3, 5 or 7; 5 or 7 for pad-100"),
        (
            "fc_dilation",
            _is_count(made.fc_dilation, MAX_DILATION if _can_spread(made) else 1),
            f"1 to {MAX_DILATION}, and 1 for pad-100 or an fc_kernel of 1",
        ),
        ("dropout", _is_number(made.dropout) and 0 <= made.dropout < 1, "0 up to, not with, 1"),
        (
            "skip_scales",
            isinstance(scales, tuple)
            and len(scales) == 2
            and all(_is_number(scale) and scale > 0 for scale in scales),
            "two factors above 0: for pool4, for pool3",
        ),
        ("upsampling", made.upsampling in get_args(UpsamplingName), "fixed, learned or random"),
        (
            "upsampling_bias",
            isinstance(made.upsampling_bias, bool)
            and not (made.upsampling_bias and made.upsampling == "fixed"),
            "true or false, and false where upsampling is fixed",
        ),
        ("score_start", made.score_start in get_args(ScoreStart), "zero or normal"),
        (
            "decoder_channels",
            made.decoder_channels == 0
            if made.alignment != "same"
            else made.decoder_channels == 0 or _is_count(made.decoder_channels, 1024),
            "0 to 1024, and 0 where the alignment is not same",
        ),
    ]


def _fits(fc_kernel: object, alignment: str) -> bool:
    """Tell whether fc6 can have this kernel.

    An even one has no centre. One above 7 does not fit on the 7x7 cells that pool5 has, in the
    pad-100 alignment, for a picture of one pixel; one below 5 leaves so large a map there that
    pool4 and pool3 do not cover its doubles.
    """
    smallest = 5 if alignment == "pad-100" else 1
    return _is_count(fc_kernel, 7) and fc_kernel in range(smallest, 8, 2)


def _can_spread(made: FCNArchitecture) -> bool:
    return made.alignment != "pad-100" and made.fc_kernel != 1


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the lists that JSON and YAML have into the tuples a frozen dataclass needs."""
    return {key: tuple(item) if isinstance(item, list) else item for key, item in values.items()}
