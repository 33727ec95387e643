"""The tensors of a torch file, as arrays by name, out of whatever a checkpoint wraps them in.

No tensor is larger than its share of the file, so that memory is bounded by the file's length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from roadfcn.downloads.hashes import sha256_of
from roadfcn.errors import ModelFileError, shown
from roadfcn.weights.layouts import Array
from roadfcn.weights.torch_files import SAVE_AGAIN, damaged, load_torch_file

WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Where checkpoints keep the weights: Lightning, PyTorch's tutorials, and others."""


@dataclass(frozen=True)
class StateDict:
    """The weights of a torch file, and what stands beside them.

    Args:
        path: The file.
        sha256: Of its content, in hex.
        tensors: By the file's own names; floating ones as float32. They may lie in the file
            itself, mapped into memory: to be copied.
        facts: Texts beside the weights, such as the name of the network's class.
        left_out: Names of what else stands beside them: an optimizer's state, a scheduler's.
    """

    path: Path
    sha256: str
    tensors: dict[str, Array]
    facts: dict[str, str]
    left_out: tuple[str, ...]


def read_state_dict(path: Path) -> StateDict:
    """Read the weights of a file for which `torch_files.is_torch_file` is true.

    Raises:
        ModelFileError: Damaged, wants to run code, or holds no tensors by name.
        OSError: It cannot be read.
    """
    tensors, beside = _unwrapped(path, load_torch_file(path))
    _check(path, tensors)
    return StateDict(
        path,
        sha256_of(path),
        {name: _array(tensor) for name, tensor in tensors.items()},
        facts={key: item for key, item in beside.items() if isinstance(item, str)},
        left_out=tuple(
            key
            for key, item in beside.items()
            if isinstance(item, dict | list | tuple | torch.Tensor)
        ),
    )


def _unwrapped(path: Path, content: object) -> tuple[dict[str, torch.Tensor], dict[str, object]]:
    """Find the tensors by name, under none or some of `WRAPPERS`, and what stands beside them."""
    beside: dict[str, object] = {}
    held = content
    for _ in WRAPPERS:
        inner = [
            key for key in WRAPPERS if isinstance(held, dict) and isinstance(held.get(key), dict)
        ]
        if not inner or not isinstance(held, dict):
            break
        beside |= {_text(key): item for key, item in held.items() if key != inner[0]}
        held = held[inner[0]]
    entries: Mapping[object, object] = held if isinstance(held, dict) else {}
    tensors = {
        key: item
        for key, item in entries.items()
        if isinstance(key, str) and isinstance(item, torch.Tensor)
    }
    beside |= {_text(key): item for key, item in entries.items() if key not in tensors}
    if not tensors:
        raise ModelFileError(
            f"{path} has no tensors by name in it, but {_shown_content(content)}",
            allowed=f"a state dict, by itself or as {', '.join(WRAPPERS)} of a checkpoint",
            do="save the weights with torch.save(model.state_dict(), 'weights.pth')",
        )
    return tensors, beside


def _text(key: object) -> str:
    return key if isinstance(key, str) else shown(key)


def _shown_content(content: object) -> str:
    if isinstance(content, dict):
        return f"a dictionary with {shown(list(content)[:8])}"
    return f"a {type(content).__name__}"


def _check(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    odd = [
        name
        for name, tensor in tensors.items()
        if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.is_quantized
    ]
    if odd:
        raise ModelFileError(
            f"{path} has tensors without plain numbers: {', '.join(map(shown, odd[:8]))}",
            allowed="dense tensors of floating point numbers",
            do=SAVE_AGAIN,
        )
    # Views can show one number a thousand million times.
    claimed = sum(tensor.nbytes for tensor in tensors.values())
    if claimed > path.stat().st_size:
        raise damaged(path, f"its tensors claim {claimed} bytes, more than it has")


def _array(tensor: torch.Tensor) -> Array:
    plain = tensor.detach()
    return (plain.float() if plain.is_floating_point() else plain).numpy()
