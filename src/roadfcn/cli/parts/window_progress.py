"""How far a large picture is, shown by the bar that counts pictures."""

from __future__ import annotations

from roadfcn.cli.parts.progress import Progress


class WindowProgress:
    """Adds "window 12 of 81" to a bar while a picture is run window by window.

    Args:
        progress: The bar.
        description: What stands before it.
    """

    def __init__(self, progress: Progress, description: str) -> None:
        self._progress, self._description = progress, description
        self._done = 0
        self._total: int | None = None

    def pictures(self, done: int, total: int | None) -> None:
        """Show that `done` of `total` pictures are done."""
        self._done, self._total = done, total
        self._progress(done, total, self._description)

    def windows(self, done: int, total: int) -> None:
        """Show that `done` of `total` windows of the next picture are."""
        if total > 1:
            text = f"{self._description}, window {done} of {total}"
            self._progress(self._done, self._total, text)
