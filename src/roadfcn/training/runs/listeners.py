"""Who is told how a run goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadfcn.training.assembly.starting import Start
from roadfcn.training.features.encoder_features import EncoderFeatures
from roadfcn.training.memory.memory_check import MemoryNeed
from roadfcn.training.reporting.callbacks import TrainingProgress


@dataclass(frozen=True)
class Listeners:
    """Who wants to know: called while frames are read, steps are made and the model is scored.

    `fetching` is called with bytes so far and bytes in all, if these are known, and `weights` is
    told what the network starts from, `teacher` what it learns from beside the truth, as
    `assembly.teaching` describes it. `memory` is told what the run takes, and `starting` its
    folder, once, before it starts.
    `warning` is told, in one line, what a user may not expect of the result.
    `features` is told where what the encoder says of frames is kept, and `encoding` called while it
    is computed.
    `stopping` is called when a signal came: the run is going to stop after the step at hand.
    """

    fetching: Callable[[int, int | None], None] | None = None
    reading: Callable[[int, int], None] | None = None
    weights: Callable[[Start], None] | None = None
    teacher: Callable[[dict[str, Any]], None] | None = None
    memory: Callable[[MemoryNeed], None] | None = None
    features: Callable[[EncoderFeatures], None] | None = None
    encoding: Callable[[int, int], None] | None = None
    starting: Callable[[Path], None] | None = None
    training: Callable[[TrainingProgress], None] | None = None
    scoring: Callable[[int, int], None] | None = None
    warning: Callable[[str], None] | None = None
    stopping: Callable[[], None] | None = None
