"""What kind of file a saved model is, and what its header says, without torch.

A safetensors file is eight bytes with the length of a header, the header as JSON text, then the
tensors' bytes (https://github.com/huggingface/safetensors, "Format"). Reading it runs nothing,
unlike a pickle. Whatever else a user brings is recognised by its first bytes and named; nothing
here unpickles or unpacks. Models that were converted for other engines are told apart here and
read in `converted_files`. What the tensors and metadata mean is not this module's business.
"""

from __future__ import annotations

import contextlib
import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from roadfcn.errors import ModelFileError

MODEL_NAME = "model.safetensors"
"""The model in a run folder."""

CARD_KEY = "roadfcn_card"
"""Where a model's card lies in the metadata of a safetensors file, and of converted ones."""

ENCODER_CARD_KEY = "roadfcn_encoder_card"
"""Where the card of an encoder alone lies."""

MAX_HEADER_BYTES = 16 * 2**20
"""More than any network needs (FCN-8s: 6 kB); bounds the memory a damaged file can ask for."""

ALLOWED = f"a run folder with {MODEL_NAME} in it, or a .safetensors file that roadfcn wrote"

ALLOWED_CONVERTED = "an .onnx file, or an OpenVINO .xml file with its .bin, that roadfcn exported"

ALLOWED_ANY = f"{ALLOWED}; {ALLOWED_CONVERTED}"

ModelKind = Literal["safetensors", "onnx", "openvino"]

_RETRY = "copy or download it again"

_ONNX_VERSIONS = range(1, 64)
"""Of its file format. 14 is the newest by 2026; every one is a single byte until 127."""

_AFTER_ONNX_VERSION = {0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42}
"""Tags that may follow: producer, its version, domain, model's version, text, graph, operators."""


@dataclass(frozen=True)
class StoredTensor:
    """One entry of the header: safetensors' name of the type ("F32"), and the shape."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class ModelFile:
    """What a model file whose length fits its content says of itself.

    Args:
        path: The file itself, also where a run folder was named.
        tensors: Those of a safetensors file; the others tell theirs to their engines only.
        metadata: Texts by name, the card among them.
        kind: What the file is.
    """

    path: Path
    tensors: dict[str, StoredTensor]
    metadata: dict[str, str]
    kind: ModelKind = "safetensors"


def inspect_model_file(path: Path, allowed: str = ALLOWED) -> ModelFile:
    """Read the header of a `.safetensors` file, or of the one in a run folder.

    Args:
        path: The file or folder.
        allowed: What the error says that would be taken.

    Raises:
        ModelFileError: Missing, unreadable, truncated, or of another kind, which is named.
    """
    path = Path(path)
    with reading(path, allowed):
        if path.is_dir():
            path = _model_in(path, allowed)
        with path.open("rb") as file:
            return _read_header(path, file, path.stat().st_size, allowed)


def model_kind(path: Path) -> ModelKind:
    """Tell by its first bytes, and by its name, which kind of model a file means to be.

    What is no model at all passes for a safetensors file: reading it says what it is.

    Raises:
        ModelFileError: Missing or unreadable.
    """
    path = Path(path)
    with reading(path, ALLOWED_ANY):
        if path.is_dir():
            return "safetensors"
        with path.open("rb") as file:
            head = file.read(64)
    if _named_kind(head) is not None:
        return "safetensors"
    suffix = path.suffix.lower()
    if suffix == ".xml" or head.removeprefix(b"\xef\xbb\xbf").startswith(b"<?xml"):
        return "openvino"
    begins = len(head) > 2 and head[0] == 0x08 and head[1] in _ONNX_VERSIONS
    if suffix == ".onnx" or (begins and head[2] in _AFTER_ONNX_VERSION and head[8:9] != b"{"):
        return "onnx"
    return "safetensors"


@contextlib.contextmanager
def reading(path: Path, allowed: str = ALLOWED) -> Iterator[None]:
    """Take any `OSError` inside for a failure to read the model `path`, and say so.

    Raises:
        ModelFileError: Missing, no rights, or whatever else the operating system reported.
    """
    try:
        yield
    except FileNotFoundError as problem:
        raise ModelFileError(
            f"there is no model {path}",
            allowed=allowed,
            do=f"check the path, or {_make(path)} a model",
        ) from problem
    except OSError as problem:
        raise ModelFileError(
            f"the model {path} cannot be read: {problem.strerror or problem}",
            allowed="a file that you may read, on a disk that works",
            do="check its rights and the disk",
        ) from problem


def _make(path: Path) -> str:
    """Say how a model comes into being: converted ones by an export."""
    return "export" if path.suffix.lower() in (".onnx", ".xml", ".bin") else "train"


def _model_in(folder: Path, allowed: str) -> Path:
    if not (folder / MODEL_NAME).is_file():
        raise ModelFileError(
            f"the folder {folder} has no {MODEL_NAME} in it",
            allowed=allowed,
            do="give the folder of a run that has saved a model",
        )
    return folder / MODEL_NAME


def _read_header(path: Path, file: BinaryIO, file_bytes: int, allowed: str) -> ModelFile:
    head = file.read(64)
    header_bytes = struct.unpack("<Q", head[:8])[0] if len(head) >= 8 else 0
    if head[8:9] != b"{" or header_bytes > MAX_HEADER_BYTES:
        kind, do = _kind(path, head, header_bytes)
        raise ModelFileError(f"{path} is {kind}", allowed=allowed, do=do)
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
            raise cut_short(path, file_bytes, 8 + header_bytes) from problem
        raise damaged(path, f"its header cannot be read ({type(problem).__name__})") from problem
    needed = 8 + header_bytes + max(ends, default=0)
    if file_bytes < needed:
        raise cut_short(path, file_bytes, needed)
    if file_bytes > needed:
        raise damaged(path, f"it has {file_bytes} bytes and its tensors end at {needed}")
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


def cut_short(path: Path, found: int, needed: int) -> ModelFileError:
    """Give the error about a file that ends too early."""
    return ModelFileError(
        f"the model {path} is cut short: {found} bytes of at least {needed}",
        allowed="a whole file",
        do="copy or download it again",
    )


def damaged(path: Path, reason: str) -> ModelFileError:
    """Give the error about a file whose content cannot be as it was written."""
    return ModelFileError(
        f"the model {path} is damaged: {reason}",
        allowed="a file as roadfcn wrote it",
        do=f"copy or download it again, or {_make(path)} the model again",
    )


def _kind(path: Path, head: bytes, header_bytes: int) -> tuple[str, str]:
    """Give what a file that is no safetensors file is, in words, and what to do about it."""
    named = _named_kind(head)
    if named is not None:
        return named
    if path.suffix.lower() == ".onnx":
        return "an ONNX model", "give the .safetensors file it was exported from"
    if head.startswith(b"<?xml"):
        return "an XML file, as OpenVINO's are", "give the .safetensors file it was exported from"
    if path.suffix.lower() == ".bin" and path.with_suffix(".xml").is_file():
        return "the weights of an OpenVINO model", f"give {path.with_suffix('.xml')}"
    if head[8:9] == b"{":
        return f"no usable model: its header claims to be {header_bytes} bytes long", _RETRY
    if _is_text(head):
        return f"a text file that begins {head[:24].decode('ascii')!r}", "check the path"
    return "no model", "check the path, or train a model"


def _named_kind(head: bytes) -> tuple[str, str] | None:
    """Recognise what is no model of any kind that is run here: its name, and what to do."""
    if not head:
        return "empty (0 bytes)", _RETRY
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
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        return "a picture", "give a model here; pictures stand without an option before them"
    if head.startswith(b"version https://git-"):
        return "a Git LFS pointer, not the model itself", "fetch the model: git lfs pull"
    return None


def _is_text(head: bytes) -> bool:
    return all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head)
