"""The journal of a run over pictures and videos: what is done, and what came of it.

    OUT/records.jsonl          {"roadfcn": ..., "settings": {...}}    one JSON object a line
                               {"ran": {"engine": "torch", ...}}       what labels what follows
                               {"name": "a/b", "share": 0.31, ...}    a picture or frame is written
                               {"video": "drive", "frames": 250, ...} a video is written whole
    OUT/records-2-of-4.jsonl   the same of one of several processes that share the work

A line is added after the files that it is about are whole. So a run that was broken off at any
point can go on: what has a line and its files is not done again. The tables (CSV, COCO) are made
from the journal at the end, which keeps memory small however long a video is. A last line that was
cut by a kill or a full disk is taken for none.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from roadfcn.errors import OutputError, shown
from roadfcn.output_files import write_text, writing
from roadfcn.prediction.record import Record

_NAME = "records"
_ENDING = ".jsonl"
_OURS = re.compile(rf"{_NAME}(-\d+-of-\d+)?{re.escape(_ENDING)}").fullmatch
_VERSION = 1
_LONGEST_LINE = 1 << 28


class Journal:
    """The journal that a run adds to, and what earlier runs into the same folder left.

    Args:
        out: The folder of results.
        settings: All that results depend on, JSON-ready.
        share: (number, count) of the process, or None if it does all.
        resume: Keep what is there; else it is begun anew.
        ran: What this process labels with, JSON-ready, to be noted down before what it labels.

    Raises:
        OutputError: It cannot be written; or what is there has other settings, or cannot be read.
    """

    def __init__(
        self,
        out: Path,
        settings: Mapping[str, Any],
        *,
        share: tuple[int, int] | None = None,
        resume: bool = False,
        ran: Mapping[str, Any] | None = None,
    ) -> None:
        self._ran = ran
        self.path = journal_path(out, share)
        self._places: dict[str, tuple[Path, int]] = {}
        self.videos: dict[str, dict[str, Any]] = {}
        for path in _journals(out):
            if resume:
                self._take(path, settings)
            elif share is None:  # begun anew; of several processes each minds its own
                with writing(path):
                    path.unlink()
        self._made_folder = not Path(out).exists()
        self._is_new = not (resume and self.path.exists())
        if self._is_new:
            head = {"roadfcn": "records", "version": _VERSION, "settings": dict(settings)}
            write_text(self.path, json.dumps(head) + "\n")
        with writing(self.path):
            self._file = self.path.open("ab", buffering=0)
            self._begin = self._end = self._file.seek(0, io.SEEK_END)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        with writing(self.path):
            self._file.close()
            if self._is_new and self._end == self._begin:
                self._vanish()

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def add(self, record: Record) -> None:
        """Note down that a picture or frame is written.

        Raises:
            OutputError: The disk is full, or broken.
        """
        self._places[record.name] = (self.path, self._write(record.to_dict()))

    def add_video(self, name: str, facts: Mapping[str, Any]) -> None:
        """Note down that a video is written whole, with facts about all of it.

        Raises:
            OutputError: The disk is full, or broken.
        """
        self.videos[name] = dict(facts)
        self._write({"video": name, **facts})

    def names_below(self, name: str) -> list[str]:
        """List the frames of a video that are noted down, sorted."""
        return sorted(other for other in self._places if other.startswith(f"{name}/"))

    def record(self, name: str) -> Record:
        """Read what was noted down of a picture or frame."""
        path, place = self._places[name]
        with path.open("rb") as file:
            file.seek(place)
            return Record.from_dict(json.loads(file.readline()))

    def records(self, names: set[str] | None = None) -> Iterator[Record]:
        """Read what was noted down, sorted by name.

        Args:
            names: Of pictures, and of videos whose frames are wanted; None for all.
        """
        for name in sorted(self._places):
            if names is None or name in names or _above(name) & names:
                yield self.record(name)

    def _write(self, values: Mapping[str, Any]) -> int:
        if self._ran is not None:
            ran, self._ran = self._ran, None
            self._write({"ran": dict(ran)})
        line = json.dumps(values, allow_nan=False).encode() + b"\n"
        place = self._end
        with writing(self.path):
            try:
                rest = line
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError:
                self._file.truncate(place)  # a full disk took a part of it
                raise
        self._end += len(line)
        return place

    def _vanish(self) -> None:
        """Leave no folder behind that was made for nothing."""
        self.path.unlink()
        if self._made_folder and not any(self.path.parent.iterdir()):
            self.path.parent.rmdir()

    def _take(self, path: Path, settings: Mapping[str, Any]) -> None:
        """Read which lines are where. What was cut off is cut away, for lines to be added."""
        with writing(path), path.open("rb") as file:
            _check_settings(path, _parsed(file.readline(_LONGEST_LINE)), settings)
            while True:
                place = file.tell()
                line = file.readline(_LONGEST_LINE)
                values = _parsed(line)
                if values is None:
                    break
                if "video" in values:
                    self.videos[values.pop("video")] = values
                elif "name" in values:
                    self._places[values["name"]] = (path, place)
        if line and path == self.path:
            with writing(path), path.open("r+b") as file:
                file.truncate(place)


def journal_path(out: Path, share: tuple[int, int] | None = None) -> Path:
    """Give the journal of a process: `records.jsonl`, or that of its (number, count)."""
    own = f"{_NAME}-{share[0]}-of-{share[1]}" if share else _NAME
    return Path(out) / f"{own}{_ENDING}"


def has_journal(out: Path) -> bool:
    """Tell whether a folder was filled, or begun to be, by a run with a journal."""
    return bool(_journals(out))


def _journals(out: Path) -> list[Path]:
    return sorted(path for path in Path(out).glob(f"{_NAME}*{_ENDING}") if _OURS(path.name))


def _above(name: str) -> set[str]:
    parts = name.split("/")
    return {"/".join(parts[:depth]) for depth in range(1, len(parts))}


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Read a line; None if it is none of ours, such as one that was cut off."""
    if not line.endswith(b"\n"):
        return None
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _check_settings(path: Path, head: dict[str, Any] | None, settings: Mapping[str, Any]) -> None:
    before = (head or {}).get("settings")
    if not isinstance(before, dict) or (head or {}).get("version") != _VERSION:
        raise OutputError(
            f"{path} is no journal of a run that this version can go on with",
            allowed="a folder that was begun by roadfcn predict",
            do="give another output folder, or begin anew with --overwrite",
        )
    now = json.loads(json.dumps(dict(settings)))
    other = [
        f"{key} was {shown(before.get(key))}, now {shown(now.get(key))}"
        for key in sorted({*before, *now})
        if before.get(key) != now.get(key)
    ]
    if other:
        raise OutputError(
            f"{path.parent} was begun with other settings: {'; '.join(other)}",
            allowed="--resume with the model and options of the first call",
            do="give those, or another output folder, or begin anew with --overwrite",
        )
