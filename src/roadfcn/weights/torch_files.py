"""Any file that `torch.save` wrote, loaded without running anything out of it.

Two formats are known: a zip of stored files with a pickle among them (torch 1.6 and later), and
pickles followed by bytes. Both are read with torch's `weights_only`, after `pickle_audit` has seen
nothing else in them. What the tensors are is `state_dicts`' business.
"""

from __future__ import annotations

import contextlib
import errno
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import torch

from roadfcn.downloads.archive_members import BoundedFile
from roadfcn.errors import ModelFileError, shown
from roadfcn.weights.pickle_audit import NUMPY_CALLS, foreign_calls

MAX_PICKLE_BYTES = 16 * 2**20
"""More than the names of any network need (VGG16 with an optimizer's state: 0.1 MB)."""

SAVE_AGAIN = (
    "where you trust the file, load it in the program that wrote it and save its tensors alone: "
    "torch.save(model.state_dict(), 'weights.pth')"
)
"""What to do with a file that holds more than tensors."""

_ZIP_START = b"PK\x03\x04"
_LEGACY_START = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # torch.save's magic number, pickled
_PIECE_BYTES = 2**20  # a `BoundedFile` gives no more than 8 of them at once
_LEGACY_PICKLES = 5  # magic number, protocol, system, content, keys of the storages


def is_torch_file(path: Path) -> bool:
    """Tell whether a file is a torch zip or a pickle, whole or cut short."""
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith(_ZIP_START):
        # torch writes the pickle first; an archive packed anew tells by its list of contents.
        return b"/data.pkl" in head or any(map(_is_torchs, _zip_names(path)))
    return head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")


def load_torch_file(path: Path) -> object:
    """Load what `torch.save` was given, if it is made of tensors and plain values.

    Tensors of a zip lie in the file itself, mapped into memory: they are to be copied.

    Args:
        path: A file for which `is_torch_file` is true.

    Raises:
        ModelFileError: Damaged, or it wants to run code.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        is_zip = file.read(4) == _ZIP_START
    pickles = _zipped_pickle(path) if is_zip else _legacy_start(path)
    _check_pickles(path, pickles, is_zip=is_zip)
    return _load(path, mapped=is_zip)


def _is_torchs(name: str) -> bool:
    return name.endswith(("/data.pkl", "/constants.pkl"))


def _zip_names(path: Path) -> list[str]:
    try:
        with _zip(path) as archive:
            return archive.namelist()
    except ModelFileError:
        return []


@contextlib.contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with BoundedFile(path) as file, zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError) as problem:
        raise damaged(path, "its zip directory is missing or wrong, as if cut short") from problem
    except OSError as problem:
        if problem.errno != errno.EINVAL:
            raise
        raise damaged(path, "its zip directory points out of it") from problem


def _zipped_pickle(path: Path) -> bytes:
    """Give the pickle of a torch zip whose list of contents makes sense."""
    with _zip(path) as archive:
        entries = archive.infolist()
        _check_entries(path, entries)
        (pickle,) = (entry for entry in entries if entry.filename.endswith("/data.pkl"))
        if pickle.file_size > MAX_PICKLE_BYTES:
            raise damaged(path, f"its pickle has {pickle.file_size} bytes")
        _check_content(path, archive)
        with archive.open(pickle) as file:
            return b"".join(iter(lambda: file.read(_PIECE_BYTES), b""))


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if any(name.endswith("/constants.pkl") for name in names):
        raise ModelFileError(
            f"{path} is a TorchScript program, not weights alone",
            allowed="a file of tensors by name",
            do=SAVE_AGAIN,
        )
    packed = [entry.filename for entry in entries if entry.compress_type != zipfile.ZIP_STORED]
    if packed:
        raise damaged(path, f"{shown(packed[0])} is compressed, which torch never does")
    # Entries that share their bytes would unpack to more than there is.
    if sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise damaged(path, "its zip directory claims more bytes than it has")
    folders = {name.split("/")[0] for name in names}
    pickles = [name for name in names if name.split("/")[1:] == ["data.pkl"]]
    if len(set(names)) < len(names) or len(folders) != 1 or len(pickles) != 1:
        raise damaged(path, "its zip directory is not as torch writes it")


def _check_content(path: Path, archive: zipfile.ZipFile) -> None:
    """Compare the checksums of all entries, which torch does not; some files have none, or 0."""
    for entry in archive.infolist():
        try:
            with archive.open(entry) as file:
                while entry.CRC and file.read(_PIECE_BYTES):
                    pass
        except zipfile.BadZipFile as problem:
            raise damaged(path, f"{entry.filename} is not what was written") from problem


def _legacy_start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_PICKLE_BYTES)


def _check_pickles(path: Path, content: bytes, *, is_zip: bool) -> None:
    """Refuse pickles that call anything but what tensors need, before torch sees them."""
    is_legacy = content.startswith(_LEGACY_START)
    file = io.BytesIO(content)
    foreign: list[str] = []
    try:
        for _ in range(_LEGACY_PICKLES if is_legacy else 1):
            foreign += foreign_calls(file)
    except ValueError as problem:
        raise damaged(path, f"its pickle cannot be read: {problem}") from problem
    if foreign:
        raise ModelFileError(
            f"{path} is a pickle that holds more than tensors; loading it would call or make "
            f"{', '.join(foreign)}",
            allowed="tensors and plain values, as nothing out of a file is run",
            do=SAVE_AGAIN,
        )
    if not (is_zip or is_legacy):
        raise ModelFileError(
            f"{path} is a Python pickle that torch.save did not write",
            allowed="a file that torch.save wrote",
            do="save the weights with torch.save(model.state_dict(), 'weights.pth')",
        )


class _Skipped:
    """Stands for a number of numpy's, and for its type."""

    def __init__(self, *arguments: object) -> None:
        del arguments

    def __setstate__(self, state: object) -> None:
        del state


def _load(path: Path, *, mapped: bool) -> object:
    harmless = [(_Skipped, name) for name in sorted(NUMPY_CALLS)]
    try:
        with torch.serialization.safe_globals(harmless):  # type: ignore[arg-type]
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except (OSError, MemoryError):
        raise
    except Exception as problem:
        # torch.load raises whatever its zip and pickle readers stumble over.
        raise damaged(path, f"torch cannot read it ({type(problem).__name__})") from problem


def damaged(path: Path, reason: str) -> ModelFileError:
    """Make the error for a file that torch wrote and something else changed."""
    return ModelFileError(
        f"the torch file {path} is damaged: {reason}",
        allowed="a whole file as torch.save wrote it",
        do="copy or download it again",
    )
