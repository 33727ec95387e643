"""How long each step takes from a picture's file to written results, and all of them at once.

The steps are those of `roadfcn predict`:

    decode    the file to H,W,3 uint8
    prepare   to the network's size and numbers
    network   to scores, with all copying to and from the device
    finish    to the picture's own size, to labels and probabilities
    encode    labels and overlay drawn, encoded and written

They are timed one after another, so that none takes the processor from another; then `predict`
itself is timed, which does them at once. Of a picture that is cut into windows, all preparing but
the first window's counts as finishing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from roadfcn.backends.protocol import Backend, Running
from roadfcn.image_files import read_image
from roadfcn.model_card import ModelCard
from roadfcn.prediction.network.predictor import LabelMap, Predictor
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.runs.files import predict_files
from roadfcn.prediction.sources.source import Picture

STEPS = ("decode", "prepare", "network", "finish", "encode")

_WARM_UP, _FEWEST, _MOST = 2, 3, 1000
"""Rounds: in the first ones engines make themselves ready for a size."""

_SHARE = 0.6
"""Of the time for single steps; the rest is for all of them at once."""

_FEWEST_AT_ONCE, _MOST_AT_ONCE = 12, 1000
"""Pictures: with fewer, most of the time is that of a pipeline that fills and empties."""

Progress = Callable[[int, int | None, str], None]
"""Takes how many are done, of how many, and what they are, in words."""


@dataclass(frozen=True)
class Timing:
    """What was measured. Times are seconds for one picture.

    Args:
        steps: Of each of `STEPS`, the median of all rounds.
        rounds: How many there were after the warm-up.
        batch: Pictures in a round, which go through the network together.
        at_once: As `predict` does it, all steps at the same time, with the first picture's
            reading and the last one's writing; None for batches, which it does not make.
        pictures: How many these were.
    """

    steps: dict[str, float]
    rounds: int
    batch: int
    at_once: float | None
    pictures: int

    @property
    def one_after_another(self) -> float:
        """All steps, one after another."""
        return sum(self.steps.values())

    @property
    def to_network(self) -> float | None:
        """How many times the network's own time `predict` takes."""
        return None if self.at_once is None else self.at_once / self.steps["network"]


def measure(
    backend: Backend,
    pictures: Sequence[Path],
    out: Path,
    *,
    batch: int = 1,
    seconds: float = 10.0,
    progress: Progress | None = None,
) -> Timing:
    """Measure a model.

    Args:
        backend: The model.
        pictures: At least one; they are taken in turn, as often as needed.
        out: Folder that results are written to.
        batch: How many go through the network together.
        seconds: About so long is measured, but never fewer than some rounds.
        progress: Called after each round of single steps, whose number nobody knows before, and
            then after each picture of a run.

    Raises:
        ImageFileError: A picture cannot be read.
        ModelFileError: The engine fails, or the scores are not finite.
        OutputError: `out` cannot be written.
    """
    told = progress or (lambda _done, _total, _what: None)
    rounds = list(_rounds(_Stopwatch(backend), pictures, out, batch, _SHARE * seconds, told))
    steps = {
        step: median(times[place] for times in rounds) / batch for place, step in enumerate(STEPS)
    }
    if batch > 1:
        return Timing(steps, len(rounds), batch, None, 0)
    wanted = round((1 - _SHARE) * seconds / sum(steps.values()))
    many = min(max(wanted, _FEWEST_AT_ONCE), _MOST_AT_ONCE)
    chosen = enumerate(islice(cycle(pictures), many))
    sources = [Picture(path, Path(f"{number:06d}")) for number, path in chosen]

    def picture_done(done: int, total: int | None) -> None:
        told(done, total, "Measuring a run, picture")

    result = predict_files(Predictor(backend), sources, out, progress=picture_done)
    for _, problem in result.skipped:
        raise problem
    return Timing(steps, len(rounds), batch, result.seconds / many, many)


class _Stopwatch:
    """A model that notes when it was first called, and how long it took."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.begun: float | None = None
        self.seconds = 0.0

    @property
    def card(self) -> ModelCard:
        return self._backend.card

    @property
    def running(self) -> Running:
        return self._backend.running

    def reset(self) -> None:
        self.begun, self.seconds = None, 0.0

    def logits(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        begin = time.perf_counter()
        self.begun = begin if self.begun is None else self.begun
        scores = self._backend.logits(batch)
        self.seconds += time.perf_counter() - begin
        return scores


def _rounds(
    watched: _Stopwatch,
    pictures: Sequence[Path],
    out: Path,
    batch: int,
    seconds: float,
    told: Progress,
) -> Iterator[tuple[float, ...]]:
    """Give the seconds of each step, for round after round, until the time is over."""
    predictor, outputs = Predictor(watched), Outputs()
    endless = cycle(pictures)
    end = None
    for number in range(-_WARM_UP, _MOST):
        times = _round(watched, predictor, list(islice(endless, batch)), outputs, out)
        told(number + _WARM_UP + 1, None, "Measuring each step, round")
        if number < 0:
            continue
        end = time.perf_counter() + seconds if end is None else end
        yield times
        if number + 1 >= _FEWEST and time.perf_counter() >= end:
            return


def _round(
    watched: _Stopwatch, predictor: Predictor, paths: list[Path], outputs: Outputs, out: Path
) -> tuple[float, ...]:
    watched.reset()
    began = time.perf_counter()
    images = [read_image(path) for path in paths]
    decoded = time.perf_counter()
    answers = list(_answers(predictor, images, outputs))
    answered = time.perf_counter()
    for number, (image, answer) in enumerate(zip(images, answers, strict=True)):
        outputs.write(out, Path(f"{number:06d}"), image, answer)
    written = time.perf_counter()
    assert watched.begun is not None  # no answer without scores
    prepare = watched.begun - decoded
    finish = answered - decoded - prepare - watched.seconds
    return decoded - began, prepare, watched.seconds, finish, written - answered


def _answers(
    predictor: Predictor, images: list[NDArray[np.uint8]], outputs: Outputs
) -> Iterable[LabelMap]:
    """Label pictures: one as `predict` does, several together."""
    if len(images) == 1:
        yield predictor.label(images[0], outputs.measured(predictor.label_set))
        return
    for prediction in predictor.predict_batch(images):
        yield LabelMap(prediction.labels, None, prediction.label_set)
