"""Which sources an earlier run has done, so that they need not be done again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from roadfcn.output_files import remove_leftovers
from roadfcn.prediction.results.outputs import RESULTS, Outputs, video_path
from roadfcn.prediction.runs.journal import Journal
from roadfcn.prediction.sources.origin import Origin
from roadfcn.prediction.sources.source import Source, Video

_log = logging.getLogger(__name__)


def take_up(
    origins: Mapping[Source, Origin], out: Path, outputs: Outputs, journal: Journal
) -> list[Source]:
    """Give the sources that an earlier run has done, and clear away what it left half-written.

    Where something else was done under a source's name, that is logged.

    Args:
        origins: Of all sources, where each comes from, in the state that it has now.
        out: Folder of results.
        outputs: What is to be written.
        journal: What was noted down.
    """
    if journal.is_alone:
        for kind in RESULTS:
            remove_leftovers(out / kind)
    others = [source for source, now in origins.items() if is_another(source, now, journal)]
    if others:
        _log.warning(
            "%d of the sources have changed since the earlier call, or lie elsewhere than what had "
            "the same name then, and are done anew: such as %s",
            len(others),
            others[0],
        )
    return [
        source for source, now in origins.items() if is_done(source, now, out, outputs, journal)
    ]


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
