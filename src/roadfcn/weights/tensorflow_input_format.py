"""What a TensorFlow network wants to be fed, as far as its graph tells.

The course project's graph turns RGB into BGR and takes VGG's mean off, before its first
convolution. A graph that does so, in either order of colours and with whatever mean, says all that
is needed. Of any other graph nothing is guessed, as a wrong guess would cost accuracy and no error.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from roadfcn.errors import ModelFileError
from roadfcn.input_format import CAFFE_BGR, VGG_BGR, InputFormat

_LOG = logging.getLogger(__name__)

Preparation = Sequence[tuple[int, float]]
"""For each channel that the first convolution sees: which one of the picture's it is, and what was
subtracted."""

_UNTOUCHED = [(0, 0.0), (1, 0.0), (2, 0.0)]
_TURNED = _UNTOUCHED[::-1]


def told_format(preparation: Preparation | None) -> InputFormat | None:
    """Give the format that a graph's preparation amounts to; None if it does not say all of it.

    Pictures from which nothing is subtracted have been prepared by somebody else before.
    """
    order = tuple(channel for channel, _ in preparation or ())
    if not preparation or order not in ((0, 1, 2), (2, 1, 0)):
        return None
    if not any(mean for _, mean in preparation):
        return None
    means = [np.float32(mean) for _, mean in preparation]
    # The graph holds 103.939 as the float32 next to it: told as it was written.
    first, second, third = (float(str(mean)) for mean in means)
    found = InputFormat(
        "rgb" if order[0] == 0 else "bgr", 1.0, (first, second, third), (1.0, 1.0, 1.0)
    )
    for known in (VGG_BGR, CAFFE_BGR):  # the latter's means have more digits than float32
        same = means == [np.float32(mean) for mean in known.mean]
        if same and known.channel_order == found.channel_order:
            return known
    return found


def input_format_of(
    path: Path, preparation: Preparation | None, *, has_graph: bool, stated: InputFormat | None
) -> InputFormat:
    """Give what a network wants to be fed: what its graph tells, or else what is stated.

    A checkpoint without a graph is of a network on the course project's VGG16, if nobody says
    otherwise: that graph's way with pictures belongs to the variables' names.

    Args:
        path: Named in errors.
        preparation: What the graph does to pictures, None if that is unclear.
        has_graph: Whether there is a graph to ask.
        stated: What the user says, if anything.

    Raises:
        ModelFileError: The graph does not tell and nobody else does, or they contradict.
    """
    told = told_format(preparation)
    if told is None and stated is None and has_graph:
        raise _untold(path, preparation)
    if told is not None and stated not in (None, told):
        raise ModelFileError(
            f"{path} is said to want {_words(stated or told)}, but its graph makes {_words(told)} "
            "of pictures",
            allowed="the format that the graph tells, as it was trained with",
            do="leave the input format out: --input-format on the command line, "
            "model.input_format in a recipe, input_format in Python",
        )
    if told is None and stated is None:
        _LOG.info("%s: no graph tells how pictures are prepared: taken for VGG's way", path)
    return told or stated or VGG_BGR


def _untold(path: Path, preparation: Preparation | None) -> ModelFileError:
    if preparation is None:
        why = "prepares pictures in a way that is not understood"
    elif list(preparation) == _UNTOUCHED:
        why = "takes pictures as they come, prepared by another program"
    elif list(preparation) == _TURNED:
        why = "changes the order of colours and subtracts no mean"
    else:
        why = "mixes colours up"
    return ModelFileError(
        f"{path} does not say what it wants to be fed: its graph {why}",
        allowed="a graph that orders colours and subtracts a mean, and nothing else before the "
        "first convolution; of another one imagenet-rgb, vgg-bgr or caffe-bgr, if stated",
        do="look up how its training prepared pictures, and state it: --input-format on the "
        "command line, model.input_format in a recipe, input_format in Python",
    )


def _words(input_format: InputFormat) -> str:
    """Say a format as arithmetic, such as `BGR * 1 - (103.939, 116.779, 123.68)`."""
    mean, std = (
        ", ".join(f"{number:.9g}" for number in numbers)
        for numbers in (input_format.mean, input_format.std)
    )
    words = f"{input_format.channel_order.upper()} * {input_format.scale:.6g} - ({mean})"
    return words if input_format.std == (1.0, 1.0, 1.0) else f"({words}) / ({std})"
