"""A video's frames as segmentations, one after another, for programs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import VideoFileError, shown
from roadfcn.prediction.gathering.sources import elsewhere
from roadfcn.prediction.network.predictor import LabelMap, Prediction
from roadfcn.prediction.python.segmentation import Segmentation
from roadfcn.prediction.runs.videos import coming_frames, no_frames, open_frames
from roadfcn.prediction.sources.source import Video
from roadfcn.prediction.sources.words import VideoSource, shown_address
from roadfcn.prediction.video.frames import Frame
from roadfcn.prediction.video.steady_labels import SteadyLabels
from roadfcn.prediction.video.watching import Watching


def named_video(name: VideoSource) -> Video:
    """Give the video that a path, address or number names. Nothing is opened.

    Raises:
        VideoFileError: It names none.
    """
    if isinstance(name, int) and not isinstance(name, bool) and name >= 0:
        return Video(name, Path(f"camera-{name}"))
    if isinstance(name, str | Path):
        source = elsewhere(name) if isinstance(name, str) else None
        if source is None:
            return Video(Path(name), Path(Path(name).stem))
        if isinstance(source, Video):
            return source
    raise VideoFileError(
        f"a video was given as {shown_address(name) if isinstance(name, str) else shown(name)}",
        allowed="a path, a camera's number (0 or 'camera:0'), an rtsp:// address, or "
        "camera:http:// before that of a camera's MJPEG",
        do="give one of these; what lies at an http address has to be fetched first",
    )


def segmented_video(
    video: Video,
    watching: Watching,
    steady: SteadyLabels,
    keeps_all: Callable[[NDArray[np.uint8]], bool],
    probability_of: str | None,
) -> Generator[Segmentation, None, None]:
    """Give the frames of a video with what is in them; it is open as long as this is.

    A few frames of a file are read ahead; of a camera or stream the newest is given.

    Args:
        video: Is opened when the first frame is asked for.
        watching: Which frames are taken, and how they are smoothed.
        steady: Labels them.
        keeps_all: Tells whether there is room for all probabilities of a frame.
        probability_of: A class whose probability is kept in any case.

    Raises:
        VideoFileError: It cannot be opened or has no frames; or, after the frames that could be
            read, it breaks off or has damaged parts.
    """
    smoothed = watching.smooth > 0
    given = 0
    with open_frames(video, watching) as frames:
        with contextlib.closing(coming_frames(frames, video)) as coming:
            for frame in coming:
                given += 1
                if smoothed or keeps_all(frame.image):
                    yield _with_all(frame, steady.predict(frame.image), is_average=smoothed)
                else:
                    yield _with_labels(frame, steady.label(frame.image), probability_of)
        if frames.problem is not None:
            raise frames.problem
        if not given:
            raise no_frames(video)


def _with_all(frame: Frame, answer: Prediction, *, is_average: bool) -> Segmentation:
    """Give a frame with all probabilities."""
    # The average goes on changing; what was given has to stay.
    probabilities = answer.probabilities.copy() if is_average else answer.probabilities
    image, time_s = frame.image, float(frame.time)
    return Segmentation(
        image, answer.labels, answer.label_set, probabilities, {}, frame.index, time_s
    )


def _with_labels(frame: Frame, answer: LabelMap, probability_of: str | None) -> Segmentation:
    """Give a frame with a byte a pixel."""
    kept = {}
    if probability_of is not None and answer.probability is not None:
        kept[probability_of] = answer.probability
    image, time_s = frame.image, float(frame.time)
    return Segmentation(image, answer.labels, answer.label_set, None, kept, frame.index, time_s)
