"""The `--json` of every command: a file written over an older one, or `-` for standard output.

Other tables may go to `-` in the same way.

With `-` nothing but the JSON may be on standard output, so notes go to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_STANDARD_OUTPUT = Path("-")


def is_standard_output(path: Path | None) -> bool:
    """Tell whether a place is `-`: what is meant for people is left out then."""
    return path == _STANDARD_OUTPUT


def check_json(path: Path | None) -> None:
    """Refuse, before long work, a file that could not be written after it.

    Args:
        path: As given with `--json`; None if it was not.

    Raises:
        OutputError: The file cannot be written.
    """
    from roadfcn.output_files import check_writable

    if path is not None and not is_standard_output(path):
        check_writable(path)


def write_json(path: Path | None, values: Mapping[str, Any]) -> None:
    """Write a command's result where `--json` says; without `--json` do nothing.

    Args:
        path: As given with `--json`; None if it was not.
        values: JSON-ready, without NaN.

    Raises:
        OutputError: The file cannot be written.
    """
    from json import dumps

    from roadfcn.output_files import write_text

    if path is None:
        return
    text = dumps(values, indent=2, allow_nan=False) + "\n"
    if is_standard_output(path):
        print(text, end="")
        return
    write_text(path, text)
    tell(f"as JSON: {path}")


def tell(line: str) -> None:
    """Say something on standard error, as standard output may be the JSON."""
    print(line, file=sys.stderr)
