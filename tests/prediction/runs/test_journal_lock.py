import contextlib
import errno
import subprocess
import sys

import filelock
import pytest

from roadfcn.errors import OutputError
from roadfcn.prediction.runs.journal_lock import locked_journal


def test_one_process_at_a_time_has_a_journal(tmp_path):
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from roadfcn.prediction.runs.journal_lock import locked_journal\n"
        f"with locked_journal(Path({str(tmp_path / 'r.jsonl')!r})):\n"
        "    print('here', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "here\n"
        with pytest.raises(OutputError) as caught, locked_journal(tmp_path / "r.jsonl"):
            pass
        assert "another process writes its results" in caught.value.found
        assert "--shard" in caught.value.allowed
        other.kill()
    with locked_journal(tmp_path / "r.jsonl"):  # a kill ended it
        pass
    assert list(tmp_path.iterdir()) == []


def test_folders_that_were_made_for_nothing_go_and_others_stay(tmp_path):
    (tmp_path / "mine").mkdir()
    for name in ("mine", "new/deep"):
        with locked_journal(tmp_path / name / "r.jsonl"):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    with locked_journal(tmp_path / "new" / "deep" / "r.jsonl"):
        (tmp_path / "new" / "deep" / "result").touch()
    assert (tmp_path / "new" / "deep" / "result").is_file()


def test_a_disk_that_knows_no_locks_is_told_and_written_to(tmp_path, monkeypatch, caplog):
    def fail(self, timeout=None):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "acquire", fail)
    with locked_journal(tmp_path / "r.jsonl"):
        (tmp_path / "r.jsonl").touch()
    assert "knows no locks" in caplog.text


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match="a part of its path is a file"),
        contextlib.ExitStack() as stack,
    ):
        stack.enter_context(locked_journal(tmp_path / "file" / "r.jsonl"))
