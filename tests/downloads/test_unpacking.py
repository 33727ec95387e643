"""An archive becomes a folder, whole or not at all."""

import threading

import pytest

from roadfcn.downloads import unpacking
from roadfcn.downloads.unpacking import is_unpacked, unpack
from roadfcn.errors import DownloadError, OutputError


def files_in(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def save(tmp_path):
    """Give a function that writes an archive and gives its path."""

    def write(content, name="a.zip"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def test_the_one_folder_of_an_archive_becomes_the_target(tmp_path, save, vgg_zip):
    target = tmp_path / "data" / "vgg"
    assert unpack(save(vgg_zip), target, holds=("saved_model.pb", "variables"))
    assert files_in(target) == {
        "saved_model.pb": b"graph",
        "variables/variables.index": b"index",
    }
    assert [path.name for path in target.parent.iterdir()] == ["vgg"]


def test_of_an_archive_without_one_folder_all_becomes_the_target(tmp_path, save, make_zip):
    archive = save(make_zip({"saved_model.pb": b"graph", "variables/variables.index": b"index"}))
    unpack(archive, tmp_path / "vgg")
    assert set(files_in(tmp_path / "vgg")) == {"saved_model.pb", "variables/variables.index"}


def test_what_macos_adds_is_left_out(tmp_path, save, make_zip):
    archive = save(make_zip({"vgg/saved_model.pb": b"graph", "__MACOSX/vgg/._saved_model.pb": b""}))
    unpack(archive, tmp_path / "vgg")
    assert set(files_in(tmp_path / "vgg")) == {"saved_model.pb"}


def test_what_is_unpacked_already_is_left_alone(tmp_path, save, vgg_zip):
    target = tmp_path / "vgg"
    unpack(save(vgg_zip), target, holds=("saved_model.pb",))
    (target / "saved_model.pb").write_bytes(b"my own")
    assert not unpack(save(vgg_zip), target, holds=("saved_model.pb",))
    assert (target / "saved_model.pb").read_bytes() == b"my own"


def test_a_folder_with_something_else_is_kept(tmp_path, save, vgg_zip):
    (tmp_path / "vgg").mkdir()
    (tmp_path / "vgg" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="vgg is not empty"):
        unpack(save(vgg_zip), tmp_path / "vgg", holds=("saved_model.pb",))
    assert files_in(tmp_path / "vgg") == {"notes.txt": b"mine"}


def test_an_archive_without_what_is_wanted_leaves_nothing(tmp_path, save, make_zip):
    archive = save(make_zip({"vgg/readme.txt": b"no model"}))
    with pytest.raises(DownloadError, match=r"does not hold saved_model\.pb, variables\n") as told:
        unpack(archive, tmp_path / "vgg", holds=("saved_model.pb", "variables"))
    assert "the right archive" in told.value.do
    assert not (tmp_path / "vgg").exists()


def test_a_damaged_archive_leaves_nothing(tmp_path, save, make_zip):
    content = bytearray(make_zip({"vgg/a": b"first", "vgg/b": b"x" * 5000}))
    content[content.index(b"x" * 100) + 50] ^= 1
    with pytest.raises(DownloadError, match="cannot be unpacked: Bad CRC-32 for file 'vgg/b'"):
        unpack(save(bytes(content)), tmp_path / "vgg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\0" * 100])
def test_what_is_no_archive_is_refused(tmp_path, save, content):
    with pytest.raises(DownloadError, match="File is not a zip file"):
        unpack(save(content), tmp_path / "vgg")


def test_an_archive_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DownloadError, match=r"cannot be unpacked: .*No such file"):
        unpack(tmp_path / "a.zip", tmp_path / "vgg")


def test_every_cut_of_an_archive_is_refused(tmp_path, save, vgg_zip):
    for end in range(0, len(vgg_zip), 7):
        with pytest.raises(DownloadError):
            unpack(save(vgg_zip[:end]), tmp_path / "vgg")
        assert not (tmp_path / "vgg").exists()


def test_more_than_the_disk_has_room_for_is_refused(mount_tmpfs, save, make_zip):
    disk = mount_tmpfs("size=64k")
    archive = save(make_zip({"vgg/a": bytes(200_000)}))
    with pytest.raises(OutputError, match=r"no room for .*vgg: it needs 0\.2 MB, 0\.1 are free"):
        unpack(archive, disk / "vgg")
    assert list(disk.iterdir()) == []


def test_a_disk_that_fills_up_is_told_and_left_empty(mount_tmpfs, save, make_zip, monkeypatch):
    disk = mount_tmpfs("size=64k")
    monkeypatch.setattr(unpacking, "free_disk_bytes", lambda folder: 1 << 40)
    with pytest.raises(OutputError, match="the disk is full"):
        unpack(save(make_zip({"vgg/a": bytes(200_000)})), disk / "vgg")
    assert list(disk.iterdir()) == []


def test_two_may_unpack_at_once(tmp_path, save, vgg_zip, monkeypatch):
    """The slower one finds the folder of the faster."""
    archive, target = save(vgg_zip), tmp_path / "vgg"
    both = threading.Barrier(2, timeout=10)
    room = unpacking._check_room

    def check_room_together(*arguments):
        both.wait()
        room(*arguments)

    monkeypatch.setattr(unpacking, "_check_room", check_room_together)
    done = []
    runs = [
        threading.Thread(target=lambda: done.append(unpack(archive, target, holds=("variables",))))
        for _ in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(20)
    assert sorted(done) == [False, True]
    assert is_unpacked(target, ("saved_model.pb", "variables"))
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "vgg"}
