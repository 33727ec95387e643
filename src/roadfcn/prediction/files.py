"""Predict picture files: which ones, where their results go, and what happens to broken ones.

    OUT/labels/<stem>.png          class indices, as a palette picture
    OUT/overlays/<stem>.png        the picture with its classes in colour
    OUT/probabilities/<stem>.png   grey, 255 times the probability of one class; on demand

Subfolders of a source folder are kept: `SOURCE/a/b.jpg` becomes `OUT/labels/a/b.png`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from roadfcn.errors import ImageFileError, LabelSetError, OutputError
from roadfcn.image_files import (
    IMAGE_SUFFIXES,
    find_images,
    read_image,
    write_image,
    write_labels,
)
from roadfcn.input_format import quantise_probability
from roadfcn.label_sets import LabelSet, drivable_class
from roadfcn.model_files import MODEL_NAME
from roadfcn.overlays import blend
from roadfcn.prediction.predictor import Prediction, Predictor

LABELS, OVERLAYS, PROBABILITIES = "labels", "overlays", "probabilities"


@dataclass(frozen=True)
class Source:
    """One picture to predict.

    Args:
        path: Where it is.
        stem: What its results are called: the path below the folder it was found in, without
            ending.
    """

    path: Path
    stem: Path

    def output(self, out: Path, kind: str) -> Path:
        """Give the path of a result, such as `out/labels/a/b.png`."""
        return out / kind / self.stem.with_name(self.stem.name + ".png")


@dataclass(frozen=True)
class PredictedFiles:
    """What came of a run over files.

    Args:
        written: Pictures whose results were written.
        skipped: Pictures that could not be read, with the reason.
        seconds: Time taken by all of them, with reading and writing.
        seconds_each: The same for one picture, on average, without the first: in it engines make
            themselves ready. None if there was no second one.
    """

    written: tuple[Source, ...]
    skipped: tuple[tuple[Source, ImageFileError], ...]
    seconds: float
    seconds_each: float | None


def find_sources(paths: Sequence[Path], out: Path) -> list[Source]:
    """List the pictures that `paths` name: files, and all pictures below folders.

    Results of an earlier run below `out` are not taken for pictures. A picture that is named
    twice is predicted once.

    Raises:
        ImageFileError: A path is missing, or is a run, or there is no picture at all.
        OutputError: Results of two pictures would have the same name.
    """
    results = [(Path(out) / kind).resolve() for kind in (LABELS, OVERLAYS, PROBABILITIES)]
    by_stem: dict[Path, Source] = {}
    seen: set[Path] = set()
    for path in map(Path, paths):
        _refuse_run(path)
        for source in _sources_of(path):
            whole = source.path.resolve()
            if path.is_dir() and any(whole.is_relative_to(folder) for folder in results):
                continue
            # Not the resolved path: two links to one picture are two pictures to the user.
            if source.path.absolute() in seen:
                continue
            seen.add(source.path.absolute())
            other = by_stem.setdefault(source.stem, source)
            if other is not source:
                raise OutputError(
                    f"{other.path} and {source.path} would both be written to "
                    f"{source.output(Path(out), LABELS)}",
                    allowed="pictures of different names, or in different subfolders",
                    do="rename one of them, or predict them in two runs",
                )
    if not by_stem:
        raise ImageFileError(
            f"there is no picture in {', '.join(map(str, paths))}",
            allowed=f"pictures ending in {', '.join(IMAGE_SUFFIXES)}",
            do="name a folder with pictures, or a picture itself",
        )
    return list(by_stem.values())


def _refuse_run(path: Path) -> None:
    """Refuse a run among the pictures, as a shell gives it for `runs/*-name` with two runs."""
    if (path / MODEL_NAME).is_file():
        raise ImageFileError(
            f"{path} is a run, and stands where pictures were expected",
            allowed="one run or model, after --model",
            do="name one run: a pattern such as runs/*-name may fit several",
        )


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
    opacity: float = 0.5,
    probability_of: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PredictedFiles:
    """Predict pictures one after another and write the results below `out`.

    A picture that cannot be read is skipped and reported.

    Args:
        predictor: The model.
        sources: See `find_sources`.
        out: Output folder; files in it are overwritten.
        opacity: Of the colours over the picture, 0..1.
        probability_of: Class whose probability is written too, or None.
        progress: Called with (done, total) after each picture.

    Raises:
        LabelSetError: The model has no class `probability_of`.
        OutputError: A result cannot be written.
    """
    if probability_of is not None:
        predictor.label_set.index(probability_of)
    written: list[Source] = []
    skipped, times = [], []
    start = time.perf_counter()
    for done, source in enumerate(sources, start=1):
        begin = time.perf_counter()
        try:
            image = read_image(source.path)
        except ImageFileError as problem:
            skipped.append((source, problem))
        else:
            prediction = predictor.predict(image)
            overlay = blend(image, prediction.labels, prediction.label_set, opacity)
            write_labels(source.output(out, LABELS), prediction.labels, prediction.label_set)
            write_image(source.output(out, OVERLAYS), overlay)
            if probability_of is not None:
                _write_probability(source.output(out, PROBABILITIES), prediction, probability_of)
            written.append(source)
            times.append(time.perf_counter() - begin)
        if progress is not None:
            progress(done, len(sources))
    each = sum(times[1:]) / (len(times) - 1) if len(times) > 1 else None
    return PredictedFiles(tuple(written), tuple(skipped), time.perf_counter() - start, each)


def older_results(out: Path, result: PredictedFiles, *, with_probabilities: bool) -> list[Path]:
    """List the results below `out` that are not of this run, sorted.

    Args:
        out: The folder that `predict_files` wrote to.
        result: What it gave.
        with_probabilities: Whether it wrote probabilities.
    """
    kinds = (LABELS, OVERLAYS, PROBABILITIES) if with_probabilities else (LABELS, OVERLAYS)
    own = {source.output(out, kind) for source in result.written for kind in kinds}
    folders = [out / kind for kind in (LABELS, OVERLAYS, PROBABILITIES)]
    return [
        path
        for folder in folders
        if folder.is_dir()
        for path in find_images(folder)
        if path not in own
    ]


def _write_probability(path: Path, prediction: Prediction, class_name: str) -> None:
    write_image(path, quantise_probability(prediction.probability(class_name)))


def _sources_of(path: Path) -> Iterable[Source]:
    if path.is_dir():
        for found in find_images(path):
            yield Source(found, found.relative_to(path).with_suffix(""))
    elif path.is_file():
        yield Source(path, Path(path.stem))
    else:
        raise ImageFileError(
            f"there is no picture or folder {path}",
            allowed="existing pictures and folders",
            do="check the path",
        )
