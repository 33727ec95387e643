"""The lines of a journal: the first, with the settings of its run, and the others, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from roadfcn.errors import OutputError, shown

_VERSION = 2
_NEW_PROCESS = b'{"at"'
LONGEST_LINE = 1 << 28


class Stretch(NamedTuple):
    """Lines that one process has added to a journal; in order by when it began.

    Args:
        at: Seconds since 1970; 0 if it did not say when it began.
        path: The journal.
        begin: Where its first line begins, in bytes.
        end: Where its last one ends.
    """

    at: float
    path: Path
    begin: int
    end: int


def head_line(settings: Mapping[str, Any]) -> str:
    """Give the first line of a journal."""
    head = {"roadfcn": "records", "version": _VERSION, "settings": dict(settings)}
    return json.dumps(head) + "\n"


def check_head(
    path: Path, head: dict[str, Any] | None, settings: Mapping[str, Any], do: str
) -> None:
    """Refuse a journal that a run of these settings cannot go on with.

    Args:
        path: The journal.
        head: Its first line, or None.
        settings: Of the run.
        do: What helps, if not another output folder.

    Raises:
        OutputError: It is none, or was begun with other settings.
    """
    before = (head or {}).get("settings")
    if not isinstance(before, dict) or (head or {}).get("version") != _VERSION:
        raise OutputError(
            f"{path} is no journal of a run that this version can go on with",
            allowed="a folder that was begun by roadfcn predict",
            do=f"give another output folder, or {do}",
        )
    now = json.loads(json.dumps(dict(settings)))
    other = [
        f"{key} was {shown(before.get(key))}, now {shown(now.get(key))}"
        for key in sorted({*before, *now})
        if before.get(key) != now.get(key)
    ]
    if other:
        raise OutputError(
            f"{path} was begun with other settings: {'; '.join(other)}",
            allowed="one model, and the same options in all calls that fill a folder",
            do=f"give those, or another output folder, or {do}",
        )


def parse_line(line: bytes) -> dict[str, Any] | None:
    """Read a line; None if it is none of ours, such as one that was cut off."""
    if not line.endswith(b"\n"):
        return None
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def stretches(path: Path) -> tuple[list[Stretch], int]:
    """Find what each process has added to a journal, and where its last whole line ends.

    Raises:
        OSError: It cannot be read.
    """
    begins: list[tuple[float, int]] = []
    with path.open("rb") as file:
        end = len(file.readline(LONGEST_LINE))
        while True:
            line = file.readline(LONGEST_LINE)
            if not (line.startswith(b"{") and line.endswith(b"}\n")):
                break
            if line.startswith(_NEW_PROCESS) or not begins:
                at = (parse_line(line) or {}).get("at")
                # The file's own order is beyond doubt, and a clock may have been set back.
                before = begins[-1][0] if begins else 0.0
                begins.append((max(at, before) if isinstance(at, float | int) else before, end))
            end += len(line)
    ends = [begin for _, begin in begins[1:]] + [end]
    return [
        Stretch(at, path, begin, stop) for (at, begin), stop in zip(begins, ends, strict=False)
    ], end
