"""Which files a TensorFlow model is made of, found without TensorFlow.

A checkpoint is not one file: its prefix `model.ckpt-7` stands for `model.ckpt-7.index` (an
sstable of names, shapes and places), `model.ckpt-7.data-00000-of-00001` (the numbers, not
compressed) and often `model.ckpt-7.meta` (the graph). The file `checkpoint` in its folder names
the newest. A SavedModel is a folder with `saved_model.pb` (graphs) and, unless the weights are
constants of the graph, a checkpoint with the prefix `variables/variables`.
(https://www.tensorflow.org/guide/saved_model; tensor_bundle.proto in TensorFlow's source.)
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from roadfcn.errors import ModelFileError

_PART = re.compile(r"(?P<prefix>.+)\.(index|meta|data-\d{5}-of-\d{5})")
_NEWEST = re.compile(rb'^\s*model_checkpoint_path:\s*"([^"\n]*)"', re.MULTILINE)
_SSTABLE_END = bytes.fromhex("57fb808b247547db")
"""The last bytes of an index: the magic number of LevelDB's table format, little-endian."""

_ALLOWED = (
    "a SavedModel's folder; a checkpoint's prefix, one of its files, or a folder with a file "
    "'checkpoint' in it that names one"
)


@dataclass(frozen=True)
class TensorFlowFiles:
    """The files of one model.

    Args:
        prefix: Of the checkpoint that holds the weights; None if they are constants in `graph`.
        graph: The `saved_model.pb` of a SavedModel; None for a checkpoint alone.
        holding: The files that hold the weights, in their order.
    """

    prefix: Path | None
    graph: Path | None
    holding: tuple[Path, ...]

    @property
    def weight_bytes(self) -> int:
        """Give the size of all files that hold numbers: no honest file claims more than this."""
        return sum(file.stat().st_size for file in self.holding)

    def sha256(self) -> str:
        """Give the SHA-256 of the contents of `graph` and `holding`, one after another, in hex.

        The graph belongs to it, as it decides what the weights want to be fed.
        """
        graph = () if self.graph is None or self.graph in self.holding else (self.graph,)
        whole = hashlib.sha256()
        for path in (*graph, *self.holding):
            with path.open("rb") as file:
                while piece := file.read(1 << 20):
                    whole.update(piece)
        return whole.hexdigest()


def is_tensorflow(path: Path) -> bool:
    """Tell whether a path is a SavedModel, a checkpoint, a part of one, or stands for one.

    Files are looked at, not only their names, but whether they are whole is not checked.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return (path / "saved_model.pb").is_file() or bool(_newest(path) or _prefixes(path))
        return path.name == "saved_model.pb" or _prefix_of(path) is not None
    except OSError:
        return False  # whoever reads it says why


def find_tensorflow_files(path: Path) -> TensorFlowFiles:
    """Find all files of the model that `path` stands for.

    Raises:
        ModelFileError: Parts are missing, or there are several checkpoints and none is named.
        OSError: A folder or file cannot be read.
    """
    path = Path(path)
    folder = path.parent if path.name == "saved_model.pb" else path
    graph = folder / "saved_model.pb"
    if folder.is_dir() and graph.is_file():
        variables = folder / "variables" / "variables"
        if _index(variables).is_file() or _shards(variables):
            return TensorFlowFiles(variables, graph, _files_of(variables))
        return TensorFlowFiles(None, graph, (graph,))
    prefix = _chosen(path) if path.is_dir() else _prefix_of(path)
    if prefix is None:
        raise ModelFileError(
            f"{path} is no TensorFlow model",
            allowed=_ALLOWED,
            do="check the path",
        )
    return TensorFlowFiles(prefix, None, _files_of(prefix))


def _chosen(folder: Path) -> Path | None:
    """Give the checkpoint that the file `checkpoint` names, or else the only one there is."""
    prefixes = _prefixes(folder)
    newest = _newest(folder)
    if newest is not None and (not prefixes or _index(newest).is_file() or _shards(newest)):
        return newest
    if newest is None and len(prefixes) <= 1:
        return next(iter(prefixes), None)
    names = ", ".join(prefix.name for prefix in prefixes)
    raise ModelFileError(
        f"the folder {folder} has the checkpoints {names}, and "
        + (f"its file 'checkpoint' names {newest.name}" if newest else "no file says which counts"),
        allowed=_ALLOWED,
        do=f"give one of them, such as {prefixes[-1]}",
    )


def _newest(folder: Path) -> Path | None:
    """Give the prefix that a folder's file `checkpoint` names.

    It may have been written on another computer, with that one's folders: only the name counts,
    as a checkpoint lies beside the file.
    """
    try:
        with (folder / "checkpoint").open("rb") as file:
            text = file.read(1 << 16)
    except (FileNotFoundError, IsADirectoryError):
        return None
    found = _NEWEST.search(text)
    name = re.split(rb"[/\\]", found[1])[-1].decode(errors="replace") if found else ""
    return folder / name if name and "\0" not in name else None


def _prefixes(folder: Path) -> list[Path]:
    """Give the checkpoints of a folder, those with the higher numbers last."""
    prefixes = [index.with_suffix("") for index in folder.glob("*.index") if _is_index(index)]
    return sorted(prefixes, key=lambda prefix: (len(prefix.name), prefix.name))


def _prefix_of(path: Path) -> Path | None:
    """Give the checkpoint that a path names or belongs to."""
    if _index(path).is_file():
        return path
    part = _PART.fullmatch(path.name)
    if part is None or not path.is_file():
        return None
    prefix = path.with_name(part["prefix"])
    if path == _index(prefix) and not _shards(prefix) and not _is_index(path):
        return None  # somebody else's file that ends in .index
    return prefix if part[2] != "meta" or _index(prefix).is_file() else None


def _files_of(prefix: Path) -> tuple[Path, ...]:
    """Give the index and the shards of a checkpoint, which must all be there."""
    shards = _shards(prefix)
    wanted = int(shards[0].name[-5:]) if shards else 1
    missing = [] if _index(prefix).is_file() else [_index(prefix).name]
    if len(shards) < wanted:
        there = {shard.name for shard in shards}
        names = (f"{prefix.name}.data-{at:05d}-of-{wanted:05d}" for at in range(wanted))
        missing += [name for name in names if name not in there]
    if missing:
        raise ModelFileError(
            f"the TensorFlow checkpoint {prefix} is not whole: {_few(missing)} missing",
            allowed="an .index file and all .data files beside it, under one name",
            do="copy or unpack all of its files into one folder again",
        )
    return (_index(prefix), *shards)


def _shards(prefix: Path) -> list[Path]:
    """Give the files that hold a checkpoint's numbers, in their order."""
    if not prefix.parent.is_dir():
        return []
    pattern = re.compile(re.escape(prefix.name) + r"\.data-\d{5}-of-\d{5}")
    return sorted(file for file in prefix.parent.iterdir() if pattern.fullmatch(file.name))


def _index(prefix: Path) -> Path:
    return prefix.with_name(f"{prefix.name}.index")


def _is_index(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(_SSTABLE_END)))
        return file.read() == _SSTABLE_END


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
