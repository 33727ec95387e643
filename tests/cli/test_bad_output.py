"""Bad places for output through the real commands: files in the way, and disks that are full.

Every case ends in one message, exit code 2, no traceback, and no file that is half there.
"""

import re
import shutil

import pytest

WRITERS = [
    "train",
    "predict",
    "scenes",
    "evaluate --out",
    "evaluate --json",
    "data check --sheet",
    "data stats --json",
]


@pytest.mark.parametrize("writer", WRITERS)
def test_an_output_folder_that_is_a_file_is_refused(refused, words, tmp_path, writer):
    out = tmp_path / "taken"
    out.write_text("mine", encoding="utf-8")
    found = refused(*words(writer, out=out))
    assert found.endswith(("taken is a file", "because a part of its path is a file"))
    assert out.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("writer", ["predict, keeping", "scenes, keeping"])
def test_an_output_folder_with_files_is_kept(refused, words, tmp_path, writer):
    out = tmp_path / "taken"
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    order = words(writer, out=out)
    assert refused(*order) == f"the output folder {out} is not empty"
    assert [path.name for path in out.rglob("*")] == ["mine.txt"]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_disk_that_is_only_for_reading_is_told(refused, words, mount_tmpfs, writer):
    disk = mount_tmpfs("ro,size=64k")
    assert f"no permission to write {disk}" in refused(*words(writer, out=disk))


READ_ONLY, CLOSED = 0o555, 0


@pytest.mark.parametrize(
    ("writer", "rights"),
    [
        *((writer, READ_ONLY) for writer in WRITERS),
        ("train", CLOSED),
        ("predict", CLOSED),
        ("predict, keeping", CLOSED),
        ("evaluate --json", CLOSED),
    ],
)
def test_an_output_folder_without_the_right_to_it_is_told(
    without_privileges, words, tmp_path, writer, rights
):
    out = tmp_path / "kept"
    out.mkdir()
    out.chmod(rights)
    done = without_privileges(*words(writer, out=out))
    out.chmod(0o755)
    assert done.returncode == 2, done.stderr
    told = rf"no permission to \S+( \S+)? {out}|invalid value for '--out': path '{out}' is not"
    assert re.search(f"^roadfcn: ({told})", done.stderr, re.MULTILINE), done.stderr
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("writer", WRITERS)
def test_a_disk_that_is_full_is_told_and_left_as_it_was(refused, words, mount_tmpfs, writer):
    disk = mount_tmpfs("size=64k")
    (disk / "filler").write_bytes(bytes(64 * 1024))
    assert f"the disk is full: {disk}" in refused(*words(writer, out=disk))
    assert [path.name for path in disk.rglob("*") if path.is_file()] == ["filler"]


@pytest.mark.parametrize("writer", ["train", "predict", "scenes", "data check --sheet"])
def test_a_disk_that_fills_up_holds_whole_files_only(
    refused, words, mount_tmpfs, assert_whole, writer
):
    disk = mount_tmpfs("size=48k")
    assert f"the disk is full: {disk}" in refused(*words(writer, out=disk))
    assert_whole(disk)


def test_a_run_that_filled_the_disk_goes_on_when_there_is_space(
    command, recipe, mount_tmpfs, assert_whole
):
    disk = mount_tmpfs("size=2m")
    constant = ("schedule.name=constant", "schedule.warmup=0")
    assert command("train", recipe, f"runs={disk}", *constant).code == 0
    (run,) = disk.iterdir()
    before = (run / "last.ckpt").read_bytes()
    space = shutil.disk_usage(disk).free
    (disk / "filler").write_bytes(bytes(space - 24 * 1024))

    code, _, err = command("train", "--resume", run, "trainer.epochs=2")
    assert code == 2
    assert f"the disk is full: {run}" in err
    assert re.search(r"; it needs [\d.]+ kB, [\d.]+ kB are free\n", err)
    assert f"go on with: roadfcn train --resume {run}\n" in err
    assert (run / "last.ckpt").read_bytes() == before
    assert_whole(disk)

    (disk / "filler").unlink()
    assert command("train", "--resume", run).code == 0
    assert len((run / "metrics.csv").read_text(encoding="utf-8").splitlines()) == 3
