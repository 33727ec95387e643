"""Folders to fill: new ones, those that hold something, and what killed processes left in them."""

from pathlib import Path

import pytest

from roadfcn.errors import OutputError
from roadfcn.output_files import (
    atomic_folder,
    check_new_folder,
    new_folder,
    remove_leftovers,
)


def test_new_folder_is_made_with_its_parents(tmp_path):
    folder = new_folder(tmp_path / "a" / "b")
    assert folder.is_dir()
    assert list(folder.iterdir()) == []


def test_new_folder_takes_an_empty_folder(tmp_path):
    assert new_folder(tmp_path) == tmp_path


def test_new_folder_refuses_a_full_folder_unless_told(tmp_path):
    (tmp_path / "precious.txt").touch()
    with pytest.raises(OutputError, match="is not empty"):
        new_folder(tmp_path)
    assert new_folder(tmp_path, overwrite=True) == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_new_folder_refuses_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a file"):
        new_folder(tmp_path / "file")


def test_leftovers_of_killed_writers_are_removed_and_nothing_else(tmp_path):
    inner = tmp_path / "evaluation"
    inner.mkdir()
    left = [tmp_path / f".{'0f' * 8}.part.ckpt", inner / f".{'a1' * 8}.part"]
    kept = [tmp_path / "model.part.safetensors", tmp_path / ".hidden", inner / ".0f.part.png"]
    for path in left + kept:
        path.touch()
    remove_leftovers(tmp_path)
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in kept)


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "deep" / "out"
    with atomic_folder(target) as part:
        (part / "a.txt").write_text("a")
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["a.txt"]

    def stop_halfway():
        with atomic_folder(tmp_path / "other") as part:
            (part / "a.txt").write_text("a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_halfway()
    assert {path.name for path in tmp_path.iterdir()} == {"deep"}


def test_an_empty_folder_is_filled_and_a_full_one_refused(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    with atomic_folder(target) as part:
        (part / "a.txt").write_text("a")
    with pytest.raises(OutputError, match="out is not empty"), atomic_folder(target):
        pass
    with pytest.raises(OutputError, match=r"a\.txt is a file"), atomic_folder(target / "a.txt"):
        pass
    with (
        pytest.raises(OutputError, match="a part of its path is a file"),
        atomic_folder(target / "a.txt" / "deeper"),
    ):
        pass


def test_a_folder_to_fill_is_checked_without_being_made(tmp_path):
    check_new_folder(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a file"):
        check_new_folder(tmp_path / "file")
    with pytest.raises(OutputError, match="a part of its path is a file"):
        check_new_folder(tmp_path / "file" / "b")
    with pytest.raises(OutputError, match="is not empty"):
        check_new_folder(tmp_path)
    with pytest.raises(OutputError) as caught:
        check_new_folder(Path("/proc/nothing/here"))
    assert caught.value.found.startswith("/proc/nothing/here could not be written")
    check_new_folder(tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_killed_processes_left_hidden_does_not_fill_a_folder(tmp_path):
    for name in (".records.jsonl.lock", ".0123456789abcdef.part.mp4"):
        (tmp_path / name).touch()
    check_new_folder(tmp_path)
    (tmp_path / ".mine").touch()
    with pytest.raises(OutputError, match="is not empty"):
        check_new_folder(tmp_path)
