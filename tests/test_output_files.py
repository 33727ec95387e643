"""Writing in one step: the whole file or none, and plain words when it cannot be done."""

import errno
import os
from pathlib import Path

import pytest

from roadfcn.errors import OutputError
from roadfcn.output_files import (
    atomic_output,
    check_writable,
    new_folder,
    write_bytes,
    write_text,
)


def break_with(monkeypatch, code):
    """Make the renaming step fail as the operating system would with `code`."""

    def fail(self, target):
        raise OSError(code, os.strerror(code), str(self))

    monkeypatch.setattr(Path, "replace", fail)


def test_writing_makes_parents_and_leaves_only_the_file(tmp_path):
    target = tmp_path / "a" / "b" / "scores.json"
    write_text(target, "größer\n")
    assert target.read_bytes() == "größer\n".encode()
    assert list(target.parent.iterdir()) == [target]


def test_writing_replaces_the_old_file(tmp_path):
    target = tmp_path / "x.bin"
    write_bytes(target, b"old")
    write_bytes(target, b"new")
    assert target.read_bytes() == b"new"


def test_failure_keeps_the_old_file_and_leaves_nothing_else(tmp_path):
    target = tmp_path / "x.png"
    target.write_bytes(b"old")

    def break_off():
        with atomic_output(target) as part:
            part.write_bytes(b"ha")
            raise RuntimeError("the encoder broke")

    with pytest.raises(RuntimeError, match="the encoder broke"):
        break_off()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_temporary_file_keeps_the_ending_and_is_hidden(tmp_path):
    with atomic_output(tmp_path / "x.png") as part:
        assert part.suffix == ".png"
        assert part.name.startswith(".")
        part.touch()


def test_names_of_the_greatest_length_can_be_written(tmp_path):
    target = tmp_path / ("n" * 251 + ".png")
    write_bytes(target, b"1")
    assert target.read_bytes() == b"1"


@pytest.mark.parametrize("name", [".", "..", "folder"])
def test_a_folder_is_no_output_file(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_text(Path(name), "")


def test_a_file_in_the_middle_of_the_path_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="a part of its path is a file"):
        write_text(tmp_path / "file" / "below" / "x.txt", "")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EACCES, "no permission to write"),
        (errno.EROFS, "no permission to write"),
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_operating_system_errors_become_plain_words(tmp_path, monkeypatch, code, words):
    break_with(monkeypatch, code)
    with pytest.raises(OutputError, match=words):
        write_text(tmp_path / "x.txt", "text")
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_error_without_a_code_keeps_its_words(tmp_path):
    with (
        pytest.raises(OutputError, match="cannot write mode F as PNG"),
        atomic_output(tmp_path / "x.png"),
    ):
        raise OSError("cannot write mode F as PNG")


def test_a_really_full_disk_is_reported_and_left_clean(mount_tmpfs):
    disk = mount_tmpfs("size=64k")
    write_bytes(disk / "old", b"old")
    with pytest.raises(OutputError, match="the disk is full"):
        write_bytes(disk / "old", bytes(200_000))
    assert (disk / "old").read_bytes() == b"old"
    assert [path.name for path in disk.iterdir()] == ["old"]


def test_a_really_read_only_disk_is_reported(mount_tmpfs):
    disk = mount_tmpfs("ro,size=64k")
    with pytest.raises(OutputError, match="no permission to write"):
        write_text(disk / "x.txt", "text")
    with pytest.raises(OutputError, match="no permission to write"):
        new_folder(disk)
    with pytest.raises(OutputError, match="no permission to write"):
        new_folder(disk / "below")


def test_a_writable_place_is_found_so_and_left_as_it_was(tmp_path):
    (tmp_path / "old.json").write_text("old")
    check_writable(tmp_path / "old.json")
    check_writable(tmp_path / "new" / "below" / "x.json")
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]
    assert (tmp_path / "old.json").read_text() == "old"


def test_places_that_cannot_be_written_are_told_before(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a folder"):
        check_writable(tmp_path)
    with pytest.raises(OutputError, match="a part of its path is a file"):
        check_writable(tmp_path / "file" / "new" / "x.json")


def test_a_read_only_disk_is_told_before(mount_tmpfs):
    with pytest.raises(OutputError, match="no permission to write"):
        check_writable(mount_tmpfs("ro,size=64k") / "x.json")


def test_a_full_disk_is_told_with_what_is_needed_and_free(mount_tmpfs):
    target = mount_tmpfs("size=64k") / "x.bin"
    with (
        pytest.raises(
            OutputError, match=r"x\.bin could not .*; it needs 200\.0 kB, 65\.5 kB are free"
        ),
        atomic_output(target, durable=True, needed_bytes=200_000) as part,
    ):
        part.write_bytes(bytes(200_000))
    assert list(target.parent.iterdir()) == []


def test_a_durable_file_is_given_to_the_disk_before_and_after_it_gets_its_name(
    tmp_path, monkeypatch
):
    synced = []
    fsync = os.fsync

    def note(descriptor):
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    with atomic_output(tmp_path / "x.bin", durable=True) as part:
        part.write_bytes(b"content")
    assert synced == [part, tmp_path]
    with atomic_output(tmp_path / "y.bin") as part:
        part.write_bytes(b"content")
    assert len(synced) == 2


def test_a_name_that_no_file_can_have_is_an_error_of_the_output(tmp_path):
    path = tmp_path / ("a" * 5000)
    with pytest.raises(OutputError, match="could not be written: File name too long"):
        write_text(path, "x")
    with pytest.raises(OutputError, match="could not be written: File name too long"):
        check_writable(path)


@pytest.mark.parametrize(
    "problem",
    [
        OSError(errno.ENOSPC, "full"),
        OutputError("the disk is full: records.jsonl", allowed="space", do="free some"),
    ],
)
def test_what_cannot_be_had_again_may_be_rescued_under_another_name(tmp_path, problem):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def rescue(part):
        part.replace(tmp_path / "rescued.txt")
        return "; it is in rescued.txt"

    def fail():
        with atomic_output(path, rescue=rescue) as part:
            part.write_text("half")
            raise problem

    with pytest.raises(OutputError, match=r"the disk is full: .*; it is in rescued.txt\n"):
        fail()
    assert path.read_text() == "old"
    assert (tmp_path / "rescued.txt").read_text() == "half"
    assert len(list(tmp_path.iterdir())) == 2
