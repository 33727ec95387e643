"""Which sources an earlier run has done, so that they need not be done again."""

from __future__ import annotations

import re
from pathlib import Path

from roadfcn.prediction.journal import Journal
from roadfcn.prediction.outputs import Outputs, video_path
from roadfcn.prediction.source import Source, Video

_FRAME = re.compile(r"\d{6,}")


def is_done(source: Source, out: Path, outputs: Outputs, journal: Journal) -> bool:
    """Tell whether all results of a source are written whole, and noted down.

    A video is done as a whole or not at all; one that had damage is done again, as it may have
    been copied anew.

    Args:
        source: A picture or video.
        out: Folder of results.
        outputs: What is to be written.
        journal: What was noted down.
    """
    name = source.stem.as_posix()
    if not isinstance(source, Video):
        return _is_whole(name, source.stem, out, outputs, journal)
    facts = journal.videos.get(name)
    if facts is None or facts.get("problem") or source.is_live:
        return False
    if outputs.shapes is not None and facts.get("shapes") != outputs.shapes:
        return False
    if not outputs.frames:
        return video_path(out, source.stem).is_file()
    frames = [other for other in journal.names_below(name) if _FRAME.fullmatch(Path(other).name)]
    return len(frames) >= facts.get("frames", 1) and all(
        path.is_file() for frame in frames for path in outputs.paths(out, Path(frame))
    )


def _is_whole(name: str, stem: Path, out: Path, outputs: Outputs, journal: Journal) -> bool:
    if name not in journal:
        return False
    if not all(path.is_file() for path in outputs.paths(out, stem)):
        return False
    return outputs.shapes is None or journal.record(name).shapes is not None
