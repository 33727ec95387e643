"""Predict pictures and videos: results below one folder, and what happens to broken ones.

What is written is told by `results.outputs`. Pictures are read, labelled and written at the same
time, a few at once; videos one after another.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadfcn.errors import CalibrationError, LabelSetError, RoadfcnError, VideoFileError
from roadfcn.label_sets import LabelSet, drivable_class
from roadfcn.picture_decoding import MAX_PIXELS
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.results.record import Record
from roadfcn.prediction.runs.expected_pictures import expected_pictures
from roadfcn.prediction.runs.journal import Journal
from roadfcn.prediction.runs.missing_shapes import add_shapes, lacks_shapes_only
from roadfcn.prediction.runs.picture_run import Outcome, PictureRun
from roadfcn.prediction.runs.resuming import take_up
from roadfcn.prediction.sources.origin import Origin
from roadfcn.prediction.sources.source import Source, Video
from roadfcn.prediction.video.watching import Watching

if TYPE_CHECKING:
    from roadfcn.prediction.runs.videos import PredictedVideo


@dataclass(frozen=True)
class PredictedFiles:
    """What came of a run over pictures and videos.

    Args:
        written: Those whose results were written.
        skipped: Those that could not be read, with the reason.
        kept: Those whose results an earlier run had written.
        videos: What came of each video that was written.
        frames: How many pictures and frames were labelled.
        seconds: Time taken by all of them, with reading and writing.
    """

    written: tuple[Source, ...]
    skipped: tuple[tuple[Source, RoadfcnError], ...]
    kept: tuple[Source, ...]
    videos: tuple[PredictedVideo, ...]
    frames: int
    seconds: float

    @property
    def per_second(self) -> float | None:
        """How many pictures and frames a second that is; None if there was none."""
        return self.frames / self.seconds if self.frames else None

    @property
    def ended_by(self) -> SystemExit | None:
        """The request to end the program that ended a live video, to be raised after reports."""
        return next((video.ended_by for video in self.videos if video.ended_by is not None), None)

    @property
    def problems(self) -> list[RoadfcnError]:
        """What was wrong with those that could not be read, or not to their end."""
        damaged = [video.problem for video in self.videos if video.problem is not None]
        return [*(problem for _, problem in self.skipped), *damaged]

    def names(self) -> tuple[set[str], set[str]]:
        """Give the names of pictures, and of videos, that there are results of."""
        pictures: set[str] = set()
        videos: set[str] = set()
        for source in (*self.written, *self.kept):
            (videos if isinstance(source, Video) else pictures).add(source.stem.as_posix())
        return pictures, videos


def probability_class(label_set: LabelSet, wanted: str | None = None) -> str:
    """Give the class whose probability is written: the one wanted, else road, else lane.

    Raises:
        LabelSetError: There is no such class, or none is wanted and none of these is there.
    """
    if wanted is not None:
        return label_set.classes[label_set.index(wanted)]
    drivable = drivable_class(label_set)
    if drivable is not None:
        return drivable
    raise LabelSetError(
        f"label set '{label_set.name}' has no class 'road', whose probability would be written",
        allowed=", ".join(label_set.classes),
        do="say which class to write: --probability-of CLASS",
    )


def predict_files(
    predictor: Predictor,
    sources: Sequence[Source],
    out: Path,
    *,
    outputs: Outputs | None = None,
    watching: Watching | None = None,
    journal: Journal | None = None,
    max_pixels: int = MAX_PIXELS,
    progress: Callable[[int, int | None], None] | None = None,
) -> PredictedFiles:
    """Predict pictures, then videos, and write the results below `out`.

    What cannot be read is skipped and reported.

    Args:
        predictor: The model.
        sources: See `gathering.sources`.
        out: Output folder; files in it are overwritten.
        outputs: What is written; labels and overlays if it is not said.
        watching: How videos are looked at.
        journal: Is told of all that was written; what it knows to be whole is not done again.
        max_pixels: Larger pictures are skipped.
        progress: Called with (done, total) after each picture or frame; the total is None if
            nobody knows it.

    Raises:
        LabelSetError: The model has no class whose probability is to be written.
        OutputError: A result cannot be written.
    """
    outputs, watching = outputs or Outputs(), watching or Watching()
    if outputs.probability_of is not None:
        predictor.label_set.index(outputs.probability_of)
    # As they are now: what changes while the run is under way is done again in the next one.
    origins = {} if journal is None else {source: source.origin for source in sources}
    kept = [] if journal is None else take_up(origins, out, outputs, journal)
    left = _without(kept, sources)
    begin = time.perf_counter()
    run = _Run(journal, origins, progress, expected_pictures(left, watching))
    kept += run.add_shapes(left, out, outputs, predictor.label_set)
    left = _without(kept, left)
    pictures = [source for source in left if not isinstance(source, Video)]
    videos = [source for source in left if isinstance(source, Video)]
    pictures_run = PictureRun(predictor, out, outputs, max_pixels=max_pixels)
    with contextlib.closing(pictures_run.outcomes(pictures)) as outcomes:
        for picture, outcome in outcomes:
            run.take(picture, outcome)
    for video in videos:
        if run.is_to_end:
            break
        run.predict_video(predictor, video, out, outputs, watching)
    return run.result(kept, time.perf_counter() - begin)


def _without(done: Sequence[Source], sources: Sequence[Source]) -> list[Source]:
    taken = set(done)
    return [source for source in sources if source not in taken]


class _Run:
    """What has come of a run so far."""

    def __init__(
        self,
        journal: Journal | None,
        origins: Mapping[Source, Origin],
        progress: Callable[[int, int | None], None] | None,
        total: int | None,
    ) -> None:
        self._journal, self._origins = journal, origins
        self._progress, self._total = progress, total
        self._done = self._labelled = 0
        self._written: list[Source] = []
        self._videos: list[PredictedVideo] = []
        self.skipped: list[tuple[Source, RoadfcnError]] = []

    def add_shapes(
        self, left: Sequence[Source], out: Path, outputs: Outputs, label_set: LabelSet
    ) -> list[Source]:
        """Give those of the sources left that lacked shapes only, which they have now."""
        shaped: list[Source] = []
        if self._journal is None or outputs.shapes is None:
            return shaped
        for source in left:
            origin = self._origins[source]
            if not lacks_shapes_only(source, origin, out, outputs, self._journal):
                continue
            if add_shapes(source, origin, out, outputs.shapes, label_set, self._journal):
                shaped.append(source)
                self._step()
        return shaped

    def take(self, picture: Source, outcome: Outcome) -> None:
        """Take what came of a picture."""
        if isinstance(outcome, Record):
            self._written.append(picture)
            self._note(outcome, self._origins.get(picture))
        else:
            self.skipped.append((picture, outcome))
            self._step()

    def _take_video(self, seen: PredictedVideo, outputs: Outputs) -> None:
        """Take what came of a video that is written whole."""
        self._written.append(seen.source)
        self._videos.append(seen)
        if self._journal is not None:
            facts = seen.to_dict() | {
                "shapes": outputs.shapes,
                "origin": self._origins[seen.source],
            }
            self._journal.add_video(seen.source.stem.as_posix(), facts)

    def predict_video(
        self, predictor: Predictor, video: Video, out: Path, outputs: Outputs, watching: Watching
    ) -> None:
        """Predict a video, or note why it cannot be."""
        # Still pictures do not wait for the video library to load.
        from roadfcn.prediction.runs.videos import predict_video

        try:
            note = self._noting_frames(video)
            seen = predict_video(predictor, video, out, outputs, watching, note)
        except (VideoFileError, CalibrationError) as problem:
            self.skipped.append((video, problem))
        else:
            self._take_video(seen, outputs)

    @property
    def is_to_end(self) -> bool:
        """Whether a live video was ended by a request to end the program."""
        return any(video.ended_by is not None for video in self._videos)

    def _noting_frames(self, video: Video) -> Callable[[Record], None]:
        """Give a function that notes down frames of a video, the first as its new beginning."""
        is_begun = False

        def note(record: Record) -> None:
            nonlocal is_begun
            if self._journal is not None and not is_begun:
                self._journal.begin_video(video.stem.as_posix())
                is_begun = True
            self._note(record)

        return note

    def _note(self, record: Record, origin: Origin | None = None) -> None:
        if self._journal is not None:
            self._journal.add(record, origin)
        self._labelled += 1
        self._step()

    def _step(self) -> None:
        self._done += 1
        if self._progress is not None:
            # How many frames a video has, nobody knows exactly before its end.
            total = None if self._total is None else max(self._total, self._done)
            self._progress(self._done, total)

    def result(self, kept: list[Source], seconds: float) -> PredictedFiles:
        return PredictedFiles(
            tuple(self._written),
            tuple(self.skipped),
            tuple(kept),
            tuple(self._videos),
            self._labelled,
            seconds,
        )
