"""One video: decoded, labelled and written at the same time, frame by frame."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from roadfcn.errors import VideoFileError
from roadfcn.prediction.network.predictor import LabelMap, Predictor
from roadfcn.prediction.results.outputs import Outputs, frame_stem, video_path
from roadfcn.prediction.results.record import Record, make_record
from roadfcn.prediction.runs.pipeline import in_threads, newest, prefetched
from roadfcn.prediction.sources.source import Video
from roadfcn.prediction.video.camera import CameraFrames
from roadfcn.prediction.video.frames import Frame, VideoFrames
from roadfcn.prediction.video.sound import VideoSound
from roadfcn.prediction.video.steady_labels import SteadyLabels
from roadfcn.prediction.video.watching import Watching
from roadfcn.prediction.video.writing import VideoWriter, video_output

_AHEAD = 4  # frames that wait before the model, and behind it


@dataclass(frozen=True)
class PredictedVideo:
    """What came of a video.

    Args:
        source: The video.
        frames: How many were labelled.
        flicker: Share of pixels whose label changes from frame to frame, see `video.smoothing`;
            None for a single frame.
        flicker_before: The same without smoothing.
        problem: What was wrong with the video although something was made of it, or None.
        ended_by: The request to end the program that ended it, to be raised when all is written.
    """

    source: Video
    frames: int
    flicker: float | None
    flicker_before: float | None
    problem: VideoFileError | None
    ended_by: SystemExit | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give its facts as JSON has them."""
        return {
            "frames": self.frames,
            "flicker": self.flicker,
            "flicker_without_smoothing": self.flicker_before,
            "problem": None if self.problem is None else self.problem.found,
        }


def open_frames(source: Video, watching: Watching) -> VideoFrames | CameraFrames:
    """Open a video, stream or camera.

    Raises:
        VideoFileError: It cannot be opened.
    """
    every, seconds = watching.every, watching.seconds
    if isinstance(source.address, int):
        return CameraFrames(source.address, every=every, seconds=seconds)
    return VideoFrames(source.address, every=every, seconds=seconds)


def coming_frames(
    frames: VideoFrames | CameraFrames, source: Video
) -> Generator[Frame, None, None]:
    """Give the frames of a file, some read ahead; of what is live always the newest."""
    return newest(frames) if source.is_live else prefetched(frames, ahead=_AHEAD)


def predict_video(
    predictor: Predictor,
    source: Video,
    out: Path,
    outputs: Outputs,
    watching: Watching,
    done: Callable[[Record], None],
) -> PredictedVideo:
    """Label a video's frames and write them as a video, or as pictures.

    Ctrl-C, or a request to end the program, ends what a camera or stream gives, and what came
    before is kept as a whole video; of a file it leaves nothing.

    Args:
        predictor: The model.
        source: The video.
        out: Folder of results.
        outputs: What is written.
        watching: Which frames are taken, and how they are smoothed.
        done: Called with each frame's record once it is written, in the thread that writes.

    Raises:
        VideoFileError: The video gives no frames, or such as cannot be converted, or its sound
            cannot be taken along.
        OutputError: A result cannot be written.
        CalibrationError: The calibration of the map does not fit the frames.
    """
    measured = outputs.measured(predictor.label_set)
    steady = SteadyLabels(predictor, watching.smooth, measured)
    with contextlib.ExitStack() as stack:
        frames = open_frames(source, watching)
        stack.enter_context(frames)
        coming = stack.enter_context(contextlib.closing(coming_frames(frames, source)))
        first = next(coming, None)
        if first is None:
            raise frames.problem or no_frames(source)
        if outputs.inset is not None:
            outputs.inset.check((first.image.shape[0], first.image.shape[1]))
        sound = None if outputs.frames else _sound(source, stack)
        writer = None
        if not outputs.frames:
            writer = stack.enter_context(_writer(source, out, frames, first, sound))
        writing = _Writing(source, out, outputs, measured, writer, done)
        ended_by = None
        labelled = _labelled(steady, chain([first], coming))
        records = in_threads(writing.write, labelled, threads=1, ahead=_AHEAD, prompt=True)
        try:
            with contextlib.closing(records):
                deque(records, maxlen=0)
        except (KeyboardInterrupt, SystemExit) as request:
            if not (source.is_live and writing.count):
                raise
            ended_by = request if isinstance(request, SystemExit) else None
        if writer is not None:
            # Where not all frames were wanted, or some could not be had, the rest is not heard.
            cut_sound = watching.seconds is not None or frames.problem is not None
            writer.finish(frames.end, cut_sound=cut_sound)
    problem = frames.problem or (None if sound is None else sound.problem)
    flicker, flicker_before = steady.flicker.share, steady.flicker_before.share
    return PredictedVideo(source, writing.count, flicker, flicker_before, problem, ended_by)


@dataclass
class _Writing:
    """What becomes of a frame behind the model, in a thread that Ctrl-C does not reach.

    So each frame that is written is noted too, and no note breaks off.
    """

    source: Video
    out: Path
    outputs: Outputs
    measured: str | None
    writer: VideoWriter | None
    done: Callable[[Record], None]
    count: int = 0

    def write(self, labelled: tuple[Frame, LabelMap, float]) -> None:
        frame, answer, seconds = labelled
        stem = frame_stem(self.source.stem, frame.index)
        if self.writer is None:
            self.outputs.write(self.out, stem, frame.image, answer)
        else:
            self.outputs.draw(frame.image, answer)
            self.writer.write(frame.image, frame.time)
        record = make_record(
            stem.as_posix(),
            f"{stem.as_posix()}.png",
            answer,
            measured=self.measured,
            seconds=seconds,
            time_s=round(float(frame.time), 6),
            shapes=self.outputs.shapes,
        )
        self.done(record)
        self.count += 1


def _labelled(
    steady: SteadyLabels, frames: Iterator[Frame]
) -> Iterator[tuple[Frame, LabelMap, float]]:
    for frame in frames:
        begin = time.perf_counter()
        answer = steady.label(frame.image)
        yield frame, answer, time.perf_counter() - begin


def _sound(source: Video, stack: contextlib.ExitStack) -> VideoSound | None:
    """Open a file's sound. Cameras have none here, and a stream cannot be opened twice."""
    if not isinstance(source.address, Path):
        return None
    return stack.enter_context(contextlib.closing(VideoSound(source.address)))


def _writer(
    source: Video,
    out: Path,
    frames: VideoFrames | CameraFrames,
    first: Frame,
    sound: VideoSound | None,
) -> contextlib.AbstractContextManager[VideoWriter]:
    return video_output(
        video_path(out, source.stem),
        (first.image.shape[0], first.image.shape[1]),
        rate=frames.rate,
        time_base=frames.time_base,
        pixel_aspect=frames.pixel_aspect,
        sound=sound,
        is_live=source.is_live,
    )


def no_frames(source: Video) -> VideoFileError:
    """Give the error of a video in which there is nothing to see."""
    return VideoFileError(
        f"{source} has no frames",
        allowed="a video with at least one frame that can be decoded",
        do="copy the file again, or leave it out",
    )
