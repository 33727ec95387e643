"""VGG16 as the SavedModel of the road-segmentation course project, and FCN-8s trained on it.

The encoder's variables are `conv1_1/filter` and `conv1_1/biases` to `conv5_3/…`, and `fc6/weights`,
`fc6/biases`, `fc7/…`. The decoder is made of six `tf.layers` without names of their own, which
TensorFlow numbers in the order they are made: `conv2d`, `conv2d_1`, `conv2d_2` score fc7, pool4
and pool3, `conv2d_transpose`, `…_1`, `…_2` enlarge by 2, 2 and 8; each has a `kernel` and a `bias`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from roadfcn.errors import ModelFileError
from roadfcn.input_format import InputFormat
from roadfcn.weights.foreign import Arrays, ForeignWeights
from roadfcn.weights.layouts import convolution_hwio, vector
from roadfcn.weights.name_table import Entry, assemble
from roadfcn.weights.tensorflow_files import TensorFlowFiles, find_tensorflow_files
from roadfcn.weights.tensorflow_input_format import input_format_of
from roadfcn.weights.tensorflow_reader import Listed, TensorFlowReader, open_tensorflow
from roadfcn.weights.vgg16_shape import CONVOLUTIONS, DENSE

_ENCODER = [
    Entry(f"{layer}/{theirs}", f"encoder.{layer}.{ours}", layout)
    for layer in (*CONVOLUTIONS, *DENSE)
    for theirs, ours, layout in (
        ("weights" if layer in DENSE else "filter", "weight", convolution_hwio),
        ("biases", "bias", vector),
    )
]

_SCORES = ("score_fr", "score_pool4", "score_pool3")
_UPSAMPLINGS = ("upscore2", "upscore_pool4", "upscore8")
_UPSAMPLING_KERNELS = (4, 4, 16)
"""Of `_UPSAMPLINGS`: twice their strides."""

_LAYER = re.compile(r"(?P<scope>(?:.*/)?)(?P<kind>conv2d|conv2d_transpose)(?:_(?P<number>\d+))?")
_LEAVES = {"filter", "weights", "biases", "kernel", "bias"}

_NETWORK: dict[str, Any] = {
    "head": "8s",
    "alignment": "same",
    "upsampling": "random",
    "upsampling_bias": True,
    "skip_scales": (1.0, 1.0),
    "dropout": 0.5,
}

Shapes = Mapping[str, tuple[int, ...]]


def read_tensorflow_weights(
    path: Path, *, input_format: InputFormat | None = None
) -> ForeignWeights:
    """Read VGG16, or an FCN-8s on it, from a SavedModel or a checkpoint.

    How pictures are prepared is read off a SavedModel's graph. A checkpoint has none, and is
    taken for one of the course project's programs, unless something else is stated: BGR minus
    VGG's mean.

    Args:
        path: As `tensorflow_files.find_tensorflow_files` takes it.
        input_format: What the network wants to be fed, where no graph tells it.

    Raises:
        ModelFileError: TensorFlow is not installed, or does not load; or the files are missing,
            damaged, or of another network; or tensors do not fit, all of them listed; or the
            graph does not tell how pictures are prepared and `input_format` is None, or it tells
            otherwise than `input_format`.
    """
    path = Path(path)
    try:
        files = find_tensorflow_files(path)
        with open_tensorflow(path, files) as reader:
            return _read(path, files, reader, input_format)
    except OSError as problem:
        raise ModelFileError(
            f"the TensorFlow model {path} cannot be read: {problem.strerror or problem}",
            allowed="files that you may read, on a disk that works",
            do="check their rights and the disk",
        ) from problem


def _read(
    path: Path, files: TensorFlowFiles, reader: TensorFlowReader, stated: InputFormat | None
) -> ForeignWeights:
    listed = reader.arrays
    if files.prefix is None:  # of the constants in a graph, few are weights
        listed = {name: one for name, one in listed.items() if name.split("/")[-1] in _LEAVES}
    encoder = {entry.theirs for entry in _ENCODER}
    if not encoder & set(listed):
        raise _another_network(path, list(listed))
    shapes = {name: one.shape for name, one in listed.items()}
    decoder = decoder_table(path, shapes)
    table = [*_ENCODER, *decoder]
    known = {entry.theirs for entry in table}
    left_out = tuple(sorted(name for name in listed if _is_beside(name, listed[name], known)))
    wanted = [name for name in listed if name in known]
    kind = "TensorFlow's FCN-8s" if decoder else "TensorFlow's VGG16"
    kind += "" if files.prefix else " (constants of its graph)"
    unread: Arrays = {name: np.empty(0, np.float32) for name in listed if name not in known}
    tensors = assemble(path, kind, reader.read(wanted) | unread, table, left_out=left_out)
    return ForeignWeights(
        path=path,
        kind=kind,
        sha256=files.sha256(),
        tensors=tensors,
        input_format=input_format_of(
            path, reader.preparation, has_graph=files.graph is not None, stated=stated
        ),
        network=dict(_NETWORK) if decoder else {},
        left_out=left_out,
    )


def decoder_table(path: Path, shapes: Shapes) -> list[Entry]:
    """Give a line for each variable of the six decoder layers; none if there is no such layer.

    TensorFlow goes on counting where a graph has other layers already, and puts the name of the
    scope before. Which layer is which is decided by their shapes, as programs make them in
    different orders too; where shapes leave a choice, the order of their numbers decides.

    Args:
        path: Named in errors.
        shapes: Of all variables, by their names.

    Raises:
        ModelFileError: Not three of each kind, in one scope.
    """
    layers: dict[str, list[tuple[str, int, str]]] = {"conv2d": [], "conv2d_transpose": []}
    for name in shapes:
        layer, _, leaf = name.rpartition("/")
        part = _LAYER.fullmatch(layer)
        if part is not None and leaf == "kernel":
            layers[part["kind"]].append((part["scope"], int(part["number"] or 0), layer))
    every = [layer for kind in layers.values() for layer in kind]
    if not every:
        return []
    if any(len(kind) != 3 for kind in layers.values()) or len({scope for scope, *_ in every}) > 1:
        raise ModelFileError(
            f"{path} has the layers {', '.join(sorted(layer for *_, layer in every))} beside VGG16",
            allowed="none, or three conv2d and three conv2d_transpose in one scope: FCN-8s",
            do="save a checkpoint of a graph in which the decoder is made once only",
        )
    scores, upsamplings = ([layer for *_, layer in sorted(kind)] for kind in layers.values())
    inputs = [shapes.get(f"{layer}/biases", (0,))[0:1] for layer in ("fc7", "conv4_3", "conv3_3")]
    ordered = _fitting(scores, [shapes[f"{one}/kernel"][2:3] for one in scores], inputs)
    ordered += _fitting(
        upsamplings,
        [shapes[f"{one}/kernel"][:1] for one in upsamplings],
        [(kernel,) for kernel in _UPSAMPLING_KERNELS],
    )
    return [
        Entry(f"{theirs}/{leaf}", f"head.{ours}.{our_leaf}", layout)
        for theirs, ours in zip(ordered, _SCORES + _UPSAMPLINGS, strict=True)
        for leaf, our_leaf, layout in (
            ("kernel", "weight", convolution_hwio),
            ("bias", "bias", vector),
        )
    ]


def _fitting(
    layers: list[str], found: Sequence[tuple[int, ...]], wanted: Sequence[tuple[int, ...]]
) -> list[str]:
    """Give the first order of `layers` in which what is found is what is wanted.

    If there is none they stay as they are, and `assemble` tells what does not fit.
    """
    for order in permutations(range(len(layers))):
        if [found[at] for at in order] == list(wanted):
            return [layers[at] for at in order]
    return layers


def _is_beside(name: str, listed: Listed, known: set[str]) -> bool:
    """Tell whether a variable only serves others.

    Such are single numbers, as a count of steps is, and what an optimizer or an average keeps of
    a weight: TensorFlow calls it `<weight>/Adam`.
    """
    if name in known:
        return False
    return listed.shape == () or any(f"/{weight}/" in f"/{name}" for weight in known)


def _another_network(path: Path, names: list[str]) -> ModelFileError:
    few = ", ".join(sorted(names)[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return ModelFileError(
        f"{path} is a TensorFlow model of another network: its variables are {few or 'none'}",
        allowed="VGG16 with variables from conv1_1/filter to fc7/biases, or FCN-8s on it",
        do="give the folder with that VGG16 (data/vgg), or a checkpoint of a network trained on it",
    )
