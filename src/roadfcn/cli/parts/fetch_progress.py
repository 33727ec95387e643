"""How a fetch looks on a terminal, also when Ctrl-C ends it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from roadfcn.cli.parts.progress import ByteProgress, byte_progress_bar


@contextlib.contextmanager
def fetch_progress(file_name: str) -> Iterator[ByteProgress]:
    """Show a bar while a file comes; at Ctrl-C tell that what has come is kept."""
    try:
        with byte_progress_bar(f"Fetching {file_name}") as progress:
            yield progress
    except KeyboardInterrupt:
        print("stopped: the same command goes on where it stopped", file=sys.stderr)
        raise
