"""The command `roadfcn`: the table of commands, and how errors leave the program.

Exit codes: 0 done; 1 finished, with skipped files or findings; 2 wrong input or usage; 130
stopped by Ctrl-C (Typer sees to that one); 143 asked to end by SIGTERM. Command files import their
machinery inside their functions, so that `--help` needs neither torch nor numpy.
"""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Annotated, NoReturn

import typer

from roadfcn import __version__
from roadfcn.cli.datasets.data import app as data
from roadfcn.cli.datasets.scenes import scenes
from roadfcn.cli.machine.bench import bench
from roadfcn.cli.machine.cache import app as cache
from roadfcn.cli.machine.doctor import doctor
from roadfcn.cli.models.export import export
from roadfcn.cli.models.weights import app as weights
from roadfcn.cli.parts.usage_errors import UsageError, in_our_words
from roadfcn.cli.predicting.predict import predict
from roadfcn.cli.scoring.compare import compare
from roadfcn.cli.scoring.evaluate import evaluate
from roadfcn.cli.scoring.kitti import app as kitti
from roadfcn.cli.training.train import train
from roadfcn.errors import RoadfcnError

app = typer.Typer(
    name="roadfcn",
    help="Label every pixel of a road scene with a fully convolutional network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"roadfcn {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            callback=_print_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """Label every pixel of a road scene with a fully convolutional network."""


app.command()(predict)
app.command()(evaluate)
app.command()(compare)
app.command()(train)
app.command()(export)
app.command()(bench)
app.command()(scenes)
app.add_typer(data, name="data")
app.add_typer(weights, name="weights")
app.add_typer(kitti, name="kitti")
app.add_typer(cache, name="cache")
app.command()(doctor)


def main() -> None:
    """Run the command line."""
    run(app, "roadfcn")


def run(command: typer.Typer, name: str) -> None:
    """Run a command, called `name` in its help; what a user can mend becomes exit code 2."""
    _write_what_the_terminal_can_show()
    try:
        with _ending_in_order():
            code = command(prog_name=name, standalone_mode=False)
    except RoadfcnError as problem:
        _refuse(problem)
    except UsageError as problem:
        if type(problem).__name__ == "NoArgsIsHelpError":  # which has shown the help
            raise SystemExit(2) from None
        _refuse(in_our_words(problem))
    except ModuleNotFoundError as problem:
        _refuse(_only_predicts(problem))
    except PermissionError as problem:
        _refuse(
            RoadfcnError(
                f"no permission to look at {problem.filename or 'a file'}",
                allowed="paths that you may read",
                do="change its rights or those of the folders above it, or name another",
            )
        )
    except OSError as problem:
        # A path that no file system takes, a disk that fails: wherever one was looked at.
        named = "" if problem.filename is None else f": {problem.filename}"
        _refuse(
            RoadfcnError(
                f"{problem.strerror or problem}{named}",
                allowed="paths on a disk that works, with names that it can hold",
                do="check the path and the disk, then run again",
            )
        )
    raise SystemExit(code if isinstance(code, int) else 0)


@contextlib.contextmanager
def _ending_in_order() -> Iterator[None]:
    """Make of a request to end (SIGTERM) an exit, on whose way half-written files are removed.

    Training hears it by itself in this time, and saves first.
    """

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    try:
        before = signal.signal(signal.SIGTERM, leave)
    except ValueError:  # not in the main thread, where nobody hears signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _refuse(problem: RoadfcnError) -> NoReturn:
    print(f"roadfcn: {problem}", file=sys.stderr)
    raise SystemExit(2) from None


def _only_predicts(problem: ModuleNotFoundError) -> RoadfcnError:
    """Say that a command needs what an installation that only predicts has left out.

    Raises:
        ModuleNotFoundError: Something else is missing, which is a fault of the installation.
    """
    from roadfcn.installation import TO_TRAIN

    missing = (problem.name or "").partition(".")[0]
    if missing not in {name.replace("-", "_") for name in TO_TRAIN}:
        raise problem
    return RoadfcnError(
        f"this command needs the package {missing}, which is not installed",
        allowed="predicting and scoring with exported models, where there is no PyTorch",
        do="install roadfcn with all that it asks for: docs/install.md",
    )


def _write_what_the_terminal_can_show() -> None:
    """Write "?" for what an encoding such as Windows' cp1252 lacks, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        # Python's own choices other than "strict" lose less: file names survive, say.
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
