"""What a TensorFlow file claims, and what becomes of the process that reads it."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from roadfcn.errors import ModelFileError
from roadfcn.weights import tensorflow_reader
from roadfcn.weights.tensorflow_files import TensorFlowFiles
from roadfcn.weights.tensorflow_reader import Listed, implausible, open_tensorflow

LOADED = """
import json, os, signal, sys
def tell(**what):
    sys.stdout.buffer.write(json.dumps(what).encode() + b"\\n")
    sys.stdout.buffer.flush()
tell()
"""
"""The first line of a program that answers as `tensorflow_process.py` does."""

LIST = f"""{LOADED}
tell(arrays={{"a": ["float32", [2, 3]]}}, preparation=[[2, 1.5], [1, 0], [0, 0]])
assert json.loads(sys.stdin.readline()) == ["a"]
"""
"""Its first half."""


@pytest.fixture
def files(tmp_path: Path) -> TensorFlowFiles:
    (tmp_path / "net.index").write_bytes(bytes(1000))
    return TensorFlowFiles(tmp_path / "net", None, (tmp_path / "net.index",))


@pytest.fixture
def reading(tmp_path: Path, files: TensorFlowFiles, monkeypatch: pytest.MonkeyPatch):
    """Give a function that reads the array `a` from a program in the place of ours."""

    def read(program: str):
        (tmp_path / "program.py").write_text(program)
        monkeypatch.setattr(tensorflow_reader, "_PROGRAM", tmp_path / "program.py")
        monkeypatch.setattr(
            "importlib.util.find_spec", lambda name: {"tensorflow": "is here"}[name]
        )
        with open_tensorflow(tmp_path / "net", files) as reader:
            return reader.preparation, reader.read(["a"])["a"]

    return read


def test_numbers_come_through_the_pipe_in_their_order(reading):
    preparation, array = reading(
        LIST
        + "import struct\ntell()\n"
        + "sys.stdout.buffer.write(struct.pack('<6f', 1, 2, 3, 4, 5, 6))"
    )
    assert preparation == [(2, 1.5), (1, 0.0), (0, 0.0)]
    np.testing.assert_array_equal(array, [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (LOADED + "os.kill(os.getpid(), 11)", r"list of variables \(Segmentation fault\)"),
        (LOADED + "exit(5)", r"TensorFlow ended while .* list of variables \(exit status 5\)"),
        (LIST + "os.kill(os.getpid(), 6)", r"TensorFlow ended while it read a \(Aborted\)"),
        (LIST + "tell(); print('1234')", r"TensorFlow ended while it read a \(exit status 0\)"),
        (LIST + "tell(problem='DataLossError: odd')", r"cannot read a \(DataLossError: odd\)"),
    ],
)
def test_a_crash_or_a_complaint_becomes_an_error(program: str, said: str, reading):
    with pytest.raises(ModelFileError, match=said):
        reading(program)


def test_without_tensorflow_the_error_says_how_to_install_it(
    tmp_path: Path, files: TensorFlowFiles, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with (
        pytest.raises(ModelFileError, match="TensorFlow, which reads it, is not in") as caught,
        open_tensorflow(tmp_path / "net", files),
    ):
        pass
    assert caught.value.do == "in the checkout of roadfcn: pip install '.[tensorflow]'"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "raise ImportError('libcudart.so.12: cannot open shared object file')",
            "does not load: ImportError: libcudart.so.12: cannot open shared object file",
        ),
        ("import os; os.kill(os.getpid(), 4)", "does not load: Illegal instruction"),
        ("import os; os._exit(3)", "does not load: exit status 3"),
    ],
)
def test_a_tensorflow_that_does_not_load_is_not_told_as_a_damaged_model(
    source: str,
    reason: str,
    tmp_path: Path,
    files: TensorFlowFiles,
    monkeypatch: pytest.MonkeyPatch,
):
    packages = tmp_path / "packages"
    (packages / "tensorflow").mkdir(parents=True)
    (packages / "tensorflow" / "__init__.py").write_text(source)
    monkeypatch.syspath_prepend(packages)  # here, and in the process that reads
    monkeypatch.setenv("PYTHONPATH", str(packages))
    with (
        pytest.raises(ModelFileError, match=re.escape(reason)) as caught,
        open_tensorflow(tmp_path / "net", files),
    ):
        pass
    assert "damaged" not in str(caught.value)
    assert "repair the installation" in caught.value.do


@pytest.mark.parametrize(
    ("dtype", "shape", "problem"),
    [
        ("int32", (3,), "w holds int32 and not floating-point numbers"),
        ("string", (), "w holds string and not floating-point numbers"),
        ("float32", (3, 0), "w has the shape [3, 0]"),
        ("float32", (-1,), "w has the shape [-1]"),
        ("float32", (2**40, 2**40), f"its variables claim {2**82} bytes, and its files can hold 9"),
        ("float64", (256, 257), "its variables claim 526336 bytes, and its files can hold 9"),
    ],
)
def test_impossible_claims_are_told(dtype: str, shape: tuple[int, ...], problem: str):
    assert list(implausible({"w": Listed(dtype, shape)}, ["w"], 9)) == [problem]


def test_claims_are_added_up_and_never_beyond_eight_gibibytes():
    arrays = {name: Listed("float32", (512, 512)) for name in "ab"}
    assert not list(implausible(arrays, ["a", "b"], 2 * 2**20))
    assert list(implausible(arrays, ["a", "b"], 2 * 2**20 - 1))
    assert list(implausible({"a": Listed("float16", (2**32 + 1,))}, ["a"], 2**40))


def test_a_constant_of_equal_values_may_be_larger_than_its_file():
    assert not list(implausible({"w": Listed("float32", (4096,))}, ["w"], 1000))
