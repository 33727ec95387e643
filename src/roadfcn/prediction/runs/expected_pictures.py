"""How many pictures and frames are coming, found out without decoding any."""

from __future__ import annotations

from collections.abc import Sequence

from roadfcn.errors import VideoFileError
from roadfcn.prediction.sources.source import Source, Video
from roadfcn.prediction.video.watching import Watching


def expected_pictures(sources: Sequence[Source], watching: Watching) -> int | None:
    """Give how many pictures and frames there are, about; None if nobody knows.

    Args:
        sources: Pictures and videos.
        watching: Which frames of the videos are taken.
    """
    videos = [source for source in sources if isinstance(source, Video)]
    if not videos:
        return len(sources)
    # Still pictures do not wait for the video library to load.
    from roadfcn.prediction.runs.videos import open_frames

    total = len(sources) - len(videos)
    for video in videos:
        if video.is_live:
            return None
        try:
            with open_frames(video, watching) as frames:
                expected = frames.expected
        except VideoFileError:  # which is told when its turn comes
            continue
        if expected is None:
            return None
        total += expected
    return total
