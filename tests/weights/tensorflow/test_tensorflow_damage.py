"""TensorFlow models that are damaged, foreign or hostile: one clear error each."""

import resource
import shutil
from pathlib import Path

import pytest

from roadfcn.errors import ModelFileError
from roadfcn.weights.tensorflow_nets import read_tensorflow_weights

pytestmark = pytest.mark.tensorflow

DATA = "data-00000-of-00001"


@pytest.fixture
def vgg(originals, tmp_path):
    return Path(shutil.copytree(originals / "vgg", tmp_path / "vgg"))


@pytest.fixture
def fcn(originals, tmp_path):
    return Path(shutil.copytree(originals / "fcn", tmp_path / "fcn"))


def error_of(path: Path) -> ModelFileError:
    with pytest.raises(ModelFileError) as caught:
        read_tensorflow_weights(path)
    assert str(path) in caught.value.found
    return caught.value


def test_numbers_that_are_cut_off_are_noticed(vgg: Path):
    data = vgg / "variables" / f"variables.{DATA}"
    data.write_bytes(data.read_bytes()[:-2000])
    assert "is damaged, or no such model: TensorFlow cannot read" in error_of(vgg).found


def test_numbers_of_another_checkpoint_are_noticed(fcn: Path):
    (fcn / f"model.ckpt-1.{DATA}").replace(fcn / f"model.ckpt-2.{DATA}")
    assert "TensorFlow cannot read" in error_of(fcn).found


def test_an_index_full_of_zeros_is_an_error(fcn: Path):
    index = fcn / "model.ckpt-2.index"
    index.write_bytes(bytes(index.stat().st_size))
    assert "TensorFlow cannot read its list of variables" in error_of(fcn).found


def test_a_graph_that_is_none_is_an_error(vgg: Path):
    (vgg / "saved_model.pb").write_bytes(b"<!doctype html>")
    assert "TensorFlow cannot read its list of variables" in error_of(vgg).found


@pytest.mark.usefixtures("originals")  # skips it where there is no TensorFlow
def test_a_graph_of_countless_tiny_parts_takes_little_memory(tmp_path: Path):
    """40 MB that would become 3 GB: 20 million operations without a name."""
    operations = b"\x0a\x00" * 20_000_000
    graph = b"\x12" + varint(len(operations)) + operations
    (tmp_path / "saved_model.pb").write_bytes(b"\x12" + varint(len(graph)) + graph)
    assert "TensorFlow cannot read its list of variables" in error_of(tmp_path).found
    if Path("/proc/self/statm").exists():  # where the limit is kept, in kB here
        assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 2_000_000


def varint(number: int) -> bytes:
    digits = b""
    while number > 127:
        digits += bytes([number & 127 | 128])
        number >>= 7
    return digits + bytes([number])


def test_another_network_is_named_by_its_variables_and_nothing_is_printed(
    originals, capfd: pytest.CaptureFixture[str]
):
    problem = error_of(originals / "stranger")
    assert "of another network: its variables are dense/kernel" in problem.found
    assert capfd.readouterr() == ("", "")


def test_all_tensors_that_do_not_fit_are_listed_at_once(originals):
    found = error_of(originals / "odd").found
    for problem in (
        "conv3_2/biases is missing",
        "dense/kernel is unknown",
        "fc7/weights is 8 x 16 x 1 x 1 and not 16 x 16 x 1 x 1",
    ):
        assert problem in found
    assert found.count(";") == 2
