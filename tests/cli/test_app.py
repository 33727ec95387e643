"""The command `roadfcn` itself: help that is quick and complete, errors without traceback."""

import io
import os
import subprocess
import sys

import pytest
import typer

from roadfcn import __version__
from roadfcn.cli import app as app_file
from roadfcn.cli.app import app, main
from roadfcn.errors import RoadfcnError

HEAVY = {"torch", "numpy", "lightning", "kornia", "cv2", "matplotlib", "PIL", "pydantic"}


def commands():
    """List (words, command) of every command there is, subcommands too."""
    group = typer.main.get_command(app)
    found = []
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        if inner is None:
            found.append((name, command))
        else:
            found += [(f"{name} {below}", inner[below]) for below in inner]
    return found


@pytest.mark.parametrize("arguments", ["", "['--help']", "['--version']"])
def test_help_loads_no_heavy_package(arguments):
    """Which is why it takes a fraction of a second: torch alone would take more than one."""
    script = (
        "import sys\n"
        f"sys.argv[1:] = {arguments or '[]'}\n"
        "from roadfcn.cli.app import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print('heavy:', sorted({HEAVY!r} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_version_is_the_packages(roadfcn):
    assert roadfcn("--version").stdout == f"roadfcn {__version__}\n"


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_every_command_and_option_explains_itself(name, command):
    assert command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name} has no help"


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_a_switch_shows_no_type_in_the_help(name, command):
    """It takes no value; Typer would write <bool> behind it."""
    for parameter in command.params:
        two_sided = bool(parameter.secondary_opts)
        if getattr(parameter, "is_flag", False) and parameter.name != "help" and not two_sided:
            assert parameter.metavar == "", f"{name}: {parameter.opts[0]}"


def test_the_help_of_predict_goes_from_what_is_read_to_what_is_written(command):
    out = command("predict", "--help").out
    panels = ("What is read", "The model", "What is written", "Tables and summaries")
    places = [out.index(panel) for panel in panels]
    assert places == sorted(places)
    assert places[2] < out.index("--resume   ", places[0]) < places[3]


def test_a_mistake_of_the_user_is_told_without_traceback(monkeypatch, capsys):
    def fail(**_options):
        raise RoadfcnError("found a cat", allowed="dogs", do="bring a dog")

    monkeypatch.setattr(app_file, "app", fail)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert capsys.readouterr().err == (
        "roadfcn: found a cat\n  allowed: dogs\n  do this: bring a dog\n"
    )


def test_a_reader_that_goes_away_leaves_no_traceback():
    """As in `roadfcn doctor | head -1`: the pipe is closed before anything is written."""
    with subprocess.Popen(
        [sys.executable, "-m", "roadfcn", "doctor", "--json", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        complaint = process.stderr.read()
    assert complaint == ""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_what_an_encoding_lacks_is_replaced(kitti, encoding):
    """The marks of the classes in their colours, on older Windows terminals and in redirects."""
    words = ["data", "stats", str(kitti), "--split", "all"]
    done = subprocess.run(
        [sys.executable, "-m", "roadfcn", *words],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert "? background" in done.stdout.decode(encoding)


def test_a_better_way_out_than_question_marks_is_kept(monkeypatch):
    streams = [io.TextIOWrapper(io.BytesIO(), "cp1252", errors=e) for e in ("strict", "ignore")]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    with pytest.raises(SystemExit):
        app_file.run(lambda **_options: print("■"), "roadfcn")
    assert [stream.errors for stream in streams] == ["replace", "ignore"]
    streams[0].flush()
    assert streams[0].buffer.getvalue().split() == [b"?"]


def test_a_wrong_command_exits_with_2():
    done = subprocess.run(
        [sys.executable, "-m", "roadfcn", "fly"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("roadfcn: no such command 'fly'\n")


@pytest.mark.parametrize("words", [[], ["data"]])
def test_without_words_the_help_is_shown(command, words):
    code, out, err = command(*words)
    assert code == 2
    assert "Usage: roadfcn" in out + err
    assert "do this" not in out + err


def test_a_path_that_no_file_system_takes_is_told(command, tmp_path):
    code, _, err = command("data", "check", "a" * 5000)
    assert code == 2
    assert err.startswith("roadfcn: ")
    assert "File name too long" in err
    assert "do this" in err


def test_the_exit_code_of_a_command_is_that_of_the_program(command, frames):
    (frames / "training" / "image_2" / "um_000000.png").write_bytes(b"")
    assert command("data", "check", frames).code == 1
