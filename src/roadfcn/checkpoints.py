"""Saving and loading our own models: a safetensors file with the model's card in its metadata.

Loading checks everything before it makes anything: the kind of file, the card, and each tensor's
name, shape and type against the network that the card describes.
"""

from __future__ import annotations

import errno
import re
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.model_card import ModelCard, card_of
from roadfcn.model_files import CARD_KEY, ModelFile, StoredTensor, inspect_model_file
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.output_files import atomic_output
from roadfcn.weights.shipped_models import find_model

_FLOATS = ("F16", "BF16", "F32")
"""Stored types that are read as float32."""


def save_model(path: Path, model: FCN, card: ModelCard, *, half: bool = False) -> None:
    """Write a model and its card to `path` in one step.

    Args:
        path: A `.safetensors` file; replaced if it exists.
        model: On any device and in any memory format.
        card: Its `architecture` is that of the model.
        half: Store kernels as float16: half the size, and about three significant digits.
            Biases and batch norm stay float32.

    Raises:
        ModelFileError: The card describes another network, or a kernel is too large for float16.
        OutputError: The file cannot be written; what was there before is still there.
    """
    _check_card(model, card)
    tensors = {
        name: _storable(name, tensor, half=half) for name, tensor in model.state_dict().items()
    }
    save_tensors(path, tensors, {CARD_KEY: card.to_json()})


def save_tensors(path: Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    """Write tensors, dense and on the CPU, as a safetensors file in one step.

    Raises:
        OutputError: The file cannot be written; what was there before is still there.
    """
    size = sum(tensor.nbytes for tensor in tensors.values())
    with atomic_output(path, durable=True, needed_bytes=size) as part:
        part.touch()
        mode = part.stat().st_mode
        try:
            save_file(tensors, part, metadata)
        except SafetensorError as problem:
            raise _as_os_error(problem) from problem
        # safetensors gives its files to their owner alone, whatever the umask says.
        part.chmod(mode)


def load_model(path: str | Path) -> tuple[FCN, ModelCard]:
    """Read a model from a file, a run folder or by its name, on the CPU and in eval mode.

    Weights are float32, however they are stored. Names are those of the models that come with
    roadfcn, see `weights.shipped_models`.

    Raises:
        ModelFileError: No usable model; missing, unknown and misshapen tensors are all listed.
        LabelSetError: The label set in the card is unusable.
    """
    file = inspect_model_file(find_model(path))
    card = card_of(file)
    try:
        architecture = FCNArchitecture.from_dict(card.architecture)
        card = replace(card, architecture=architecture.to_dict())  # in the form of this version
    except ConfigError as problem:
        raise ModelFileError(
            f"the card of {file.path} describes a network that this version does not know: "
            f"{problem.found}",
            allowed=problem.allowed,
            do="upgrade roadfcn if the model is newer than it, or train the model again",
        ) from problem
    # Shapes without memory: a card cannot ask for more than the file really holds.
    with torch.device("meta"):
        model = build_fcn(architecture)
    _check_card(model, card)
    _check_tensors(file, model)
    model.load_state_dict(read_tensors(file), strict=True, assign=True)
    return model.eval(), card


def _check_card(model: FCN, card: ModelCard) -> None:
    """Make sure that a card is about this network."""
    if card.architecture != model.architecture.to_dict():
        raise ModelFileError(
            f"a card describes the network {card.architecture}",
            allowed=f"that of the model: {model.architecture.to_dict()}",
            do="make the card from model.architecture.to_dict()",
        )
    if len(card.label_set) != model.architecture.num_classes:
        raise ModelFileError(
            f"a card's label set '{card.label_set.name}' has {len(card.label_set)} classes and its "
            f"network {model.architecture.num_classes}",
            allowed="one class for each channel of the output",
            do="use the label set that the model was trained on",
        )


def _storable(name: str, tensor: torch.Tensor, *, half: bool) -> torch.Tensor:
    """Give a tensor as it is stored: on the CPU, dense, float32 or float16."""
    stored = tensor.detach().cpu().contiguous()
    if not stored.is_floating_point():
        return stored
    if not (half and stored.ndim > 1):
        return stored.float()
    largest = float(stored.abs().max())
    if largest > torch.finfo(torch.float16).max:
        raise ModelFileError(
            f"{name} has values up to {largest:g}",
            allowed="up to 65504 where weights are stored as float16",
            do="save the model in full precision",
        )
    return stored.half()


def _check_tensors(file: ModelFile, model: FCN) -> None:
    """Compare names, shapes and types of all tensors.

    Raises:
        ModelFileError: With every difference.
    """
    wanted = model.state_dict()
    problems = [f"{name} is missing" for name in wanted if name not in file.tensors]
    problems += [f"{name} is unknown" for name in file.tensors if name not in wanted]
    for name, tensor in wanted.items():
        stored = file.tensors.get(name, StoredTensor("", ()))
        if name not in file.tensors:
            continue
        if stored.shape != tuple(tensor.shape):
            problems.append(f"{name} is {list(stored.shape)} and not {list(tensor.shape)}")
        types = _FLOATS if tensor.is_floating_point() else ("I64",)
        if stored.dtype not in types:
            problems.append(f"{name} has the type {stored.dtype} and not {' or '.join(types)}")
    if problems:
        raise ModelFileError(
            f"the tensors of {file.path} do not fit the network of its card: {'; '.join(problems)}",
            allowed=f"exactly the {len(wanted)} tensors of that network",
            do="train or export the model again with this version of roadfcn",
        )


def read_tensors(file: ModelFile) -> dict[str, torch.Tensor]:
    """Read all tensors, floating ones as float32, into memory of our own.

    The file may be replaced or cut while they are used.

    Raises:
        ModelFileError: The file cannot be read.
    """
    tensors = {}
    try:
        with safe_open(file.path, framework="pt", device="cpu") as opened:
            for name in file.tensors:
                stored: torch.Tensor = opened.get_tensor(name)
                dtype = torch.float32 if stored.is_floating_point() else stored.dtype
                tensors[name] = stored.to(dtype, copy=True)
    except (SafetensorError, OSError) as problem:
        raise ModelFileError(
            f"the model {file.path} is damaged: {problem}",
            allowed="a file as roadfcn wrote it",
            do="copy or download it again, or train the model again",
        ) from problem
    return tensors


def _as_os_error(problem: SafetensorError) -> OSError:
    """Give back the operating system's error, which safetensors only has in its text."""
    match = re.search(r"os error (\d+)", str(problem))
    return OSError(int(match[1]) if match else errno.EIO, str(problem))
