"""Caffemodels: recognised by their content, read in every form, refused with the reason."""

import struct
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from caffe_writing import (
    CONVOLUTION,
    SPLIT,
    blob,
    caffemodel,
    chunk,
    layer,
    number,
    settings,
    v0_layer,
    v1_layer,
    varint,
)
from roadfcn.errors import ModelFileError
from roadfcn.weights.caffe_files import is_caffemodel, map_caffemodel, read_layers

WEIGHT = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)
BIAS = np.array([0.5, -1.5], np.float32)


@pytest.fixture
def write(tmp_path):
    def to_file(content):
        path = tmp_path / "net.caffemodel"
        path.write_bytes(content)
        return path

    return to_file


@pytest.fixture
def layers_of(write):
    def read(content):
        path = write(content)
        return read_layers(path, map_caffemodel(path))

    return read


@pytest.mark.parametrize("form", [layer, v1_layer])
@pytest.mark.parametrize("legacy_shape", [False, True])
@pytest.mark.parametrize("double", [False, True])
def test_both_forms_of_layers_and_blobs_are_read(form, legacy_shape, double, layers_of):
    content = caffemodel(
        {"conv1_1": [WEIGHT, BIAS], "other": [BIAS]},
        form=form,
        legacy_shape=legacy_shape,
        double=double,
    )
    first, second = layers_of(content)
    assert (first.name, first.padding, first.dilation) == ("conv1_1", 100, 1)
    assert (second.name, second.padding) == ("other", 0)
    weight, bias = first.blobs
    assert np.array_equal(weight, WEIGHT)
    assert bias.shape == ((1, 1, 1, 2) if legacy_shape else (2,))
    assert np.array_equal(bias.ravel(), BIAS)
    assert weight.dtype == (np.float64 if double else np.float32)


def test_the_form_of_2013_is_read(layers_of):
    (only,) = layers_of(v0_layer("conv1", [blob(WEIGHT, legacy_shape=True)]))
    assert (only.name, only.padding, only.dilation) == ("conv1", None, 1)
    assert np.array_equal(only.blobs[0], WEIGHT)


def test_settings_are_those_of_the_convolution(layers_of):
    (only,) = layers_of(
        layer("a", CONVOLUTION, [blob(BIAS)], settings(pad=7, dilation=12, outputs=2))
    )
    assert (only.padding, only.dilation) == (7, 12)
    (only,) = layers_of(layer("a", SPLIT, [blob(BIAS)]))
    assert (only.padding, only.dilation) == (None, 1)


def test_layers_without_blobs_gradients_and_unknown_fields_are_passed_over(layers_of):
    gradient = chunk(6, b"\0" * 8) + chunk(9, b"\0" * 16) + chunk(500, b"?")
    content = chunk(3, b"data") + number(4, 3) + layer("relu", SPLIT, [])
    (only,) = layers_of(content + layer("a", SPLIT, [blob(BIAS) + gradient]) + number(5, 1))
    assert only.name == "a"
    assert np.array_equal(only.blobs[0], BIAS)


def test_data_in_several_pieces_are_put_together(layers_of):
    pieces = chunk(5, struct.pack("<2f", 1, 2)) + chunk(5, struct.pack("<f", 3))
    (only,) = layers_of(layer("a", SPLIT, [pieces + chunk(7, chunk(1, b"\x03"))]))
    assert only.blobs[0].tolist() == [1, 2, 3]


def test_blobs_are_views_of_the_file(layers_of):
    (only,) = layers_of(layer("a", SPLIT, [blob(WEIGHT)]))
    assert not only.blobs[0].flags.owndata
    assert not only.blobs[0].flags.writeable


def damaged_blobs():
    data = chunk(5, struct.pack("<4f", 1, 2, 3, 4))
    shape = chunk(7, chunk(1, b"\x02\x02"))
    both = chunk(8, struct.pack("<4d", 1, 2, 3, 4))
    return {
        "has no shape": data,
        "has 4 numbers for a shape of 2 x 3": data + chunk(7, chunk(1, b"\x02\x03")),
        "has 0 numbers for a shape of 2 x 2": shape,
        "has 4 numbers for a shape of 1 x 1 x 2 x 3": data
        + b"".join(number(axis, size) for axis, size in ((1, 1), (2, 1), (3, 2), (4, 3))),
        f"has 4 numbers for a shape of {2**62} x {2**62}": data
        + chunk(7, chunk(1, varint(2**62) * 2)),
        "has an impossible shape": data + chunk(7, chunk(1, varint(2**64 - 1) + b"\x04")),
        "numbers that do not lie side by side": shape + chunk(5, b"\0" * 15),
        "numbers that do not lie side by": shape + (varint(5 << 3 | 5) + b"\0\0\0\0") * 4,
        "both single and double precision": data + both + chunk(7, chunk(1, b"\x08")),
        "a BlobProto cannot be read": data + chunk(7, b"\x0a\x05\x01"),
        "cut short: 96 bytes are missing": shape + varint(5 << 3 | 2) + b"\x70" + b"\0" * 16,
    }


@pytest.mark.parametrize("said", damaged_blobs())
@pytest.mark.parametrize("form", [layer, v1_layer])
def test_damaged_blobs_are_refused_with_the_reason(said, form, layers_of):
    content = damaged_blobs()[said]
    with pytest.raises(ModelFileError, match=r"net\.caffemodel is damaged") as caught:
        layers_of(form("conv1_1", CONVOLUTION, [blob(WEIGHT), content]))
    assert said in caught.value.found
    assert "blob 1 of 'conv1_1'" in caught.value.found or "has" not in said
    assert caught.value.do == "copy or download it again"


def test_a_name_that_is_no_text_is_shown_and_not_believed(layers_of):
    with pytest.raises(ModelFileError, match=r"of '.*\\x1b\[2J' has no shape"):
        layers_of(chunk(100, chunk(1, b"\xff\x1b[2J") + chunk(7, b"")))


def test_a_file_cut_anywhere_is_refused_or_lacks_whole_layers(layers_of):
    content = caffemodel({"a": [WEIGHT, BIAS], "b": [BIAS]})
    ends = [len(chunk(1, b"small")), len(caffemodel({"a": [WEIGHT, BIAS]}))]
    for count, end in enumerate(ends):
        assert [one.name for one in layers_of(content[:end])] == ["a"][:count]
    for end in set(range(1, len(content))) - set(ends):
        with pytest.raises(ModelFileError, match="is damaged: "):
            layers_of(content[:end])


def test_an_empty_file_is_called_so(layers_of):
    with pytest.raises(ModelFileError, match="is damaged: it is empty"):
        layers_of(b"")


def test_without_protobuf_the_extra_is_named(layers_of, monkeypatch):
    monkeypatch.delitem(sys.modules, "roadfcn.weights.caffe_messages", raising=False)
    monkeypatch.setitem(sys.modules, "google.protobuf.message", None)
    with pytest.raises(ModelFileError, match="the package protobuf is not installed") as caught:
        layers_of(layer("a", SPLIT, [blob(BIAS)]))
    assert caught.value.do == "in the checkout of roadfcn: pip install '.[caffe]'"


@pytest.mark.parametrize("form", [layer, v1_layer])
@pytest.mark.parametrize("name", ["VGG_ILSVRC_16_layers", "", "Straße"])
def test_caffemodels_are_recognised_whole_and_cut_short(form, name, write):
    content = caffemodel({"conv1_1": [WEIGHT, BIAS]}, form=form, name=name)
    assert is_caffemodel(write(content))
    assert is_caffemodel(write(content[:70]))
    assert is_caffemodel(write(form("nameless net", CONVOLUTION, [blob(BIAS)])))
    old_input = chunk(1, b"net") + chunk(3, b"data") + number(4, 1) + number(4, 3) + number(5, 0)
    assert is_caffemodel(write(old_input + form("a", CONVOLUTION, [blob(BIAS)])))


def test_the_form_of_2013_is_recognised(write):
    assert is_caffemodel(write(chunk(1, b"net") + v0_layer("conv1", [blob(BIAS)])))


def other_files(folder):
    torch.save({"a": torch.zeros(3)}, folder / "zip.pth")
    torch.save({"a": torch.zeros(3)}, folder / "old.pth", _use_new_zipfile_serialization=False)
    save_file({"layer": torch.zeros(10)}, folder / "a.safetensors")
    np.save(folder / "array.npy", WEIGHT)
    contents = {
        "empty": b"",
        "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(100),
        "text": b'\n\nname: "VGG_ILSVRC_16_layers"\nlayers {\n  name: "conv1_1"\n}\n' * 9,
        "prototxt": b'layer { name: "data" type: "Input" top: "data" }',
        "html": b"<!DOCTYPE html><html><body>404</body></html>",
        "onnx": b"\x08\x07\x12\x07pytorch\x1a\x052.1.0:\xd0\x02" + bytes(50),
        "saved_model.pb": b"\x08\x01\x12\x80\x04\x0a\x40" + bytes(600),
        "frozen graph.pb": chunk(1, chunk(1, b"input") + chunk(2, b"Placeholder")) * 3,
        "mean.binaryproto": blob(WEIGHT, legacy_shape=True),
        "solverstate": number(1, 100) + chunk(2, b"net.caffemodel") + chunk(3, blob(WEIGHT)),
        "git lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        "gzip": b"\x1f\x8b\x08\0\0\0\0\0",
        "png": b"\x89PNG\r\n\x1a\n" + bytes(50),
        "zeros": bytes(4096),
        "only a name": chunk(1, b"net"),
        "an empty layer": chunk(1, b"net") + chunk(100, b"") + chunk(1, b"conv1_1"),
        **{f"safetensors of {n}": struct.pack("<Q", n) + b'{"a":{}}' for n in (10, 18, 522, 1298)},
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def test_other_files_are_not_taken_for_caffemodels(tmp_path):
    other_files(tmp_path)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 24
    assert [path.name for path in files if is_caffemodel(path)] == []


def test_random_bytes_are_not_taken_for_caffemodels(write):
    random = np.random.default_rng(0)
    assert not any(is_caffemodel(write(random.bytes(200))) for _ in range(500))
