"""Which sources an earlier run has done, so that they need not be done again."""

from __future__ import annotations

from pathlib import Path

from roadfcn.prediction.journal import Journal
from roadfcn.prediction.origin import Origin
from roadfcn.prediction.outputs import Outputs, video_path
from roadfcn.prediction.source import Source, Video


def is_done(source: Source, origin: Origin, out: Path, outputs: Outputs, journal: Journal) -> bool:
    """Tell whether all results of a source are written whole, and noted down as those of it.

    A video is done as a whole or not at all; one that had damage is done again, as it may have
    been copied anew.

    Args:
        source: A picture or video.
        origin: Where it comes from, in the state that it has now.
        out: Folder of results.
        outputs: What is to be written.
        journal: What was noted down.
    """
    name = source.stem.as_posix()
    if isinstance(source, Video):
        return _is_video_done(source, origin, out, outputs, journal)
    if name not in journal or not journal.is_of(name, origin):
        return False
    if outputs.shapes is not None and journal.form(name) != outputs.shapes:
        return False
    return all(path.is_file() for path in outputs.paths(out, source.stem))


def is_another(source: Source, origin: Origin, journal: Journal) -> bool:
    """Tell whether what was noted down under a source's name is of another or an older one."""
    name = source.stem.as_posix()
    if isinstance(source, Video):
        facts = None if source.is_live else journal.videos.get(name)
        return facts is not None and facts.get("origin") != origin
    return name in journal and not journal.is_of(name, origin)


def _is_video_done(
    video: Video, origin: Origin, out: Path, outputs: Outputs, journal: Journal
) -> bool:
    name = video.stem.as_posix()
    facts = journal.videos.get(name)
    if facts is None or facts.get("problem") or video.is_live or facts.get("origin") != origin:
        return False
    if outputs.shapes is not None and facts.get("shapes") != outputs.shapes:
        return False
    if not outputs.frames:
        return video_path(out, video.stem).is_file()
    frames = journal.frames(name)
    return len(frames) >= facts.get("frames", 1) and all(
        path.is_file() for frame in frames for path in outputs.paths(out, Path(frame))
    )
