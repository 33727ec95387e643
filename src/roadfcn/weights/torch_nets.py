"""Which network a torch file holds, told by the names of its tensors, and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from roadfcn.errors import ModelFileError, shown
from roadfcn.input_format import InputFormat
from roadfcn.weights.foreign import ForeignWeights
from roadfcn.weights.layouts import Array
from roadfcn.weights.plain_vgg16 import plain_vgg16
from roadfcn.weights.pytorch_fcn import pytorch_fcn
from roadfcn.weights.state_dicts import read_state_dict
from roadfcn.weights.torchvision_vgg16 import torchvision_vgg16

_FIRST_TENSORS = ("features.0.weight", "conv1_1.weight")
"""Of torchvision's VGG16, and of networks with the Caffe networks' names, ours among them."""


def read_torch_weights(
    path: Path,
    *,
    input_format: InputFormat | None = None,
    at_once: bool | None = None,
    encoder_only: bool = False,
) -> ForeignWeights:
    """Read VGG16 or an FCN on it from a file for which `torch_files.is_torch_file` is true.

    Names may begin with anything that all have in common: `module.`, `model.`, `encoder.`.

    Args:
        path: Zip or legacy format: a state dict, or a checkpoint with one in it.
        input_format: What the network was trained on. A plain state dict does not say it; others
            have the format of their kind, which this one then replaces.
        at_once: Of the PyTorch port's FCN-8s, whether it is the one with scaled skips; None to go
            by what its trainer wrote beside the weights.
        encoder_only: The head is not going to be used: nothing has to be known of it.

    Raises:
        ModelFileError: Damaged, or it wants to run code, or another network, or one whose
            tensors do not fit, or one of which something is not known that has to be said.
        OSError: It cannot be read.
    """
    file = read_state_dict(path)
    prefix, first = _first_tensor(path, list(file.tensors))
    tensors = _without_prefix(file.tensors, prefix)
    if first == "features.0.weight":
        weights = torchvision_vgg16(file, tensors, input_format)
    elif "score_fr.weight" in tensors:
        weights = pytorch_fcn(file, tensors, input_format, at_once, encoder_only=encoder_only)
    else:
        weights = plain_vgg16(file, tensors, input_format)
    if at_once and weights.network.get("head") != "8s":
        raise ModelFileError(
            f"{path} is {weights.kind}, and at_once was given",
            allowed="at_once for an FCN-8s of the PyTorch port only",
            do="leave it out",
        )
    return weights


def _first_tensor(path: Path, names: list[str]) -> tuple[str, str]:
    """Give what stands before the name of the first layer, and that name.

    Raises:
        ModelFileError: No layer, or more than one, is called so.
    """
    found = [
        (name.removesuffix(first), first)
        for first in _FIRST_TENSORS
        for name in names
        if name == first or name.endswith(f".{first}")
    ]
    if len(found) != 1:
        raise ModelFileError(
            f"of the tensors of {path} ({shown(names[:4])}{', ...' * (len(names) > 4)}) "
            f"{'several' if found else 'none'} begin a VGG16",
            allowed="one VGG16 with torchvision's names (features.0.weight), or the Caffe "
            "networks' (conv1_1.weight)",
            do="give the weights of such a network; bring others under one of these names first",
        )
    return found[0]


def _without_prefix(tensors: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """Take the prefix off the names that have it; the others stay, so that errors tell them."""
    return {name.removeprefix(prefix): array for name, array in tensors.items()}
