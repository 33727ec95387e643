"""What `roadfcn predict` says at its end: how many, how fast, where to look, what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from roadfcn.cli.predicting.predict_options import PredictOptions

if TYPE_CHECKING:
    from roadfcn.backends.protocol import Running
    from roadfcn.label_sets import LabelSet
    from roadfcn.prediction.network.predictor import Predictor
    from roadfcn.prediction.network.views import Views
    from roadfcn.prediction.results.outputs import Outputs
    from roadfcn.prediction.runs.files import PredictedFiles
    from roadfcn.prediction.runs.journal import Journal

VIDEO_FACTS = ("frames", "flicker", "flicker_without_smoothing", "problem")
"""What `--json` tells of each video."""


@dataclass(frozen=True)
class Named:
    """A model, and how it was asked for.

    Args:
        path: Its file or run folder.
        given: What the user wrote, or None.
        views: How often, and how, it looks at each picture.
        threshold: From which probability on pixels are labelled road, if one was given.
    """

    path: Path
    given: str | None
    views: Views
    threshold: float | None

    @property
    def name(self) -> str:
        """What it is called after `--model`: a shipped model's name, or what the user wrote."""
        from roadfcn.weights.shipped_models import is_shipped

        return self.path.stem if is_shipped(self.path) else str(self.given)

    def in_words(self) -> str:
        """Say which model it was and how it looked."""
        from roadfcn.prediction.network.decision import threshold_in_words
        from roadfcn.weights.shipped_models import is_shipped

        whence = ", which comes with roadfcn" if is_shipped(self.path) else ""
        hint = "" if self.given else " (--model takes another)"
        looked = "" if self.views.are_plain else f", with test-time augmentation: {self.views}"
        least = "" if self.threshold is None else f"; road {threshold_in_words(self.threshold)}"
        return f"{self.name}{whence}{hint}{looked}{least}"


def has_legend(result: PredictedFiles, outputs: Outputs, label_set: LabelSet) -> bool:
    """Tell whether there are overlays, and several colours in them."""
    from roadfcn.prediction.results.legend import wants_legend

    there_are = outputs.overlays != "none" and bool(result.written or result.kept)
    return there_are and wants_legend(label_set)


def report(
    result: PredictedFiles,
    given: PredictOptions,
    named: Named,
    outputs: Outputs,
    predictor: Predictor,
    journal: Journal,
    others: Mapping[str, int],
) -> None:
    """Print the summary, and what was wrong on standard error.

    Args:
        result: What came of the run.
        given: What was asked for.
        named: The model, as it was asked for.
        outputs: What was written.
        predictor: The model.
        journal: What the output folder holds, of earlier calls too.
        others: What lay among the sources and is none, see `gathering.other_files`.
    """
    from roadfcn.prediction.gathering.other_files import in_words
    from roadfcn.prediction.runs.older_results import older_results

    rate = f", {result.per_second:.3g}/s" if result.per_second else ""
    print(f"{_counts(result)} in {result.seconds:.1f} s{rate}")
    if result.kept:
        one = len(result.kept) == 1
        print(
            f"  {len(result.kept)} {'was' if one else 'were'} written by an earlier call, and "
            f"{'stays' if one else 'stay'}"
        )
    if result.written or result.kept:
        places = _places(result, given, named, outputs, predictor.label_set)
        videos = _videos(result, journal)
        places |= _flickers(videos, given.smooth) | {"model": named.in_words()}
        if result.written:
            places["ran"] = _running(predictor.backend.running)
        _print_places(places)
    # To a share, those of the others would be older ones.
    older = [] if given.shard else older_results(given.out, result, outputs, journal)
    if older:
        print(f"  {len(older)} older results stay there too, such as {older[0]}")
    if others:
        print(f"  {in_words(others)}")


def report_problems(result: PredictedFiles) -> None:
    """Name on standard error what was skipped or is damaged, wherever the rest is told."""
    for _, problem in result.skipped:
        typer.echo(f"skipped: {problem}", err=True)
    for video in result.videos:
        if video.problem is not None:
            typer.echo(f"damaged: {video.problem}", err=True)


def summary(
    result: PredictedFiles,
    given: PredictOptions,
    named: Named,
    settings: dict[str, Any],
    journal: Journal,
) -> dict[str, Any]:
    """Give the same for `--json`, of kept videos too what the call that wrote them found."""
    from roadfcn.prediction.sources.source import Video

    videos = sum(isinstance(source, Video) for source in result.written)
    return {
        "model": named.name,
        "settings": settings,
        "out": str(given.out),
        "pictures": len(result.written) - videos,
        "videos": _videos(result, journal),
        "labelled": result.frames,
        "kept": len(result.kept),
        "skipped": [
            {"source": str(source), "problem": problem.found} for source, problem in result.skipped
        ],
        "seconds": result.seconds,
        "per_second": result.per_second,
        "csv": None if given.csv is None else str(given.csv),
        "coco": None if given.coco is None else str(given.coco),
    }


def _counts(result: PredictedFiles) -> str:
    """Say "2 of 3 pictures, 1 video (250 frames)"."""
    from roadfcn.prediction.sources.source import Video

    tried = [*result.written, *(source for source, _ in result.skipped)]
    videos = [source for source in tried if isinstance(source, Video)]
    seen = len(result.videos)
    pictures, written = len(tried) - len(videos), len(result.written) - seen
    # Where all was kept, nothing was tried, of the kinds that were kept.
    kinds = {isinstance(source, Video) for source in tried or result.kept}
    parts = []
    if False in kinds:
        parts.append(_of(written, pictures, "picture"))
    if True in kinds:
        frames = sum(video.frames for video in result.videos)
        parts.append(f"{_of(seen, len(videos), 'video')} ({_of(frames, frames, 'frame')})")
    return ", ".join(parts)


def _of(count: int, total: int, noun: str) -> str:
    plural = noun if total == 1 and count == total else f"{noun}s"
    return f"{count} {plural}" if count == total else f"{count} of {total} {plural}"


def _places(
    result: PredictedFiles,
    given: PredictOptions,
    named: Named,
    outputs: Outputs,
    label_set: LabelSet,
) -> dict[str, str]:
    from roadfcn.prediction.results.outputs import LABELS, LEGEND, OVERLAYS, PROBABILITIES
    from roadfcn.prediction.sources.source import Video

    places = {} if outputs.overlays == "none" else {"overlays": str(given.out / OVERLAYS)}
    if has_legend(result, outputs, label_set):
        places["legend"] = str(given.out / LEGEND)
    has_pictures = any(not isinstance(source, Video) for source in (*result.written, *result.kept))
    if has_pictures or outputs.frames:
        places["labels"] = str(given.out / LABELS)
    if outputs.probability_of is not None:
        places[f"probability of {outputs.probability_of}"] = str(given.out / PROBABILITIES)
    if given.csv is not None:
        places["table"] = str(given.csv)
    if given.coco is not None:
        places["COCO"] = str(given.coco)
    return places


def _videos(result: PredictedFiles, journal: Journal) -> dict[str, dict[str, Any]]:
    """Give the facts of each video by its name, see `PredictedVideo.to_dict`."""
    from roadfcn.prediction.sources.source import Video

    videos = {video.source.stem.as_posix(): video.to_dict() for video in result.videos}
    for source in result.kept:
        if isinstance(source, Video):
            name = source.stem.as_posix()
            videos[name] = {key: journal.videos[name].get(key) for key in VIDEO_FACTS}
    return videos


def _running(running: Running) -> str:
    return f"{running.engine} on {running.device} in {running.precision}"


def _flickers(videos: Mapping[str, Mapping[str, Any]], smooth: float) -> dict[str, str]:
    told = {}
    for name, facts in videos.items():
        if facts["flicker"] is None:
            continue
        text = f"{facts['flicker']:.2%} of the pixels change from frame to frame"
        if smooth and facts["flicker_without_smoothing"] is not None:
            text += f", {facts['flicker_without_smoothing']:.2%} without smoothing"
        told[f"flicker of {name}"] = text
    return told


def _print_places(places: dict[str, str]) -> None:
    width = max(map(len, places))
    for name, place in places.items():
        print(f"  {name:<{width}}  {place}")
