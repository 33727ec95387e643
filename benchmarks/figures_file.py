"""Where a benchmark writes its figures, looked at before the long work, and written in one step."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from roadfcn.errors import OutputError
from roadfcn.output_files import check_writable, write_text


def writable(text: str) -> Path:
    """Give the path that an option names, for `argparse`.

    Raises:
        argparse.ArgumentTypeError: Nothing can be written there.
    """
    try:
        check_writable(Path(text))
    except OutputError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from problem
    return Path(text)


def write_figures(path: Path, figures: dict[str, Any]) -> None:
    """Write figures as JSON.

    Raises:
        OutputError: It cannot be written.
    """
    write_text(path, json.dumps(figures, indent=2) + "\n")
