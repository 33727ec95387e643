"""OpenVINO's graphs are read for their card, and their weights measured by them."""

import hashlib
import os
import tracemalloc

import pytest

from colour_network import CARD, write_openvino
from roadfcn.converted_files.openvino_header import (
    MAX_XML_BYTES,
    check_weights,
    inspect_openvino,
    weights_of,
)
from roadfcn.errors import ModelFileError
from roadfcn.model_files import CARD_KEY

WEIGHT_BYTES = 4 * (2 * 3 + 2)  # the matrix and the constant, float32


@pytest.fixture
def path(tmp_path):
    return write_openvino(tmp_path / "model.xml")


def test_notes_are_those_that_were_written(tmp_path):
    odd = "quote \" angle <b> & é 'x'"
    path = write_openvino(tmp_path / "model.xml", notes={"odd": odd})
    found = inspect_openvino(path)
    assert found.metadata == {CARD_KEY: CARD.to_json(), "odd": odd}
    assert (found.path, found.kind, found.tensors) == (path, "openvino", {})


def test_a_graph_cut_anywhere_is_refused(path):
    whole = path.read_bytes()
    for length in range(0, len(whole.rstrip()), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError, match="it cannot be read as XML"):
            inspect_openvino(path)


def test_weights_cut_anywhere_are_refused(path):
    whole = weights_of(path).read_bytes()
    assert len(whole) == WEIGHT_BYTES
    for length in range(WEIGHT_BYTES):
        weights_of(path).write_bytes(whole[:length])
        with pytest.raises(ModelFileError) as caught:
            inspect_openvino(path)
        found = f"the model {weights_of(path)} is cut short: {length} bytes of at least 32"
        assert caught.value.found == found


def test_more_weights_than_the_graph_has_are_those_of_another(path):
    weights_of(path).write_bytes(bytes(WEIGHT_BYTES + 1))
    with pytest.raises(ModelFileError, match="it has 33 bytes and its graph ends at 32"):
        inspect_openvino(path)


def test_weights_that_are_missing_are_asked_for(path):
    weights_of(path).unlink()
    with pytest.raises(ModelFileError, match=r"model\.bin are missing") as caught:
        inspect_openvino(path)
    assert caught.value.do == "copy both"


def test_weights_are_compared_with_the_hash_that_the_graph_has(path):
    check_weights(inspect_openvino(path))  # without one they pass
    sha256 = hashlib.sha256(weights_of(path).read_bytes()).hexdigest()
    write_openvino(path, notes={"weights_sha256": sha256.upper()})
    check_weights(inspect_openvino(path))
    damaged = bytearray(weights_of(path).read_bytes())
    damaged[5] ^= 1
    weights_of(path).write_bytes(damaged)
    with pytest.raises(ModelFileError, match=r"its bytes are not those that model\.xml was"):
        check_weights(inspect_openvino(path))


def test_an_xml_file_of_another_kind_is_told_so(tmp_path):
    path = tmp_path / "annotations.xml"
    path.write_text('<?xml version="1.0"?><annotations><version>1.1</version></annotations>')
    with pytest.raises(ModelFileError, match="is an XML file, but no OpenVINO model"):
        inspect_openvino(path)


@pytest.mark.parametrize("version", ["9", "", "eleven", "-11"])
def test_formats_that_openvino_has_given_up_are_no_models(path, version):
    text = path.read_text()
    assert '<net name="colours" version="11">' in text
    path.write_text(text.replace('version="11"', f'version="{version}"'))
    with pytest.raises(ModelFileError, match="but no OpenVINO model"):
        inspect_openvino(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('offset="0"', 'offset="-1"'),
        ('offset="0"', 'offset="9999999999999999999"'),
        ('offset="0"', 'offset="\N{ARABIC-INDIC DIGIT ONE}"'),
        ('offset="0"', ""),
        ('size="24"', 'size="1e3"'),
    ],
)
def test_places_that_make_no_sense_are_refused(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ModelFileError, match=r"model\..* is damaged|is cut short"):
        inspect_openvino(path)


def test_entities_that_would_fill_the_memory_are_refused(path):
    levels = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE net [<!ENTITY a0 "a">{levels}]><net version="11">&a9;'
    path.write_text(f"{bomb}</net>")
    tracemalloc.start()
    with pytest.raises(ModelFileError, match="it declares entities"):
        inspect_openvino(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_a_graph_beyond_the_limit_is_not_read(path):
    os.truncate(path, MAX_XML_BYTES + 1)
    with pytest.raises(ModelFileError, match="an OpenVINO graph of 67108865 bytes"):
        inspect_openvino(path)
