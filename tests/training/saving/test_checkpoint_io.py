"""`last.ckpt` is there whole or not at all, and a damaged one is told in plain words."""

import pickle
import resource
import signal
import subprocess
import sys
import zipfile

import pytest
import torch

from roadfcn.errors import OutputError, TrainingError
from roadfcn.output_files import remove_leftovers
from roadfcn.training.saving.lightning_io import AtomicCheckpointIO

IO = AtomicCheckpointIO()


def test_what_was_saved_is_read_back_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "run" / "last.ckpt"
    IO.save_checkpoint({"epoch": 3, "weights": torch.arange(4)}, path)
    IO.save_checkpoint({"epoch": 4, "weights": torch.arange(5)}, path)
    read = IO.load_checkpoint(path, weights_only=True)
    assert read["epoch"] == 4
    assert torch.equal(read["weights"], torch.arange(5))
    assert [left.name for left in path.parent.iterdir()] == ["last.ckpt"]


def test_a_full_disk_is_told_and_the_former_checkpoint_is_kept(mount_tmpfs):
    path = mount_tmpfs("size=256k") / "last.ckpt"
    IO.save_checkpoint({"epoch": 1}, path)
    with pytest.raises(OutputError, match=r"the disk is full: .*last\.ckpt"):
        IO.save_checkpoint({"epoch": 2, "weights": torch.zeros(100_000)}, path)
    assert IO.load_checkpoint(path, weights_only=True) == {"epoch": 1}
    assert [left.name for left in path.parent.iterdir()] == ["last.ckpt"]


def test_a_failure_of_torch_itself_keeps_its_words(tmp_path, monkeypatch):
    def fail(checkpoint, file):
        raise RuntimeError("the writer broke")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OutputError, match="the writer broke"):
        IO.save_checkpoint({}, tmp_path / "last.ckpt")
    assert list(tmp_path.iterdir()) == []


class _Evil:
    def __reduce__(self):
        return (print, ("run by a pickle",))


def _empty_zip():
    return b"PK\x05\x06" + bytes(18)


@pytest.mark.parametrize("content", [b"", b"junk\n", _empty_zip(), pickle.dumps(_Evil())])
def test_a_damaged_or_foreign_file_is_refused(tmp_path, content, capsys):
    path = tmp_path / "last.ckpt"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match=r"last\.ckpt is damaged, or no checkpoint"):
        IO.load_checkpoint(path, weights_only=True)
    assert "run by a pickle" not in capsys.readouterr().out


def test_a_checkpoint_cut_short_is_refused(tmp_path):
    path = tmp_path / "last.ckpt"
    IO.save_checkpoint({"weights": torch.zeros(100)}, path)
    assert zipfile.is_zipfile(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(TrainingError, match="is damaged"):
        IO.load_checkpoint(path, weights_only=True)


@pytest.mark.parametrize("values", [torch.ones(2), [1, 2], None, "text"])
def test_what_is_no_dictionary_is_no_checkpoint(tmp_path, values):
    torch.save(values, tmp_path / "last.ckpt")
    with pytest.raises(TrainingError, match=r"or no checkpoint \(TypeError\)"):
        IO.load_checkpoint(tmp_path / "last.ckpt")


DIE_WHILE_SAVING = """
import os, signal, sys
import torch
from roadfcn.training.saving.lightning_io import AtomicCheckpointIO

def write_half(checkpoint, file):
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)

AtomicCheckpointIO().save_checkpoint({"epoch": 1}, sys.argv[1])
torch.save = write_half
AtomicCheckpointIO().save_checkpoint({"epoch": 2}, sys.argv[1])
"""


def test_a_process_killed_while_saving_leaves_the_former_checkpoint(tmp_path):
    path = tmp_path / "last.ckpt"
    killed = subprocess.run([sys.executable, "-c", DIE_WHILE_SAVING, str(path)], timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert IO.load_checkpoint(path, weights_only=True) == {"epoch": 1}
    (left,) = set(tmp_path.iterdir()) - {path}
    assert left.read_bytes() == b"half"
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_limit_on_the_size_of_files_is_told_with_what_is_needed(tmp_path):
    path = tmp_path / "last.ckpt"
    IO.save_checkpoint({"epoch": 1}, path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"last\.ckpt could not .*; it needs 4\.0 MB, "):
            IO.save_checkpoint({"weights": torch.zeros(1_000_000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert IO.load_checkpoint(path) == {"epoch": 1}
    assert list(tmp_path.iterdir()) == [path]
