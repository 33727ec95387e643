"""ONNX files are known from their outermost message, and nothing they claim is believed."""

import tracemalloc

import onnx
import pytest

from caffe_writing import chunk, varint
from colour_network import CARD, write_onnx
from roadfcn.converted_files.onnx_header import inspect_onnx
from roadfcn.errors import ModelFileError
from roadfcn.model_files import CARD_KEY, MAX_HEADER_BYTES

GRAPH, METADATA = 7, 14


@pytest.fixture
def path(tmp_path):
    return write_onnx(tmp_path / "model.onnx")


def test_metadata_are_those_that_onnx_reads(path):
    model = onnx.load(path)
    model.metadata_props.add(key="unité", value="mètre")
    onnx.save(model, path)
    found = inspect_onnx(path)
    assert found.metadata == {entry.key: entry.value for entry in model.metadata_props}
    assert found.metadata == {CARD_KEY: CARD.to_json(), "unité": "mètre"}
    assert (found.path, found.kind, found.tensors) == (path, "onnx", {})


def test_a_file_cut_anywhere_is_refused_or_has_no_card(path):
    """A cut between two fields leaves a message as whole as any: without its last fields."""
    whole = path.read_bytes()
    refused = 0
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        try:
            assert CARD_KEY not in inspect_onnx(path).metadata
        except ModelFileError:
            refused += 1
    assert len(whole) - refused < 5


def test_a_length_beyond_the_file_costs_no_memory(path):
    path.write_bytes(path.read_bytes() + varint(METADATA << 3 | 2) + varint(2**40))
    tracemalloc.start()
    with pytest.raises(ModelFileError, match="it is cut short: 1099511627776 bytes are missing"):
        inspect_onnx(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_metadata_beyond_the_limit_are_not_read(path):
    entry = chunk(1, b"k") + chunk(2, bytes(MAX_HEADER_BYTES))
    path.write_bytes(path.read_bytes() + chunk(METADATA, entry))
    with pytest.raises(ModelFileError, match="an entry of its metadata has 167772"):
        inspect_onnx(path)


def test_a_message_without_a_graph_is_no_model(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(chunk(METADATA, chunk(1, b"key") + chunk(2, b"value")))
    with pytest.raises(ModelFileError, match="as an ONNX file, it has no graph"):
        inspect_onnx(path)


def test_entries_that_are_no_text_are_no_trouble(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(chunk(GRAPH, b"") + chunk(METADATA, chunk(1, b"\xff") + varint(2 << 3) + b"1"))
    assert inspect_onnx(path).metadata == {"\N{REPLACEMENT CHARACTER}": ""}


def test_an_empty_file_is_told_so(tmp_path):
    (tmp_path / "model.onnx").touch()
    with pytest.raises(ModelFileError, match="is damaged: it is empty"):
        inspect_onnx(tmp_path / "model.onnx")
