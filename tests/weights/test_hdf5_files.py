"""HDF5 files are read as far as their numbers lie in them, and point nowhere else."""

import subprocess
import sys

import h5py
import numpy as np
import pytest

from roadfcn.errors import ModelFileError
from roadfcn.weights.hdf5_files import is_hdf5, read_hdf5_arrays


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "weights.h5"
    with h5py.File(made, "w") as file:
        file["a/kernel"] = np.arange(6, dtype="f4").reshape(2, 3)
        file["a/steps"] = 7
    return made


def read(path):
    return read_hdf5_arrays(path, lambda name: True)


def test_floating_point_arrays_come_back_by_their_paths(path):
    assert is_hdf5(path)
    arrays = read(path)
    assert list(arrays) == ["a/kernel"]
    assert arrays["a/kernel"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_what_is_not_wanted_is_not_looked_into(path):
    with h5py.File(path, "a") as file:
        file.create_dataset("optimizer/momentum", (2, 2), "f4", compression="gzip")
    arrays = read_hdf5_arrays(path, lambda name: not name.startswith("optimizer"))
    assert list(arrays) == ["a/kernel"]


@pytest.mark.parametrize(("stored", "value"), [("<f2", 0.5), (">f4", 0.25), ("<f8", -3.0)])
def test_every_kind_of_float_becomes_float32(stored, value, path):
    with h5py.File(path, "a") as file:
        file["b"] = np.full(2, value, stored)
    array = read(path)["b"]
    assert array.dtype == np.float32
    assert array.tolist() == [value, value]


def link_outside(file):
    with h5py.File(f"{file.filename}.other", "w") as other:
        other["secret"] = np.ones(3, "f4")
    file["x"] = h5py.ExternalLink(f"{file.filename}.other", "secret")


def link_inside(file):
    file["x"] = h5py.SoftLink("/a/kernel")


def keep_elsewhere(file):
    file.create_dataset("x", (3,), "f4", external=[("/etc/hostname", 0, 12)])


def make_virtual(file):
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", (3,))
    file.create_virtual_dataset("x", layout)


def compress(file):
    file.create_dataset("x", data=np.zeros((1000, 1000), "f4"), compression="gzip")


def claim_without_storing(file):
    file.create_dataset("x", (1_000_000, 1_000_000), "f4")


def claim_a_little(file):
    file.create_dataset("x", (3,), "f4")


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (link_outside, "'x' is a link to somewhere else"),
        (link_inside, "'x' is a link to somewhere else"),
        (keep_elsewhere, "'x' is compressed, in pieces, or kept in other files"),
        (make_virtual, "'x' is compressed, in pieces, or kept in other files"),
        (compress, "'x' is compressed, in pieces, or kept in other files"),
        (claim_without_storing, "'x' claims 4000000000000 bytes that are not stored"),
        (claim_a_little, "'x' claims 12 bytes that are not stored"),
    ],
)
def test_data_that_does_not_lie_in_the_file_is_refused(harm, told, path):
    with h5py.File(path, "a") as file:
        harm(file)
    with pytest.raises(ModelFileError, match=f"cannot be used: {told}"):
        read(path)


def test_the_same_numbers_under_many_names_are_refused(path):
    with h5py.File(path, "a") as file:
        file["big"] = np.zeros(10_000, "f4")
        for number in range(50):
            file[f"again/{number}"] = file["big"]
    with pytest.raises(ModelFileError, match="its data sets claim 2040024 bytes, more than it has"):
        read(path)


def test_a_group_within_itself_ends(path):
    with h5py.File(path, "a") as file:
        file["a/a"] = file["a"]
        file["a/b"] = file["a"]
    with pytest.raises(ModelFileError, match="more deeply nested, objects than weights do"):
        read(path)


def test_a_file_of_very_many_objects_is_refused(path):
    with h5py.File(path, "a") as file:
        for number in range(10_001):
            file.create_group(str(number))
    with pytest.raises(ModelFileError, match="has more, or more deeply nested, objects"):
        read(path)


@pytest.mark.parametrize("left", [20, 100, 700, 2000])
def test_a_file_that_is_cut_short_cannot_be_used(left, path):
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(ModelFileError, match=r"weights\.h5 cannot be used: .") as told:
        read(path)
    assert "copy or download it again" in told.value.do


@pytest.mark.parametrize("content", [b"", b"\x89HDF", b"PK\x03\x04", b"text"])
def test_other_files_are_not_taken_for_hdf5(content, tmp_path):
    path = tmp_path / "file.h5"
    path.write_bytes(content)
    assert not is_hdf5(path)


def test_without_h5py_the_command_that_installs_it_is_told(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert is_hdf5(path)
    with pytest.raises(ModelFileError, match="h5py is not installed") as told:
        read(path)
    assert "pip install '.[keras]'" in told.value.do


def test_recognising_does_not_load_h5py(path):
    program = (
        "import sys; from pathlib import Path; from roadfcn.weights.hdf5_files import is_hdf5\n"
        "print(is_hdf5(Path(sys.argv[1])), 'h5py' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    assert done.stdout == "True False\n"


def test_a_missing_file_is_the_systems_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nothing.h5")
