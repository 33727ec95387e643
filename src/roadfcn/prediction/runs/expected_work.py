"""How much a network is going to have to do, in pictures of a usual size.

Whether a conversion pays is a question of the network's work, and one picture of 20,000 x 20,000
is as much of it as hundreds of small ones. Sizes are taken from headers; no picture is decoded.
"""

from __future__ import annotations

from collections.abc import Sequence

from roadfcn.errors import RoadfcnError
from roadfcn.input_format import InputFormat
from roadfcn.picture_decoding import MAX_PIXELS
from roadfcn.prediction.network.views import PLAIN, Views
from roadfcn.prediction.runs.expected_pictures import expected_pictures
from roadfcn.prediction.sources.source import Picture, Source, ZippedPicture
from roadfcn.prediction.video.watching import Watching

USUAL_PIXELS = 2**19
"""Of a picture that counts as one: KITTI's, of 375 x 1242, have a little less."""


def expected_work(
    sources: Sequence[Source],
    watching: Watching,
    input_format: InputFormat,
    *,
    views: Views = PLAIN,
    max_pixels: int = MAX_PIXELS,
    enough: int,
) -> int | None:
    """Give the work of all sources, in pictures of `USUAL_PIXELS`; None if nobody knows.

    A picture counts by the pixels that the network sees of it, and as one at least. Frames of
    videos count as one, and so does what has to be fetched to be looked at.

    Args:
        sources: Pictures and videos.
        watching: Which frames of the videos are taken.
        input_format: Of the model: one that shrinks pictures has no more to do for large ones.
        views: How often each picture is looked at.
        max_pixels: Larger pictures are going to be skipped.
        enough: Where the answer does not matter beyond: files are not opened once it is reached.
    """
    count = expected_pictures(sources, watching)
    if count is None:
        return None
    work = float(count)
    looks = max(1.0, sum(scale**2 for scale, _ in views))
    for source in sources:
        if work * looks >= enough:
            break
        if isinstance(source, Picture | ZippedPicture):
            seen = input_format.seen_pixels(_pixels(source, max_pixels))
            work += max(0.0, seen / USUAL_PIXELS - 1)
    return int(work * looks)


def _pixels(source: Picture | ZippedPicture, max_pixels: int) -> int:
    """Give a picture's height times width, 1 if it is going to be skipped."""
    try:
        return source.fetch().pixels(max_pixels)
    except RoadfcnError:  # a damaged archive, which is told when its turn comes
        return 1
