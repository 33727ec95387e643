"""The journal of a run over pictures and videos: what is done, and what came of it.

    OUT/records.jsonl          {"roadfcn": ..., "settings": {...}}    one JSON object a line
                               {"at": 1790000000.0, "ran": {...}}      a process begins, with what
                                                                       engine, and when, in s
                               {"name": "a/b", "share": 0.31, ...}    a picture or frame is written
                               {"begun": "drive"}                      frames of a video follow
                               {"video": "drive", "frames": 250, ...} a video is written whole
    OUT/records-2-of-4.jsonl   the same of one of several processes that share the work

A line is added after the files that it is about are whole. So a run that was broken off at any
point can go on: what has a line and its files is not done again. The tables (CSV, COCO) are made
from the journal at the end, which keeps memory small however long a video is. A last line that was
cut by a kill or a full disk is taken for none. Where a video is begun again, what was noted down of
its frames before counts no more; of two processes that did the same, the one that began later
counts. With each picture and video stands where it came from, as another
one may have the same name.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

from roadfcn.errors import OutputError
from roadfcn.output_files import write_text, writing
from roadfcn.prediction.results.outputs import is_frame_name
from roadfcn.prediction.results.record import Record
from roadfcn.prediction.runs.journal_lines import (
    LONGEST_LINE,
    Stretch,
    check_head,
    head_line,
    parse_line,
    stretches,
)
from roadfcn.prediction.runs.journal_lock import locked_journal
from roadfcn.prediction.sources.origin import Origin

_NAME = "records"
_ENDING = ".jsonl"
_OURS = re.compile(rf"{_NAME}(-\d+-of-\d+)?{re.escape(_ENDING)}").fullmatch


_LATER_S = 0.001
"""By so much a process begins after those before it, whatever the clock says."""


class _Line(NamedTuple):
    """Where a record stands, and what has to be known of it to take it for done."""

    path: Path
    place: int
    origin: int
    form: Any


class Journal:
    """The journal that a run adds to, and what earlier runs into the same folder left.

    Args:
        out: The folder of results.
        settings: All that results depend on, JSON-ready.
        share: (number, count) of the process, or None if it does all.
        resume: Keep what is there; else it is begun anew.
        ran: What this process labels with, JSON-ready, to be noted down before what it labels.

    Raises:
        OutputError: It cannot be written, or another process has it; or what is to stay has other
            settings, or cannot be read: what is gone on with, or what other shares have done.
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
        self._ran = None if ran is None else dict(ran)
        self._is_silent = True  # it has not noted down anything yet
        self._newest = 0.0  # when the latest of those before it began
        self.path = journal_path(out, share)
        self.is_alone = share is None
        """Whether no other process writes results into the folder meanwhile."""
        self._lines: dict[str, _Line] = {}
        self._frames: dict[str, dict[str, None]] = {}
        self.videos: dict[str, dict[str, Any]] = {}
        with contextlib.ExitStack() as stack:
            there = journals_in(out)
            # Who does all waits for all; of several that share the work each minds its own.
            for path in sorted({self.path, *(there if share is None else ())}):
                stack.enter_context(locked_journal(path))
            if resume:
                self._take_all(there, settings)
            for path in () if resume else there:
                if share is None:  # begun anew
                    with writing(path):
                        path.unlink()
                elif path != self.path:
                    # Results of two settings in one folder are what nobody could go on with.
                    self._check(path, settings, "empty this one")
            self._is_new = not (resume and self.path.exists())
            if self._is_new:
                write_text(self.path, head_line(settings))
            with writing(self.path):
                self._file = self.path.open("ab", buffering=0)
                self._begin = self._end = self._file.seek(0, io.SEEK_END)
            self._locks = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        with self._locks, writing(self.path):
            self._file.close()
            if self._is_new and self._end == self._begin:
                self.path.unlink()  # there is nothing to go on with

    def __contains__(self, name: str) -> bool:
        return name in self._lines

    def is_of(self, name: str, origin: Origin) -> bool:
        """Tell whether what was noted down of a picture is about this very one, unchanged."""
        return self._lines[name].origin == _brief(origin)

    def form(self, name: str) -> str | None:
        """Give the form of the shapes that were noted down of a picture; None if none were."""
        form = self._lines[name].form
        return form if isinstance(form, str) else None

    def frames(self, video: str) -> list[str]:
        """List the frames of a video that are noted down, in the order they were."""
        return list(self._frames.get(video, ()))

    def add(self, record: Record, origin: Origin | None = None) -> None:
        """Note down that a picture or frame is written.

        Args:
            record: About it.
            origin: Of a picture, where it came from.

        Raises:
            OutputError: The disk is full, or broken.
        """
        values = record.to_dict() | ({} if origin is None else {"origin": origin})
        self._note(values, self.path, self._write(values))

    def begin_video(self, name: str) -> None:
        """Note down that frames of a video follow; those of an earlier attempt count no more.

        Raises:
            OutputError: The disk is full, or broken.
        """
        self._write({"begun": name})
        self._forget(name)

    def add_video(self, name: str, facts: Mapping[str, Any]) -> None:
        """Note down that a video is written whole, with facts about all of it.

        Raises:
            OutputError: The disk is full, or broken.
        """
        self.videos[name] = dict(facts)
        self._write({"video": name, **facts})

    def record(self, name: str) -> Record:
        """Read what was noted down of a picture or frame.

        Raises:
            OutputError: It does not stand there any more.
        """
        line = self._lines[name]
        with line.path.open("rb") as file:
            file.seek(line.place)
            values = parse_line(file.readline()) or {}
        if values.get("name") != name:
            raise OutputError(
                f"{line.path} was changed by another program while it was in use",
                allowed="a journal that nothing else writes to",
                do="predict into another output folder",
            )
        values.pop("origin", None)
        return Record.from_dict(values)

    def records(
        self, pictures: Container[str] | None = None, videos: Container[str | None] = ()
    ) -> Iterator[Record]:
        """Read what was noted down, sorted by name.

        Args:
            pictures: Names of those that are wanted; None for all pictures and frames.
            videos: Names of those whose frames are wanted.
        """
        for name in sorted(self._lines):
            if pictures is None or name in pictures or _video_of(name) in videos:
                yield self.record(name)

    def _note(self, values: Mapping[str, Any], path: Path, place: int) -> None:
        name = values["name"]
        self._lines[name] = _Line(path, place, _brief(values.get("origin")), values.get("form"))
        frames = self._frames.get(_video_of(name) or "")
        if frames is not None:
            frames[name] = None  # once, also where it has several lines

    def _forget(self, video: str) -> None:
        for frame in self._frames.get(video, ()):
            self._lines.pop(frame, None)
        self._frames[video] = {}
        self.videos.pop(video, None)

    def _write(self, values: Mapping[str, Any]) -> int:
        if self._is_silent:
            self._is_silent = False
            self._write({"at": max(time.time(), self._newest + _LATER_S), "ran": self._ran})
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

    def _check(self, path: Path, settings: Mapping[str, Any], do: str) -> None:
        with writing(path), path.open("rb") as file:
            head = file.readline(LONGEST_LINE)
        check_head(path, parse_line(head), settings, do)

    def _take_all(self, paths: Sequence[Path], settings: Mapping[str, Any]) -> None:
        """Read which lines are where, in the order in which the processes that wrote them began.

        What was cut off is cut away, for lines to be added.
        """
        found: list[Stretch] = []
        for path in paths:
            self._check(path, settings, "begin anew with --overwrite")
            with writing(path):
                parts, end = stretches(path)
                found += parts
                if path == self.path and end < path.stat().st_size:
                    with path.open("r+b") as file:
                        file.truncate(end)
        self._newest = max((part.at for part in found), default=0.0)
        for part in sorted(found):
            with writing(part.path), part.path.open("rb") as file:
                self._take(file, part)

    def _take(self, file: BinaryIO, part: Stretch) -> None:
        file.seek(part.begin)
        while (place := file.tell()) < part.end:
            values = parse_line(file.readline()) or {}
            if "video" in values:
                self.videos[values.pop("video")] = values
            elif "begun" in values:
                self._forget(values["begun"])
            elif "name" in values:
                self._note(values, part.path, place)


def journal_path(out: Path, share: tuple[int, int] | None = None) -> Path:
    """Give the journal of a process: `records.jsonl`, or that of its (number, count)."""
    own = f"{_NAME}-{share[0]}-of-{share[1]}" if share else _NAME
    return Path(out) / f"{own}{_ENDING}"


def has_journal(out: Path) -> bool:
    """Tell whether a folder was filled, or begun to be, by a run with a journal."""
    return bool(journals_in(out))


def journals_in(out: Path) -> list[Path]:
    """List the journals of all processes that a folder was filled by."""
    return sorted(path for path in Path(out).glob(f"{_NAME}*{_ENDING}") if _OURS(path.name))


def _video_of(name: str) -> str | None:
    """Give the video that a frame is of; None for what is called as no frame is."""
    video, _, frame = name.rpartition("/")
    return video if video and is_frame_name(frame) else None


def _brief(origin: object) -> int:
    """Give a number for an origin, within this process: there may be a million of them."""
    return hash(json.dumps(origin))
