"""Whether cameras and streams are there, told before a model is converted for them."""

from __future__ import annotations

from collections.abc import Sequence

from roadfcn.errors import VideoFileError
from roadfcn.prediction.sources.source import Source, Video
from roadfcn.prediction.video.watching import Watching


def check_live(sources: Sequence[Source], watching: Watching) -> None:
    """Refuse cameras and streams of which none can be opened, where there is nothing else.

    They are opened one after another until one can be, and closed again. Where there are files
    too, or another camera, one that is not there is told when its turn comes, as a broken file is.

    Args:
        sources: All of them.
        watching: How videos are looked at.

    Raises:
        VideoFileError: What is wrong with the first of them.
    """
    live = [source for source in sources if isinstance(source, Video) and source.is_live]
    if not live or len(live) < len(sources):
        return
    # Files do not wait for the video library to load.
    from roadfcn.prediction.runs.videos import open_frames

    first: VideoFileError | None = None
    for source in live:
        try:
            with open_frames(source, watching):
                return
        except VideoFileError as problem:
            first = first or problem
    if first is not None:
        raise first
