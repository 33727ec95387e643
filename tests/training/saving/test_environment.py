"""environment.json tells what a run was started with, and a resumed run what has changed since."""

import json
import platform

import pytest
import torch

from roadfcn.cli.training.training_display import training_display
from roadfcn.training.runs.listeners import Listeners
from roadfcn.training.runs.run import train
from roadfcn.training.saving.environment import changed_environment, write_environment


@pytest.fixture
def written(tmp_path):
    """Give the path of a file that was just written, and a function that edits it."""
    path = tmp_path / "environment.json"
    write_environment(path, {"data": {"frames": 9}})

    def edit(**changes):
        record = json.loads(path.read_text(encoding="utf-8"))
        packages = record["packages"] | changes.pop("packages", {})
        path.write_text(json.dumps(record | {"packages": packages} | changes), encoding="utf-8")

    return path, edit


def test_versions_hardware_and_what_else_is_known_are_written(written):
    record = json.loads(written[0].read_text(encoding="utf-8"))
    assert record["packages"]["torch"] == torch.__version__
    assert record["python"] == platform.python_version()
    assert record["threads"] == torch.get_num_threads()
    assert record["data"] == {"frames": 9}


def test_where_nothing_has_changed_nothing_is_said(written):
    path, edit = written
    edit(python="3.0", memory_bytes=1, cores=1000, platform="Plan 9")  # which no sum depends on
    assert changed_environment(path) == ""


def test_each_change_is_told_then_and_now_in_one_line(written):
    path, edit = written
    edit(threads=64, processor="Z80", gpus=["GPU A"], packages={"torch": "1.0"})
    told = changed_environment(path)
    assert "\n" not in told
    assert told.startswith("processor was Z80, is ")
    assert f"threads were 64, are {torch.get_num_threads()}; gpus were ['GPU A'], are [" in told
    assert f"torch was 1.0, is {torch.__version__}" in told
    assert told.endswith(": the last digits may differ from those of an unbroken run")


def test_what_is_not_in_the_file_is_told_as_none(written):
    path, _ = written
    path.write_text('{"packages": {}}', encoding="utf-8")
    assert "threads were None, are " in changed_environment(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"{", b"[]", b"{}", b'{"packages": []}', b"[" * 100_000, b" " * 2**21],
    ids=lambda content: str(content[:20]),
)
def test_a_damaged_file_is_told_as_such(tmp_path, content):
    path = tmp_path / "environment.json"
    path.write_bytes(content)
    assert "environment.json' is gone or damaged: nobody knows" in changed_environment(path)
    path.unlink()
    assert "is gone or damaged" in changed_environment(path)


def test_values_of_a_damaged_file_give_a_terminal_no_commands(written):
    path, edit = written
    edit(processor="\x1b[31m" + "x" * 5000)
    told = changed_environment(path)
    assert told.isprintable()
    assert len(told) < 1000


def test_a_run_that_goes_on_with_other_threads_says_so_once(tiny_config):
    config = tiny_config("schedule.name=constant", "schedule.warmup=0", "trainer.epochs=1")
    longer = tiny_config("schedule.name=constant", "schedule.warmup=0", "trainer.epochs=2")
    run = train(config).run
    threads = torch.get_num_threads()
    told = []
    torch.set_num_threads(threads + 1)
    try:
        train(longer, resume=run, listeners=Listeners(warning=told.append))
    finally:
        torch.set_num_threads(threads)
    assert told == [
        f"threads were {threads}, are {threads + 1}: "
        "the last digits may differ from those of an unbroken run"
    ]


def test_on_a_terminal_it_is_a_line_on_standard_error(capsys):
    with training_display() as listeners:
        listeners.warning("threads were 1, are 2: so it goes")
    assert capsys.readouterr() == ("", "warning: threads were 1, are 2: so it goes\n")


def test_a_run_that_goes_on_as_it_was_says_nothing(tiny_config):
    constant = ("schedule.name=constant", "schedule.warmup=0")
    run = train(tiny_config(*constant, "trainer.epochs=1")).run
    told = []
    train(
        tiny_config(*constant, "trainer.epochs=2"),
        resume=run,
        listeners=Listeners(warning=told.append),
    )
    assert told == []
