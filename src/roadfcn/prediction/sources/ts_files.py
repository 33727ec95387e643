"""Two kinds of files end in ".ts": MPEG transport streams, and source texts of TypeScript."""

from __future__ import annotations

from pathlib import Path

_SUFFIX = ".ts"
_LOOKED_AT = 4096


def is_text_in_ts(path: Path) -> bool:
    """Tell whether a file whose name ends in ".ts" is a text.

    A text has no byte 0. A transport stream has one in its first packets: its tables begin with it
    (ISO/IEC 13818-1, pointer_field), and what is damaged or scrambled there has one by chance.
    What is empty or cannot be read is no text, so that it is told what is wrong with it.
    """
    if path.suffix.lower() != _SUFFIX:
        return False
    try:
        with path.open("rb") as file:
            begin = file.read(_LOOKED_AT)
    except OSError:
        return False
    return bool(begin) and b"\0" not in begin
