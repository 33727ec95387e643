"""What lies among pictures and is not looked at, so that nobody takes it for labelled."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath

from roadfcn.files_below import files_below, is_there
from roadfcn.image_files import IMAGE_SUFFIXES
from roadfcn.prediction.sources.source import Source, ZippedPicture
from roadfcn.prediction.sources.words import VIDEO_SUFFIXES

_PATTERN = re.compile(r"[*?\[]")
_OF_SYSTEMS = ("thumbs.db", "desktop.ini")
_MOST_SHOWN = 5


def other_files(
    words: Sequence[str | Path], sources: Iterable[Source], out: Path
) -> dict[str, int]:
    """Count, by their endings, files in named folders and archives that are taken for nothing.

    Nothing hidden counts, and nothing below `out`.

    Args:
        words: What was named, see `gathering.sources`.
        sources: What was found there.
        out: Folder of results.

    Returns:
        Counts by ending, in lower case with its dot; the most frequent first.
    """
    known, results = (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES), out.resolve()
    found = {path for word in words for path in _files(word) if _is_other(path, known)}
    paths = [path for path in found if results not in Path(os.path.realpath(path)).parents]
    archives = {source.archive for source in sources if isinstance(source, ZippedPicture)}
    members = (PurePath(name) for archive in archives for name in archive.others)
    endings = Counter(path.suffix.lower() for path in (*paths, *members))
    return dict(sorted(endings.items(), key=lambda entry: (-entry[1], entry[0])))


def in_words(endings: Mapping[str, int]) -> str:
    """Say "3 other files were not looked at: .heic (2), .gif (1)"."""
    total = sum(endings.values())
    shown = [f"{ending or 'without an ending'} ({count})" for ending, count in endings.items()]
    more = ", ..." if len(shown) > _MOST_SHOWN else ""
    found = "1 other file was" if total == 1 else f"{total} other files were"
    return f"{found} not looked at: {', '.join(shown[:_MOST_SHOWN])}{more}"


def _files(word: str | Path) -> Iterator[Path]:
    there = is_there(Path(word))
    if there and Path(word).is_dir():
        yield from _below(Path(word))
    elif _PATTERN.search(str(word)) and not there:
        for found in map(Path, glob.iglob(str(word), recursive=True)):  # noqa: PTH207 - as in `sources`
            yield from _below(found) if found.is_dir() else (found,)


def _below(folder: Path) -> Iterator[Path]:
    # What may not be looked into is among the sources, which say so.
    return files_below(folder, lambda _path, _problem: None)


def _is_other(path: Path, known: Sequence[str]) -> bool:
    """Tell whether a file is none that is taken for a source, and none that systems leave."""
    return path.suffix.lower() not in known and path.name.lower() not in _OF_SYSTEMS
