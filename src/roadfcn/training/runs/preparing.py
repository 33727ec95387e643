"""The run folder before the first step: made and described, or brought back to its checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from roadfcn import __version__
from roadfcn.model_card import ModelCard
from roadfcn.models.fcn import FCN
from roadfcn.output_files import remove_leftovers
from roadfcn.training.frames.frames import TrainingFrames
from roadfcn.training.frames.mixture import Mixture
from roadfcn.training.memory.memory_check import MemoryNeed
from roadfcn.training.processes.collectives import is_first_process
from roadfcn.training.processes.interruption import Interruption
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.config_files import read_config, write_config
from roadfcn.training.reporting.curves import cut_curves
from roadfcn.training.run_folder import (
    CONFIG_FILE,
    ENVIRONMENT_FILE,
    TENSORBOARD_FOLDER,
    new_run_folder,
    start_over,
)
from roadfcn.training.saving.environment import write_environment
from roadfcn.training.saving.resuming import Past
from roadfcn.training.steps.module import RoadModule


@contextmanager
def prepared_folder(
    config: TrainingConfig,
    resume: Path | None,
    past: Past | None,
    facts: dict[str, Any],
    interruption: Interruption,
    stack: ExitStack,
) -> Iterator[Path]:
    """Give the run folder; a new one is held until `stack` ends.

    A new one is taken away again if the preparations inside fail, and one to go on in keeps its
    recipe. Processes other than the first
    do nothing to it, and are told of a new one later.

    Args:
        config: The recipe.
        resume: The run folder to go on in, held already; None for a new one.
        past: What its checkpoint says, if it has one.
        facts: What `environment.json` holds besides versions and hardware, see `circumstances`.
        interruption: Is told of a new folder.
        stack: Ends with the run.

    Raises:
        OutputError: The folder cannot be written.
    """
    if not is_first_process():
        yield resume or config.runs
        return

    def describe(folder: Path) -> None:
        write_config(folder / CONFIG_FILE, config)
        write_environment(folder / ENVIRONMENT_FILE, facts)

    if resume is None:
        with new_run_folder(config.runs, config.name, describe, stack) as run:
            interruption.run = run
            yield run
        return
    remove_leftovers(resume)
    if past is None:
        start_over(resume)
    else:
        cut_curves(resume / TENSORBOARD_FOLDER, past.facts["curves"])
    yield resume
    # Not before: settings that are refused inside must not be in the way of the next try.
    if past is None:
        describe(resume)
    elif read_config(resume / CONFIG_FILE) != config:
        write_config(resume / CONFIG_FILE, config)


def circumstances(
    frames: Mapping[str, TrainingFrames],
    memory: MemoryNeed,
    weights: dict[str, Any] | None,
    teacher: dict[str, Any] | None,
) -> dict[str, Any]:
    """Give what is written down about data, weights to start from, teacher and memory; JSON-ready.

    Args:
        frames: Of each split and further set.
        memory: What the run takes.
        weights: What it started from, JSON-ready.
        teacher: What it learned from beside the truth, JSON-ready.
    """
    data = {
        split: {
            "layout": opened.dataset.name,
            "root": str(opened.dataset.root.resolve()),
            "split": opened.dataset.split,
            "frames": len(opened),
            "split_sha256": opened.dataset.split_hash,
            "cached": opened.is_cached,
        }
        for split, opened in frames.items()
    }
    return {"data": data, "weights": weights, "teacher": teacher, "memory": memory.to_dict()}


def model_card(
    config: TrainingConfig,
    module: RoadModule,
    frames: Mixture,
    weights: dict[str, Any] | None,
    teacher: dict[str, Any] | None,
) -> ModelCard:
    """Give the card that the run's models get, without scores.

    Args:
        config: The recipe.
        module: The network.
        frames: To learn from.
        weights: What the network started from, JSON-ready.
        teacher: What it learned from beside the truth, JSON-ready.
    """
    assert isinstance(module.model, FCN)
    dataset = frames.main.dataset
    return ModelCard(
        architecture=module.model.architecture.to_dict(),
        label_set=module.label_set,
        input_format=module.input_format,
        provenance={
            "roadfcn": __version__,
            "recipe": config.model_dump(mode="json"),
            "data": dataset.name,
            "origin": dataset.origin,
            "split": dataset.split,
            "split_sha256": dataset.split_hash,
            "held_out_drives": list(config.data.held_out_drives),
            "also": frames.describe_further(),
            "weights": weights,
            **({} if teacher is None else {"teacher": teacher}),
        },
        licence="Weights follow the terms of the data they were trained on"
        + (", and of the weights they started from" if weights else "")
        + (", and of their teacher" if teacher else "")
        + ".",
    )
