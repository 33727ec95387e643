"""The command `roadfcn`: the table of commands, and how errors leave the program.

Exit codes: 0 done; 1 finished, with skipped files or findings; 2 wrong input or usage; 130
stopped by Ctrl-C (Typer sees to that one). Command files import their machinery inside their
functions, so that `--help` needs neither torch nor numpy.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from roadfcn import __version__
from roadfcn.cli.data import app as data
from roadfcn.cli.doctor import doctor
from roadfcn.cli.evaluate import evaluate
from roadfcn.cli.predict import predict
from roadfcn.cli.scenes import scenes
from roadfcn.cli.train import train
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
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Label every pixel of a road scene with a fully convolutional network."""


app.command()(predict)
app.command()(evaluate)
app.command()(train)
app.command()(scenes)
app.add_typer(data, name="data")
app.command()(doctor)


def main() -> None:
    """Run the command line."""
    run(app)


def run(command: typer.Typer) -> None:
    """Run a command; a `RoadfcnError` becomes its message and exit code 2."""
    _write_what_the_terminal_can_show()
    try:
        command()
    except RoadfcnError as problem:
        print(f"roadfcn: {problem}", file=sys.stderr)
        raise SystemExit(2) from None


def _write_what_the_terminal_can_show() -> None:
    """Write "?" for what an encoding such as Windows' cp1252 lacks, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        # Python's own choices other than "strict" lose less: file names survive, say.
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
