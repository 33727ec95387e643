"""The part of a file that has come so far, which outlives a broken connection and a kill.

Beside it lies a note about what it is a part of, without which nobody could tell whether the
rest that a server gives today belongs to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from roadfcn.output_files import write_text, writing


@dataclass(frozen=True)
class Origin:
    """What a partial file is a part of.

    Args:
        address: Where it came from.
        validator: The server's mark of this version: a strong ETag, or a Last-Modified date
            (RFC 9110, 8.8 and 13.1.5).
        total: Bytes of the whole file, if the server told.
    """

    address: str
    validator: str
    total: int | None


class PartialFile:
    """A file on its way to `place`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.path = place.with_name(f"{place.name}.part")
        self._note = place.with_name(f"{place.name}.part.json")

    def size(self) -> int:
        """Give the number of bytes that are here."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def origin(self, address: str) -> Origin | None:
        """Give what it is a part of; None if nobody noted it, or it came from elsewhere."""
        try:
            noted = Origin(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        sound = isinstance(noted.validator, str) and isinstance(noted.total, int | None)
        return noted if sound and noted.address == address else None

    def begin(self, origin: Origin | None) -> None:
        """Start anew; without an `origin` a break will mean to start anew once more.

        Raises:
            OutputError: It cannot be written.
        """
        self.discard()
        if origin is not None:
            write_text(self._note, json.dumps(asdict(origin)) + "\n")

    def append(self, chunks: Iterable[bytes], came: Callable[[int], None]) -> None:
        """Write chunks at the end, each as it comes.

        Args:
            chunks: Raises no `OSError`: that would be taken for one of the disk.
            came: Is told the size after each chunk.

        Raises:
            OutputError: The disk is full, or whatever else keeps it from being written.
        """
        size = self.size()
        with writing(self.place), self.path.open("ab") as file:
            for chunk in chunks:
                file.write(chunk)
                size += len(chunk)
                came(size)

    def finish(self) -> None:
        """Give the whole file its final name.

        Raises:
            OutputError: It cannot be renamed.
        """
        with writing(self.place):
            self.path.replace(self.place)
            self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove what has come.

        Raises:
            OutputError: It cannot be removed.
        """
        with writing(self.place):
            self._note.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)
