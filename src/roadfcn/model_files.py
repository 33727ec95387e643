"""What kind of file a saved model is, and what its header says, without torch.

A safetensors file is eight bytes with the length of a header, the header as JSON text, then the
tensors' bytes (https://github.com/huggingface/safetensors, "Format"). Reading it runs nothing,
unlike a pickle. Whatever else a user brings is recognised by its first bytes and named; nothing
here unpickles or unpacks. What the tensors and metadata mean is not this module's business.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from roadfcn.errors import ModelFileError

MODEL_NAME = "model.safetensors"
"""The model in a run folder."""

CARD_KEY = "roadfcn_card"
"""Where a model's card lies in the metadata of a safetensors file."""

ENCODER_CARD_KEY = "roadfcn_encoder_card"
"""Where the card of an encoder alone lies."""

MAX_HEADER_BYTES = 16 * 2**20
"""More than any network needs (FCN-8s: 6 kB); bounds the memory a damaged file can ask for."""

ALLOWED = f"a run folder with {MODEL_NAME} in it, or a .safetensors file that roadfcn wrote"


@dataclass(frozen=True)
class StoredTensor:
    """One entry of the header: safetensors' name of the type ("F32"), and the shape."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class ModelFile:
    """The header of a safetensors file whose length fits it."""

    path: Path
    tensors: dict[str, StoredTensor]
    metadata: dict[str, str]


def inspect_model_file(path: Path) -> ModelFile:
    """Read the header of a `.safetensors` file, or of the one in a run folder.

    Raises:
        ModelFileError: Missing, unreadable, truncated, or of another kind, which is named.
    """
    path = Path(path)
    try:
        if path.is_dir():
            path = _model_in(path)
        with path.open("rb") as file:
            return _read_header(path, file, path.stat().st_size)
    except FileNotFoundError as problem:
        raise ModelFileError(
            f"there is no model {path}", allowed=ALLOWED, do="check the path, or train a model"
        ) from problem
    except OSError as problem:
        raise ModelFileError(
            f"the model {path} cannot be read: {problem.strerror or problem}",
            allowed="a file that you may read, on a disk that works",
            do="check its rights and the disk",
        ) from problem


def _model_in(folder: Path) -> Path:
    if not (folder / MODEL_NAME).is_file():
        raise ModelFileError(
            f"the folder {folder} has no {MODEL_NAME} in it",
            allowed=ALLOWED,
            do="give the folder of a run that has saved a model",
        )
    return folder / MODEL_NAME


def _read_header(path: Path, file: BinaryIO, file_bytes: int) -> ModelFile:
    head = file.read(64)
    header_bytes = struct.unpack("<Q", head[:8])[0] if len(head) >= 8 else 0
    if head[8:9] != b"{" or header_bytes > MAX_HEADER_BYTES:
        kind, do = _kind(path, head, header_bytes)
        raise ModelFileError(f"{path} is {kind}", allowed=ALLOWED, do=do)
    file.seek(8)
    text = file.read(header_bytes)
    try:
        header = json.loads(text)
        metadata = {str(key): str(item) for key, item in header.pop("__metadata__", {}).items()}
        tensors = {str(name): _stored_tensor(entry) for name, entry in header.items()}
        ends = [int(entry["data_offsets"][1]) for entry in header.values()]
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as problem:
        if len(text) < header_bytes:
            raise _cut_short(path, file_bytes, 8 + header_bytes) from problem
        raise _damaged(path, f"its header cannot be read ({type(problem).__name__})") from problem
    needed = 8 + header_bytes + max(ends, default=0)
    if file_bytes < needed:
        raise _cut_short(path, file_bytes, needed)
    if file_bytes > needed:
        raise _damaged(path, f"it has {file_bytes} bytes and its tensors end at {needed}")
    return ModelFile(path, tensors, metadata)


def _stored_tensor(entry: Any) -> StoredTensor:  # noqa: ANN401 - any JSON value
    """Check one entry of the header: type, shape and place must be consistent where we know it."""
    shape = tuple(int(size) for size in entry["shape"])
    begin, end = (int(offset) for offset in entry["data_offsets"])
    element_bytes = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8}.get(str(entry["dtype"]))
    if min(shape, default=0) < 0 or not 0 <= begin <= end:
        raise ValueError("negative size")
    if element_bytes is not None and math.prod(shape) * element_bytes != end - begin:
        raise ValueError("shape and length differ")
    return StoredTensor(str(entry["dtype"]), shape)


def _cut_short(path: Path, found: int, needed: int) -> ModelFileError:
    return ModelFileError(
        f"the model {path} is cut short: {found} bytes of at least {needed}",
        allowed="a whole file",
        do="copy or download it again",
    )


def _damaged(path: Path, reason: str) -> ModelFileError:
    return ModelFileError(
        f"the model {path} is damaged: {reason}",
        allowed="a file as roadfcn wrote it",
        do="copy or download it again, or train the model again",
    )


def _kind(path: Path, head: bytes, header_bytes: int) -> tuple[str, str]:
    """Give what a file that is no safetensors file is, in words, and what to do about it."""
    retry = "copy or download it again"
    if not head:
        return "empty (0 bytes)", retry
    if head.startswith(b"PK\x03\x04"):
        return (
            "a zip file, as PyTorch's .pth, .pt and .ckpt are: it may run code when it is loaded",
            f"give the run folder, or the {MODEL_NAME} that lies beside it",
        )
    if head[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        return (
            "a Python pickle, as old PyTorch checkpoints are: it may run code when it is loaded",
            f"give the run folder, or the {MODEL_NAME} that lies beside it",
        )
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "an HDF5 file, such as Keras weights", "give a model that roadfcn saved"
    if head.startswith(b"version https://git-"):
        return "a Git LFS pointer, not the model itself", "fetch the model: git lfs pull"
    if path.suffix.lower() == ".onnx":
        return "an ONNX model", "give the .safetensors file it was exported from"
    if head.startswith(b"<?xml"):
        return "an XML file, as OpenVINO's are", "give the .safetensors file it was exported from"
    if head[8:9] == b"{":
        return f"no usable model: its header claims to be {header_bytes} bytes long", retry
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head):
        return f"a text file that begins {head[:24].decode('ascii')!r}", "check the path"
    return "no safetensors file", "check the path, or train a model"
