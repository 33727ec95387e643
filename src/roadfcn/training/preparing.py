"""The run folder before the first step: made and described, or brought back to its checkpoint."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from roadfcn.output_files import remove_leftovers
from roadfcn.training.collectives import is_first_process
from roadfcn.training.config import TrainingConfig
from roadfcn.training.config_files import read_config, write_config
from roadfcn.training.curves import cut_curves
from roadfcn.training.frames import TrainingFrames
from roadfcn.training.memory_check import MemoryNeed
from roadfcn.training.resuming import Past
from roadfcn.training.run_folder import (
    CONFIG_FILE,
    ENVIRONMENT_FILE,
    TENSORBOARD_FOLDER,
    held,
    new_run_folder,
    start_over,
    write_environment,
)


@contextmanager
def prepared_folder(
    config: TrainingConfig,
    resume: Path | None,
    past: Past | None,
    frames: Mapping[str, TrainingFrames],
    memory: MemoryNeed,
    weights: dict[str, Any] | None,
    stack: ExitStack,
) -> Iterator[Path]:
    """Give the run folder; a new one is held until `stack` ends.

    A new one is taken away again if the preparations inside fail. Processes other than the first
    do nothing to it, and are told of a new one later.

    Args:
        config: The recipe.
        resume: The run folder to go on in, held already; None for a new one.
        past: What its checkpoint says, if it has one.
        frames: Of each split.
        memory: What the run takes.
        weights: What it started from, JSON-ready.
        stack: Ends with the run.

    Raises:
        OutputError: The folder cannot be written.
    """
    if not is_first_process():
        yield resume or config.runs
        return
    if resume is not None:
        _tidy(resume, config, past, frames, memory, weights)
        yield resume
        return
    run = new_run_folder(config.runs, config.name)
    stack.enter_context(held(run))
    try:
        _describe_run(run, config, frames, memory, weights)
        yield run
    except BaseException:  # Ctrl-C too
        shutil.rmtree(run, ignore_errors=True)
        raise


def _tidy(
    run: Path,
    config: TrainingConfig,
    past: Past | None,
    frames: Mapping[str, TrainingFrames],
    memory: MemoryNeed,
    weights: dict[str, Any] | None,
) -> None:
    """Bring a run folder to the state in which its checkpoint was saved."""
    remove_leftovers(run)
    if past is None:
        start_over(run)
        _describe_run(run, config, frames, memory, weights)
    else:
        cut_curves(run / TENSORBOARD_FOLDER, past.facts["curves"])
        if read_config(run / CONFIG_FILE) != config:
            write_config(run / CONFIG_FILE, config)


def _describe_run(
    run: Path,
    config: TrainingConfig,
    frames: Mapping[str, TrainingFrames],
    memory: MemoryNeed,
    weights: dict[str, Any] | None,
) -> None:
    """Write the recipe and the circumstances."""
    write_config(run / CONFIG_FILE, config)
    facts = {
        "data": {
            split: {
                "layout": opened.dataset.name,
                "root": str(opened.dataset.root.resolve()),
                "split": opened.dataset.split,
                "frames": len(opened),
                "split_sha256": opened.dataset.split_hash,
                "cached": opened.is_cached,
            }
            for split, opened in frames.items()
        },
        "weights": weights,
        "memory": memory.to_dict(),
    }
    write_environment(run / ENVIRONMENT_FILE, facts)
