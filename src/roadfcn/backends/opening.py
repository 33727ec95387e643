"""Open a saved model by what the file is, and give it an engine.

The first bytes decide, not the ending. Nothing here unpickles: a PyTorch `.pt` file can run code
when it is read, so it is named and refused.
"""

from __future__ import annotations

from pathlib import Path

from roadfcn.backends.protocol import Backend
from roadfcn.errors import ModelFileError

_ALLOWED = "a run folder with model.safetensors in it, or a .safetensors file that roadfcn wrote"


def open_backend(path: Path, *, device: str = "auto", precision: str = "auto") -> Backend:
    """Load a model and make it ready to run.

    Args:
        path: A run folder (with `model.safetensors` in it) or a `.safetensors` file.
        device: "auto", "cpu", "cuda", "cuda:1", "mps", ...
        precision: "auto", "float32" or "bfloat16".

    Raises:
        ModelFileError: Missing, damaged, or no model that this version can run.
        ConfigError: No such device or precision.
    """
    path = Path(path)
    if not path.exists():
        raise ModelFileError(
            f"there is no model {path}", allowed=_ALLOWED, do="check the path, or train a model"
        )
    if path.is_file():
        _refuse_other_kinds(path)

    # torch takes seconds to import, and a wrong path should be told at once.
    from roadfcn.backends.torch_engine import TorchBackend
    from roadfcn.checkpoints import load_model

    model, card = load_model(path)
    return TorchBackend(model, card, device=device, precision=precision)


def _refuse_other_kinds(path: Path) -> None:
    """Name what the file is if it is no safetensors file.

    Raises:
        ModelFileError: It is another kind of file.
    """
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as problem:
        raise ModelFileError(
            f"{path} cannot be read: {problem.strerror}",
            allowed="a file that you may read",
            do="check its rights and the disk",
        ) from problem
    # safetensors: eight bytes with the length of a JSON header, then that header.
    if head[8:9] == b"{":
        return
    kind, do = _kind(path, head)
    raise ModelFileError(f"{path} is {kind}", allowed=_ALLOWED, do=do)


def _kind(path: Path, head: bytes) -> tuple[str, str]:
    """Give what a file is, in words, and what to do about it."""
    if not head:
        return "empty (0 bytes)", "copy the file again"
    if path.suffix.lower() == ".onnx":
        return "an ONNX model, and this version has no engine for it", "give the run folder"
    if head.lstrip().startswith(b"<?xml") and b"\0" not in head:
        return "an OpenVINO model, and this version has no engine for it", "give the run folder"
    if head.startswith((b"PK\x03\x04", b"\x80")):
        return (
            "a PyTorch checkpoint, which may run code when it is read",
            "give the run folder, which holds model.safetensors beside last.ckpt",
        )
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "an HDF5 file, such as Keras weights", "give a model that roadfcn trained"
    if head.startswith(b"version https://git-"):
        return "a Git LFS pointer, not the model itself", "fetch it: git lfs pull"
    return "no model of a known kind", "check the path, or train a model"
