"""Keras' VGG16 under our names, out of each of the layouts that its versions wrote.

Sources: `vgg16.py` of keras.applications for the layers; the files themselves for the paths:
`block1_conv1/block1_conv1_W_1:0` in the published files, `block1_conv1/block1_conv1/kernel:0`
later, both under `model_weights` where the whole model was saved and under `vgg16` where it is a
part of another; `layers/conv2d_3/vars/0`, by kind and number, in `.weights.h5`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from roadfcn.downloads.hashes import sha256_of
from roadfcn.errors import ModelFileError, shown
from roadfcn.input_format import VGG_BGR
from roadfcn.weights.foreign import ForeignWeights
from roadfcn.weights.hdf5_files import read_hdf5_arrays
from roadfcn.weights.layouts import convolution_hwio, dense_hwc, dense_pointwise_io, vector
from roadfcn.weights.name_table import Entry, assemble
from roadfcn.weights.vgg16_shape import CONVOLUTIONS

_LAYER = re.compile(r"block[1-5]_conv[1-4]|fc[12]")
_PART = re.compile(r"(?:.*_)?(kernel|bias|W|b)(?:_\d+)?(?::0)?")
_NUMBERED = re.compile(
    r"(?P<model>.*?)(?:layers|_layer_checkpoint_dependencies)/"
    r"(?P<kind>conv2d|dense)(?:_(?P<number>\d{1,4}))?/vars/(?P<part>[01])"
)
_TOP = re.compile(r"predictions|dense(_\d+)?")
"""Layers after VGG16: its own last one, and those that others put in its place."""

_CONVOLUTIONS = [f"block{layer[4]}_conv{layer[6]}" for layer in CONVOLUTIONS]
_KINDS = ("conv2d", "dense")
_PARTS = {
    "kernel": "kernel",
    "W": "kernel",
    "0": "kernel",
    "bias": "bias",
    "b": "bias",
    "1": "bias",
}


def read_keras_weights(path: Path) -> ForeignWeights:
    """Read Keras' VGG16, with its top or without, from a file for which `is_hdf5` is true.

    Layers after it, its own `predictions` or somebody's `dense`, are left out.

    Raises:
        ModelFileError: h5py is missing; damaged; another network, or tensors that do not fit.
        OSError: It cannot be read.
    """
    arrays = read_hdf5_arrays(path, lambda name: not name.startswith("optimizer"))
    places = _places(path, arrays)
    table = _table(places)
    taken = {entry.theirs for entry in table}
    left_out = [
        name
        for name in arrays
        if name not in taken and any(map(_TOP.fullmatch, name.split("/")[:-1]))
    ]
    tensors = assemble(path, "Keras' VGG16", arrays, table, left_out=left_out)
    return ForeignWeights(
        path, "Keras' VGG16", sha256_of(path), tensors, VGG_BGR, left_out=tuple(left_out)
    )


def _places(path: Path, names: Iterable[str]) -> dict[str, str]:
    """Give the path of each `block1_conv1/kernel` in the file.

    Raises:
        ModelFileError: There is no VGG16, or more than one.
    """
    found = [(key, name) for name in names if (key := _named(name))]
    found = found or list(_numbered(names))
    places = dict(found)
    if "block1_conv1/kernel" not in places or "block3_conv4/kernel" in places:
        held = "Keras' VGG19" if places.get("block3_conv4/kernel") else "no VGG16 of Keras"
        raise ModelFileError(
            f"{path} is {held}: its arrays are called {shown(sorted(names)[:4])} and so on",
            allowed="VGG16 of keras.applications, with layers block1_conv1 to block5_conv3",
            do="save its weights with model.save_weights, of the VGG16 alone if it is a part",
        )
    if len(places) < len(found):
        raise ModelFileError(
            f"{path} has several VGG16s in it",
            allowed="one",
            do="save the weights of the one that is wanted alone",
        )
    return places


def _named(name: str) -> str | None:
    *folders, leaf = name.split("/")
    layers = [folder for folder in folders if _LAYER.fullmatch(folder)]
    part = _PART.fullmatch(leaf)
    return f"{layers[-1]}/{_PARTS[part[1]]}" if layers and part else None


def _numbered(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Give (`block1_conv1/kernel`, path) where layers have a kind and a number and no name.

    They are numbered in their order within each model, so the model with thirteen convolutions
    is taken for VGG16; three dense layers in it are its top.
    """
    models: dict[str, dict[tuple[str, int, str], str]] = {}
    for name in names:
        if match := _NUMBERED.fullmatch(name):
            key = (match["kind"], int(match["number"] or 0), match["part"])
            models.setdefault(match["model"], {})[key] = name
    for layers in models.values():
        numbers = {kind: {key[1] for key in layers if key[0] == kind} for kind in _KINDS}
        if numbers["conv2d"] != set(range(len(_CONVOLUTIONS))):
            continue
        has_top = numbers["dense"] == {0, 1, 2}
        for (kind, number, part), name in layers.items():
            known = _CONVOLUTIONS if kind == "conv2d" else ("fc1", "fc2") if has_top else ()
            if number < len(known):
                yield f"{known[number]}/{_PARTS[part]}", name


def _table(places: Mapping[str, str]) -> list[Entry]:
    has_fc = any(key.startswith("fc") for key in places)
    layers = [
        (theirs, ours, convolution_hwio)
        for theirs, ours in zip(_CONVOLUTIONS, CONVOLUTIONS, strict=True)
    ]
    layers += [("fc1", "fc6", dense_hwc), ("fc2", "fc7", dense_pointwise_io)] if has_fc else []
    table = []
    for theirs, ours, layout in layers:
        kernel, bias = f"{theirs}/kernel", f"{theirs}/bias"
        table.append(Entry(places.get(kernel, kernel), f"encoder.{ours}.weight", layout))
        table.append(Entry(places.get(bias, bias), f"encoder.{ours}.bias", vector))
    return table
