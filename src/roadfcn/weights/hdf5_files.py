"""Arrays out of an HDF5 file that somebody else wrote, and out of nothing but that file.

HDF5 can point to other files, to data sets made of others, and to numbers that are stored nowhere
at all. Weights need none of it: only dense data that lies whole in the file is read, so that memory
is bounded by the file's length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from roadfcn.errors import ModelFileError, shown
from roadfcn.installation import how_to_install
from roadfcn.weights.layouts import Array

_START = b"\x89HDF\r\n\x1a\n"
_MOST_OBJECTS = 10_000  # VGG16 with an optimizer's state has some 200
_DEEPEST = 16  # folders; groups can hold themselves


class _UnusableError(Exception):
    """Something in the file that is not read; the reason."""


def is_hdf5(path: Path) -> bool:
    """Tell by its first bytes whether a file is HDF5."""
    with path.open("rb") as file:
        return file.read(len(_START)) == _START


def read_hdf5_arrays(path: Path, wanted: Callable[[str], bool]) -> dict[str, Array]:
    """Read the floating point arrays of a file that are wanted, by their paths in it.

    Whole numbers, such as an optimizer's count of steps, are passed over.

    Args:
        path: The file.
        wanted: Tells of a path, such as `block1_conv1/block1_conv1/kernel:0`, whether to read it.

    Returns:
        float32.

    Raises:
        ModelFileError: h5py is missing, or the file is damaged, or points out of itself.
        OSError: It cannot be opened.
    """
    try:
        import h5py
    except ImportError as problem:
        raise ModelFileError(
            f"{path} is an HDF5 file, as Keras writes them, and h5py is not installed",
            allowed="HDF5 files where h5py is installed",
            do=how_to_install("keras"),
        ) from problem
    with path.open("rb"):
        pass  # where it cannot be opened, the system says why
    try:
        with h5py.File(path, "r") as file:
            datasets = {name: item for name, item in _datasets(file) if wanted(name)}
            for name, dataset in datasets.items():
                _check_storage(name, dataset)
            claimed = sum(dataset.nbytes for dataset in datasets.values())
            if claimed > path.stat().st_size:
                raise _UnusableError(f"its data sets claim {claimed} bytes, more than it has")
            with np.errstate(over="ignore"):  # what is too large is found not to be finite
                return {name: np.asarray(item[()], np.float32) for name, item in datasets.items()}
    except Exception as problem:
        # h5py raises whatever HDF5 and its own code stumble over.
        reason = str(problem) if isinstance(problem, _UnusableError) else f"({problem!r:.200})"
        raise ModelFileError(
            f"the HDF5 file {path} cannot be used: {reason}",
            allowed="a whole file that holds its numbers itself, uncompressed, as Keras writes it",
            do="copy or download it again, or save the weights again with Keras",
        ) from problem


def _datasets(file: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - h5py has no types
    """Give (path, data set) of all floating point data sets, following no link out of the file."""
    import h5py

    waiting, met = [("", file)], 0
    while waiting:
        folder, group = waiting.pop()
        for key in group:
            name = f"{folder}{key}"
            met += 1
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise _UnusableError(f"{shown(name)} is a link to somewhere else")
            if met > _MOST_OBJECTS or name.count("/") > _DEEPEST:
                raise _UnusableError("it has more, or more deeply nested, objects than weights do")
            item = group[key]
            if isinstance(item, h5py.Group):
                waiting.append((f"{name}/", item))
            elif isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
                yield name, item


def _check_storage(name: str, dataset: Any) -> None:  # noqa: ANN401
    """Refuse what does not lie in the file as it is: in pieces, compressed, elsewhere, nowhere."""
    import h5py

    properties = dataset.id.get_create_plist()
    layout = properties.get_layout()
    if layout not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT) or properties.get_external_count():
        raise _UnusableError(f"{shown(name)} is compressed, in pieces, or kept in other files")
    if dataset.id.get_storage_size() < (dataset.nbytes or 0):
        raise _UnusableError(f"{shown(name)} claims {dataset.nbytes} bytes that are not stored")
