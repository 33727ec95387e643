"""Headers of saved models, and what is said about files that are none."""

import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from roadfcn.converted_files.inspecting import inspect_any_model
from roadfcn.errors import ModelFileError
from roadfcn.model_files import MAX_HEADER_BYTES, StoredTensor, inspect_model_file, model_kind


@pytest.fixture
def model_path(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    tensors = {"a": np.zeros((2, 3), np.float32), "b": np.zeros((), np.int64)}
    save_file(tensors, path, {"note": "x"})
    return path


def with_header(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize("folder", [False, True])
def test_names_types_shapes_and_metadata_are_read(folder: bool, model_path: Path):
    found = inspect_model_file(model_path.parent if folder else model_path)
    assert found.path == model_path
    assert found.tensors == {"a": StoredTensor("F32", (2, 3)), "b": StoredTensor("I64", ())}
    assert found.metadata == {"note": "x"}


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ModelFileError, match=r"there is no model .*gone\.safetensors"):
        inspect_model_file(tmp_path / "gone.safetensors")


def test_a_folder_without_a_model_is_named(tmp_path: Path):
    with pytest.raises(ModelFileError, match=r"has no model\.safetensors in it"):
        inspect_model_file(tmp_path)


def test_a_path_through_a_file_is_an_error_of_the_model(model_path: Path):
    with pytest.raises(ModelFileError, match="cannot be read: Not a directory"):
        inspect_model_file(model_path / "inside")


def make_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"x")


KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "empty (0 bytes)"),
    "zip": (make_zip, "a zip file, as PyTorch's .pth, .pt and .ckpt are"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps([1] * 50)), "a Python pickle"),
    "hdf5": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(60)), "an HDF5 file"),
    "lfs": (
        lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"),
        "a Git LFS pointer",
    ),
    "xml": (lambda path: path.write_text('<?xml version="1.0"?>'), "an XML file, as OpenVINO's"),
    "text": (lambda path: path.write_text("epoch,loss\n1,2\n"), "a text file that begins 'epoch,"),
    "short text": (lambda path: path.write_text("hi"), "a text file that begins 'hi'"),
    "noise": (lambda path: path.write_bytes(bytes(range(200, 256))), "no model"),
    "picture": (lambda path: path.write_bytes(b"\xff\xd8\xff" + bytes(60)), "a picture"),
    "huge header": (
        lambda path: path.write_bytes(struct.pack("<Q", 10**15) + b"{" + bytes(99)),
        "its header claims to be 1000000000000000 bytes long",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_another_kind_of_file_is_recognised(kind: str, tmp_path: Path):
    path = tmp_path / "weights.bin"
    make, said = KINDS[kind]
    make(path)
    with pytest.raises(ModelFileError) as caught:
        inspect_model_file(path)
    assert caught.value.found.startswith(f"{path} is ")
    assert said in caught.value.found
    assert "run folder" in caught.value.allowed


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("no.safetensors", "check the path, or train a model"),
        ("no.onnx", "check the path, or export a model"),
        ("no.xml", "check the path, or export a model"),
    ],
)
def test_where_any_model_would_do_the_error_names_all_kinds(tmp_path: Path, name: str, advice: str):
    with pytest.raises(ModelFileError, match="there is no model") as caught:
        inspect_any_model(tmp_path / name)
    for kind in ("run folder", ".safetensors", ".onnx", ".xml"):
        assert kind in caught.value.allowed
    assert caught.value.do == advice


def test_a_folder_or_picture_in_place_of_any_model_is_told_what_would_do(tmp_path: Path):
    (tmp_path / "street.jpg").write_bytes(b"\xff\xd8\xff" + bytes(60))
    for path in (tmp_path, tmp_path / "street.jpg"):
        with pytest.raises(ModelFileError) as caught:
            inspect_any_model(path)
        assert ".onnx" in caught.value.allowed
        with pytest.raises(ModelFileError) as caught:
            inspect_model_file(path)
        assert ".onnx" not in caught.value.allowed


def test_a_damaged_model_that_was_exported_is_to_be_exported_again(tmp_path: Path):
    (tmp_path / "a.onnx").write_bytes(b"\x08\x08\x12\x05hello")
    with pytest.raises(ModelFileError, match="is damaged") as caught:
        inspect_any_model(tmp_path / "a.onnx")
    assert caught.value.do == "copy or download it again, or export the model again"


def test_an_onnx_file_is_recognised_by_its_name(tmp_path: Path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08\x07\x12\x07pytorch" + bytes(60))
    with pytest.raises(ModelFileError, match="is an ONNX model"):
        inspect_model_file(path)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a", b"\x08\x0a\x12\x07pytorch", "onnx"),
        ("a.onnx", b"", "safetensors"),
        ("a.ONNX", b"anything else", "onnx"),
        ("a", b'\xef\xbb\xbf<?xml version="1.0"?>', "openvino"),
        ("a.xml", b"<net", "openvino"),
        ("a.xml", b"PK\x03\x04", "safetensors"),
        ("a.onnx", b"version https://git-lfs", "safetensors"),
        ("a", b"\x08\x0a\0\0\0\0\0\0{", "safetensors"),
        ("a", b"\x08\x07\x12", "onnx"),
        ("a", b"\x08\x07", "safetensors"),
    ],
)
def test_a_kind_is_told_by_first_bytes_and_name(name: str, content: bytes, kind: str, tmp_path):
    """What is no model passes for a safetensors file, whose reader says what it is."""
    (tmp_path / name).write_bytes(content)
    assert model_kind(tmp_path / name) == kind


def test_a_header_whose_length_looks_like_an_onnx_file_is_still_a_header(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    header = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    text = json.dumps(header).ljust(0x12_07_08).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(8))
    assert path.read_bytes()[:3] == b"\x08\x07\x12"
    assert model_kind(path) == "safetensors"


def test_a_pickle_is_not_run(tmp_path: Path):
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelFileError, match="pickle"):
        inspect_model_file(path)
    assert not (tmp_path / "sprung").exists()


def test_a_file_cut_anywhere_is_refused(model_path: Path):
    whole = model_path.read_bytes()
    for length in range(1, len(whole)):
        model_path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError) as caught:
            inspect_model_file(model_path)
        if length > 9:
            assert f"cut short: {length} bytes of at least" in caught.value.found


def test_bytes_after_the_last_tensor_are_refused(model_path: Path):
    model_path.write_bytes(model_path.read_bytes() + b"x")
    with pytest.raises(ModelFileError, match=r"is damaged: it has .* bytes and its tensors end at"):
        inspect_model_file(model_path)


def entry(**changes: object) -> dict[str, object]:
    return {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}


@pytest.mark.parametrize(
    "header",
    [
        {"a": 3},
        {"a": {}},
        {"a": entry(shape=None)},
        {"a": entry(shape=[-2])},
        {"a": entry(shape=[3])},
        {"a": entry(shape=["x"])},
        {"a": entry(shape=[float("inf")])},
        {"a": entry(data_offsets=[0, float("inf")])},
        {"a": entry(data_offsets=[8, 0])},
        {"a": entry(data_offsets=[0])},
        {"__metadata__": [1]},
    ],
)
def test_a_header_that_makes_no_sense_is_refused(header: object, tmp_path: Path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(with_header(header, bytes(8)))
    with pytest.raises(ModelFileError, match="is damaged: its header cannot be read"):
        inspect_model_file(path)


def test_a_path_that_no_file_can_have_is_an_error_of_the_model():
    with pytest.raises(ModelFileError, match="cannot be read: File name too long"):
        inspect_model_file(Path("a" * 5000))


def test_a_deeply_nested_header_is_refused(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    text = b'{"a":' + b"[" * 200_000
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    with pytest.raises(ModelFileError, match="its header cannot be read"):
        inspect_model_file(path)


def test_a_header_above_the_limit_is_not_read(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", MAX_HEADER_BYTES + 1) + b"{" + bytes(100))
    with pytest.raises(ModelFileError, match="header claims to be 16777217 bytes"):
        inspect_model_file(path)


@pytest.mark.parametrize("content", [b"\x80", b"\x80\x02", b"{", b"\0" * 8, b"\0" * 9])
def test_a_file_of_a_few_bytes_is_refused(content: bytes, tmp_path: Path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError):
        inspect_model_file(path)
