"""Which files a TensorFlow model is made of; no TensorFlow is needed to tell."""

import hashlib
import re
from pathlib import Path

import pytest

from roadfcn.errors import ModelFileError
from roadfcn.weights.tensorflow_files import find_tensorflow_files, is_tensorflow

INDEX = b"names and places" + bytes.fromhex("57fb808b247547db")
DATA = "data-00000-of-00001"


def checkpoint(folder: Path, name: str, shards: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.index").write_bytes(INDEX)
    (folder / f"{name}.meta").write_bytes(b"graph")
    for at in range(shards):
        (folder / f"{name}.data-{at:05d}-of-{shards:05d}").write_bytes(b"numbers %d" % at)
    return folder / name


def saved_model(folder: Path, variables: bool = True) -> Path:
    if variables:
        checkpoint(folder / "variables", "variables")
    folder.mkdir(exist_ok=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    return folder


@pytest.mark.parametrize("suffix", ["", ".index", ".meta", f".{DATA}"])
def test_a_checkpoint_is_found_by_its_prefix_and_by_each_of_its_files(suffix: str, tmp_path: Path):
    prefix = checkpoint(tmp_path, "model.ckpt-7")
    path = tmp_path / f"model.ckpt-7{suffix}"
    assert is_tensorflow(path)
    files = find_tensorflow_files(path)
    assert (files.prefix, files.graph) == (prefix, None)
    assert [file.name for file in files.holding] == ["model.ckpt-7.index", f"model.ckpt-7.{DATA}"]


@pytest.mark.parametrize(
    "text",
    [
        'model_checkpoint_path: "model.ckpt-9"\nall_model_checkpoint_paths: "model.ckpt-10"\n',
        'model_checkpoint_path: "/home/somebody/runs/model.ckpt-9"\n',
        'model_checkpoint_path: "C:\\\\runs\\\\model.ckpt-9"\n',
    ],
)
def test_a_folder_stands_for_the_checkpoint_that_its_file_names(text: str, tmp_path: Path):
    for number in (8, 9, 10):
        checkpoint(tmp_path, f"model.ckpt-{number}")
    (tmp_path / "checkpoint").write_text(text)
    assert is_tensorflow(tmp_path)
    assert find_tensorflow_files(tmp_path).prefix == tmp_path / "model.ckpt-9"


def test_a_folder_with_one_checkpoint_needs_no_such_file(tmp_path: Path):
    prefix = checkpoint(tmp_path, "net")
    assert is_tensorflow(tmp_path)
    assert find_tensorflow_files(tmp_path).prefix == prefix


def test_of_several_checkpoints_one_has_to_be_named(tmp_path: Path):
    for number in (9, 10):
        checkpoint(tmp_path, f"model.ckpt-{number}")
    with pytest.raises(ModelFileError, match=r"ckpt-9, model\.ckpt-10, and no file says") as caught:
        find_tensorflow_files(tmp_path)
    assert caught.value.do == f"give one of them, such as {tmp_path / 'model.ckpt-10'}"


def test_a_named_checkpoint_that_is_gone_is_not_replaced_by_another(tmp_path: Path):
    checkpoint(tmp_path, "model.ckpt-8")
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-9"\n')
    with pytest.raises(ModelFileError, match=r"model\.ckpt-8, and its file 'checkpoint' names mo"):
        find_tensorflow_files(tmp_path)


def test_a_saved_model_has_its_weights_in_variables_or_in_its_graph(tmp_path: Path):
    whole, frozen = saved_model(tmp_path / "vgg"), saved_model(tmp_path / "frozen", False)
    for path in (whole, whole / "saved_model.pb"):
        assert is_tensorflow(path)
        files = find_tensorflow_files(path)
        assert files.prefix == whole / "variables" / "variables"
        assert files.graph == whole / "saved_model.pb"
        assert len(files.holding) == 2
    files = find_tensorflow_files(frozen)
    assert files.prefix is None
    assert files.holding == (frozen / "saved_model.pb",)


def test_size_and_hash_are_of_all_files_that_hold_weights_in_their_order(tmp_path: Path):
    files = find_tensorflow_files(checkpoint(tmp_path, "net", shards=12))
    content = INDEX + b"".join(b"numbers %d" % at for at in range(12))
    assert files.weight_bytes == len(content)
    assert files.sha256() == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("variables", [True, False])
def test_the_hash_of_a_saved_model_changes_with_its_graph(variables: bool, tmp_path: Path):
    """The graph says what the weights want to be fed: another one makes another model of them."""
    folder = saved_model(tmp_path / "vgg", variables)
    content = b"graph" + (INDEX + b"numbers 0" if variables else b"")
    files = find_tensorflow_files(folder)
    assert files.sha256() == hashlib.sha256(content).hexdigest()
    (folder / "saved_model.pb").write_bytes(b"other")
    assert files.sha256() == hashlib.sha256(b"other" + content[5:]).hexdigest()


@pytest.mark.parametrize(
    ("gone", "path", "said"),
    [
        ("net.index", f"net.{DATA}", r"net is not whole: net\.index missing"),
        (f"net.{DATA}", "net", r"not whole: net\.data-00000-of-00001 missing"),
    ],
)
def test_a_lost_part_is_named(gone: str, path: str, said: str, tmp_path: Path):
    checkpoint(tmp_path, "net")
    (tmp_path / gone).unlink(missing_ok=True)
    assert is_tensorflow(tmp_path / path)
    with pytest.raises(ModelFileError, match=said):
        find_tensorflow_files(tmp_path / path)


def test_lost_shards_are_named(tmp_path: Path):
    prefix = checkpoint(tmp_path, "net", shards=9)
    for at in (1, 3, 4, 5, 8):
        (tmp_path / f"net.data-{at:05d}-of-00009").unlink()
    said = "net.data-00001-of-00009, net.data-00003-of-00009, net.data-00004-of-00009 and 2 more"
    with pytest.raises(ModelFileError, match=re.escape(said)):
        find_tensorflow_files(prefix)


def test_the_weights_of_a_saved_model_without_their_index_are_not_looked_for_in_its_graph(
    tmp_path: Path,
):
    (saved_model(tmp_path / "vgg") / "variables" / "variables.index").unlink()
    with pytest.raises(ModelFileError, match=r"variables\.index missing"):
        find_tensorflow_files(tmp_path / "vgg")


def test_other_files_and_folders_are_not_taken_for_tensorflows(tmp_path: Path):
    (tmp_path / "book.index").write_text("apple 3")
    (tmp_path / "movie.meta").write_text("1999")
    (tmp_path / "weights.pth").write_bytes(b"PK")
    (tmp_path / "checkpoint").write_text("I was here")
    for path in (tmp_path, *tmp_path.iterdir(), tmp_path / "nothing", tmp_path / "no" / "folder"):
        assert not is_tensorflow(path), path
    with pytest.raises(ModelFileError, match="is no TensorFlow model"):
        find_tensorflow_files(tmp_path)
