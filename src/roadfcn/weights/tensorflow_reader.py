"""Arrays out of TensorFlow's files, read by TensorFlow in a process of its own.

What a file claims is held against its size before anything is read.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ModelFileError
from roadfcn.installation import how_to_install
from roadfcn.weights.foreign import Arrays
from roadfcn.weights.tensorflow_files import TensorFlowFiles

_PROGRAM = Path(__file__).with_name("tensorflow_process.py")

_ELEMENT_BYTES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
"""Of the types that weights may have, by TensorFlow's names."""

_SMALL = 65536
"""Elements of an array that may be larger than its file: a constant whose values are all equal
is stored as one of them."""

_MOST_BYTES = 8 * 2**30
"""All arrays together; those of FCN-8s on VGG16 have 0.5 GiB."""

_ROOM_BYTES = 2**30
"""What the process may take beyond three times the size of the files."""


@dataclass(frozen=True)
class Listed:
    """An array as its file describes it: TensorFlow's name of the type, and the shape."""

    dtype: str
    shape: tuple[int, ...]


class TensorFlowReader:
    """An open model. Made by `open_tensorflow`.

    Args:
        path: Named in errors.
        files: Of the model.
        arrays: All that are in it, by its own names.
        preparation: For each channel that the first convolution sees: which channel of the
            picture it is, and what is subtracted. None if there is no graph, or it does not say.
    """

    def __init__(
        self, path: Path, files: TensorFlowFiles, process: subprocess.Popen[bytes]
    ) -> None:
        self.path = path
        self._files = files
        self._process = process
        self._await_tensorflow()
        listing = self._answer("its list of variables")
        self.arrays = {
            name: Listed(dtype, tuple(shape)) for name, (dtype, shape) in listing["arrays"].items()
        }
        found = listing["preparation"]
        self.preparation = found and [(int(channel), float(mean)) for channel, mean in found]

    def read(self, names: Sequence[str]) -> Arrays:
        """Read some of `arrays`; once only.

        Raises:
            ModelFileError: They are no floating-point numbers, claim more than their file holds,
                or are damaged.
        """
        problems = list(implausible(self.arrays, names, self._files.weight_bytes))
        if problems:
            raise _damaged(self.path, "; ".join(problems))
        asked = self._process.stdin
        assert asked is not None
        try:
            asked.write(json.dumps(list(names)).encode() + b"\n")
            asked.flush()
        except BrokenPipeError as problem:
            raise self._broken_off("its variables") from problem
        return {name: self._read_one(name) for name in names}

    def _read_one(self, name: str) -> NDArray[np.float32]:
        self._answer(name)
        array = np.empty(self.arrays[name].shape, "<f4")
        if not _filled(self._pipe, array.reshape(-1).view(np.uint8).data):
            raise self._broken_off(name)
        return array

    def _await_tensorflow(self) -> None:
        """Wait until TensorFlow is loaded: what goes wrong before is no fault of the files."""
        answer = self._line()
        problem = self._end() if answer is None else answer.get("problem")
        if problem is not None:
            raise ModelFileError(
                f"{self.path} is a TensorFlow model, and the TensorFlow that is installed here, "
                f"which reads it, does not load: {problem}",
                allowed="a TensorFlow that 'python -c \"import tensorflow\"' loads",
                do="repair the installation: pip install --force-reinstall tensorflow, or "
                "tensorflow-cpu where a GPU's libraries are missing",
            )

    def _answer(self, wanted: str) -> dict[str, Any]:
        answer = self._line()
        if answer is None:
            raise self._broken_off(wanted)
        if "problem" in answer:
            raise _damaged(self.path, f"TensorFlow cannot read {wanted} ({answer['problem']})")
        return answer

    def _line(self) -> dict[str, Any] | None:
        """Give the next line from the process; None if it has ended."""
        line = self._pipe.readline()
        if not line.endswith(b"\n"):
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _broken_off(self, wanted: str) -> ModelFileError:
        return _damaged(self.path, f"TensorFlow ended while it read {wanted} ({self._end()})")

    def _end(self) -> str:
        """Wait for the end of the process, and say how it came."""
        code = self._process.wait()
        return (signal.strsignal(-code) or "a signal") if code < 0 else f"exit status {code}"

    @property
    def _pipe(self) -> BinaryIO:
        pipe = self._process.stdout
        assert pipe is not None
        return pipe  # type: ignore[return-value]  # IO[bytes] with readinto


@contextmanager
def open_tensorflow(path: Path, files: TensorFlowFiles) -> Iterator[TensorFlowReader]:
    """Start TensorFlow and let it list what is in a model.

    Args:
        path: Named in errors.
        files: Of the model.

    Raises:
        ModelFileError: TensorFlow is not installed, does not load, or cannot read the files.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise ModelFileError(
            f"{path} is a TensorFlow model, and TensorFlow, which reads it, is not installed",
            allowed="TensorFlow models where the extra 'tensorflow' is installed; "
            "files of the other kinds without it",
            do=how_to_install("tensorflow"),
        )
    parts = [] if files.prefix is None else ["--prefix", str(files.prefix)]
    parts += [] if files.graph is None else ["--graph", str(files.graph)]
    graph_bytes = 0 if files.graph is None else files.graph.stat().st_size
    most_bytes = 3 * (files.weight_bytes + graph_bytes) + _ROOM_BYTES
    process = subprocess.Popen(
        # -P: the program's folder is no place to import from.
        [sys.executable, "-P", str(_PROGRAM), *parts, "--most-bytes", str(most_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},  # the GPU is wanted for better things
    )
    try:
        yield TensorFlowReader(path, files, process)
    finally:
        process.kill()
        # communicate() would read the rest of the pipe, and complain of the broken one.
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
        process.wait()


def implausible(
    arrays: dict[str, Listed], names: Sequence[str], weight_bytes: int
) -> Iterator[str]:
    """Say which of the arrays `names` cannot be weights in files of `weight_bytes`, and why."""
    claimed = 0
    for name in names:
        listed = arrays[name]
        if listed.dtype not in _ELEMENT_BYTES:
            yield f"{name} holds {listed.dtype} and not floating-point numbers"
        elif min(listed.shape, default=1) < 1:
            yield f"{name} has the shape {list(listed.shape)}"
        elif (elements := math.prod(listed.shape)) > _SMALL:
            claimed += elements * _ELEMENT_BYTES[listed.dtype]
    allowed = min(weight_bytes, _MOST_BYTES)
    if claimed > allowed:
        yield f"its variables claim {claimed} bytes, and its files can hold {allowed}"


def _filled(pipe: BinaryIO, buffer: memoryview) -> bool:
    """Read until the buffer is full; tell whether the pipe held so much."""
    while len(buffer):
        count = pipe.readinto(buffer)  # type: ignore[attr-defined]
        if not count:
            return False
        buffer = buffer[count:]
    return True


def _damaged(path: Path, reason: str) -> ModelFileError:
    return ModelFileError(
        f"the TensorFlow model {path} is damaged, or no such model: {reason}",
        allowed="whole files as TensorFlow saved them",
        do="copy, unpack or download all of its files again",
    )
