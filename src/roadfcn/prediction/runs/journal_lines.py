"""The lines of a journal: the first, with the settings of its run, and the others, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from roadfcn.errors import OutputError, shown

_VERSION = 2


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
