"""Loader processes whose failures are told in plain words.

torch turns an error of ours in a loader process into a `RuntimeError` with a traceback of its
own, and speaks of a killed one in terms of signals. Here errors travel as values and are raised
by who asked for the batch, and a death becomes an error that says what to do.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from roadfcn.errors import RoadfcnError, TrainingError
from roadfcn.training.frames.feature_frames import FeatureBatch, FeatureFrames, Turn
from roadfcn.training.frames.frames import Batch, TrainingFrames, collate
from roadfcn.training.frames.mixture import Mixture

Frames = Mixture | TrainingFrames | FeatureFrames

_KILLED = re.compile(r"DataLoader worker \(pid (\d+)\) is killed by signal: ([^.]+)\.")
_GONE = re.compile(r"DataLoader worker \(pid\(s\) ([^)]+)\) exited unexpectedly")
_LESS_MEMORY = (
    "go on from what is saved with fewer such processes: "
    "roadfcn train --resume {run} data.workers=0 (or trainer.batch_size smaller in a new run)"
)
_LESS_FROM_THE_START = "start again with fewer such processes: data.workers=0"


class FrameLoader(DataLoader[Any]):
    """Batches of frames, or of their stored features, read by this process or by others.

    Args:
        frames: Where they come from.
        batches: Lists of indices, or of turns; an epoch's when iterated.
        workers: Processes that read; none if 0.
    """

    def __init__(
        self, frames: Frames, batches: Iterable[list[int]] | Iterable[list[Turn]], *, workers: int
    ) -> None:
        join = frames.collate if isinstance(frames, FeatureFrames) else collate
        super().__init__(
            _Outcomes(frames),
            batch_sampler=batches,
            num_workers=workers,
            collate_fn=partial(_unless_failed, join),
            pin_memory=torch.cuda.is_available(),
            persistent_workers=workers > 0,
            # Else each pass would draw a number from the state that dropout draws from, and a
            # resumed run makes other passes than one that was not interrupted.
            generator=torch.Generator(),
        )

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        """Give the batches: `frames.Batch`, or `FeatureBatch` of stored features.

        Raises:
            ImageFileError, MaskError: A frame cannot be read, by whichever process.
            TrainingError: Stored features are gone or damaged.
        """
        for outcome in super().__iter__():
            if isinstance(outcome, RoadfcnError):
                raise outcome
            yield outcome


class _Outcomes(Dataset[Any]):
    """Frames, or what was wrong with them."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - as the frames have it
        try:
            return self.frames[index]
        except RoadfcnError as problem:
            return problem


def _unless_failed(
    join: Callable[[list[Any]], Batch | FeatureBatch], outcomes: list[Any]
) -> Batch | FeatureBatch | RoadfcnError:
    for outcome in outcomes:
        if isinstance(outcome, RoadfcnError):
            return outcome
    return join(outcomes)


@contextmanager
def explaining_dead_loaders(run: Callable[[], Path | None]) -> Iterator[None]:
    """Say in plain words that a loader process has died: torch tells of it wherever we are then.

    Args:
        run: Gives the run folder, to go on in; None where nothing is left to go on with.

    Raises:
        TrainingError: One has.
    """
    try:
        yield
    except RuntimeError as problem:
        # What ended it stands in the message, or in that of the error before.
        explained = _explain(f"{problem.__cause__} {problem}", run)
        if explained is None:
            raise
        raise explained from problem


def _explain(text: str, run: Callable[[], Path | None]) -> TrainingError | None:
    """Give the error for torch's message about a dead loader process; None for another message."""
    killed, gone = _KILLED.search(text), _GONE.search(text)
    if killed is None and gone is None:
        return None
    folder = run()
    less_memory = (
        _LESS_FROM_THE_START
        if folder is None
        else _LESS_MEMORY.format(run=shlex.quote(str(folder)))
    )
    allowed = "processes that read frames, alive until the end of the run"
    if killed is None:
        assert gone is not None
        found = f"a process that reads frames (pid {gone[1]}) has ended without a word"
        return TrainingError(found, allowed=allowed, do=less_memory)
    found = f"a process that reads frames (pid {killed[1]}) was killed by the signal '{killed[2]}'"
    if killed[2] == "Bus error":
        return TrainingError(
            f"{found}: shared memory (/dev/shm) has run out",
            allowed=allowed,
            do=f"give a container more of it (docker run --shm-size=2g); or {less_memory}",
        )
    if killed[2] == "Killed":
        found += ", as systems do that run out of memory ('dmesg' tells)"
    return TrainingError(found, allowed=allowed, do=less_memory)
