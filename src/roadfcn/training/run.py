"""train(config): a recipe in, a run folder with the best model and its scores out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lightning.pytorch import Callback, seed_everything
from lightning_utilities.core.rank_zero import rank_zero_only

from roadfcn import __version__
from roadfcn.backends.opening import open_backend
from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import ConfigError, RoadfcnError
from roadfcn.evaluation.evaluate import Evaluation, evaluate
from roadfcn.model_card import ModelCard
from roadfcn.models.fcn import FCN
from roadfcn.prediction.predictor import Predictor
from roadfcn.training.assembly import make_callbacks, make_module, make_trainer, open_frames
from roadfcn.training.callbacks import (
    BEST_MODEL,
    BestModel,
    LastCheckpoint,
    TrainingProgress,
)
from roadfcn.training.config import TrainingConfig
from roadfcn.training.config_files import write_config
from roadfcn.training.curves import Curves, quiet_writer_thread
from roadfcn.training.data import RoadData
from roadfcn.training.frames import TrainingFrames
from roadfcn.training.interruption import interruptible
from roadfcn.training.lightning_messages import quiet_lightning
from roadfcn.training.loading import explaining_dead_loaders
from roadfcn.training.module import RoadModule
from roadfcn.training.process_guard import ending_together
from roadfcn.training.run_folder import (
    CONFIG_FILE,
    ENVIRONMENT_FILE,
    check_resumable,
    new_run_folder,
    write_environment,
)

EVALUATION_FOLDER = "evaluation"
TENSORBOARD_FOLDER = "tensorboard"


@dataclass(frozen=True)
class Listeners:
    """Who wants to know: called while frames are read, steps are made and the model is scored."""

    reading: Callable[[int, int], None] | None = None
    training: Callable[[TrainingProgress], None] | None = None
    scoring: Callable[[int, int], None] | None = None


@dataclass(frozen=True)
class TrainingResult:
    """What a run leaves.

    Args:
        run: The run folder.
        best_iou: The validation score that the best model was chosen by, 0..1; minus infinity
            if the run was never validated.
        best_epoch: The epoch it was reached in, from 0; -1 if there was no validation.
        evaluation: The best model's scores on the evaluation split, also in the run folder;
            None on all processes but the first.
    """

    run: Path
    best_iou: float
    best_epoch: int
    evaluation: Evaluation | None


def train(
    config: TrainingConfig,
    *,
    resume: Path | None = None,
    listeners: Listeners | None = None,
    callbacks: Sequence[Callback] = (),
) -> TrainingResult:
    """Train a network by a recipe, keep the best model, and score it.

    Args:
        config: The recipe; when resuming, the one in the run folder.
        resume: A run folder to go on in.
        listeners: Who is told about progress.
        callbacks: More of Lightning's callbacks, called after our own.

    Raises:
        ConfigError: The recipe does not fit the data or the machine.
        DatasetError, ImageFileError, MaskError: The data cannot be read.
        TrainingError: The loss is not finite, or the checkpoint to resume from cannot be used.
        OutputError: The run folder cannot be written; what it held before is still whole.
        TrainingInterrupted: Ctrl-C was pressed; a `KeyboardInterrupt` that names the run.
    """
    listeners = listeners if listeners is not None and _is_first_process() else Listeners()
    seed_everything(config.seed, workers=True, verbose=False)
    train_frames, val_frames = open_frames(config, listeners.reading)
    checkpoint = None
    if resume is not None:
        checkpoint = check_resumable(resume, _split_hashes(train_frames, val_frames))
    judged_on = _open_evaluation_split(config)  # now: an hour later is late for a mistake
    module = make_module(config, train_frames)
    data = RoadData(
        train_frames,
        val_frames,
        batch_size=config.trainer.batch_size,
        workers=config.data.workers,
        seed=config.seed,
    )
    with quiet_lightning(), quiet_writer_thread():
        with _run_folder(config, resume, train_frames, val_frames) as run:
            best = BestModel(run, _card(config, module, train_frames))
            curves = Curves(run / TENSORBOARD_FOLDER)
            own = make_callbacks(config, run, curves, listeners.training)
            trainer = make_trainer(
                config, run, curves, [best, *own, *callbacks, LastCheckpoint(run)]
            )
            _check_shares(trainer.world_size, train_frames, val_frames)
        with (
            interruptible(run),
            ending_together(trainer, lambda: best.path.parent),
            explaining_dead_loaders(),
        ):
            trainer.fit(module, data, ckpt_path=checkpoint, weights_only=True)
            evaluation = None
            if trainer.is_global_zero:
                evaluation = _score(judged_on, run, listeners.scoring)
    return TrainingResult(best.path.parent, best.best, best.best_epoch, evaluation)


@contextmanager
def _run_folder(
    config: TrainingConfig, resume: Path | None, train: TrainingFrames, val: TrainingFrames
) -> Iterator[Path]:
    """Give the run folder. A new one is taken away again if the preparations inside fail."""
    if resume is not None or not _is_first_process():
        yield resume or config.runs
        return
    run = new_run_folder(config.runs, config.name)
    try:
        _describe_run(run, config, train, val)
        yield run
    except RoadfcnError:
        shutil.rmtree(run, ignore_errors=True)
        raise


def _split_hashes(train: TrainingFrames, val: TrainingFrames) -> dict[str, str]:
    return {"train": train.dataset.split_hash, "val": val.dataset.split_hash}


def _describe_run(
    run: Path, config: TrainingConfig, train: TrainingFrames, val: TrainingFrames
) -> None:
    """Write the recipe and the circumstances."""
    write_config(run / CONFIG_FILE, config)
    facts = {
        "data": {
            split: {
                "layout": frames.dataset.name,
                "root": str(frames.dataset.root.resolve()),
                "split": frames.dataset.split,
                "frames": len(frames),
                "split_sha256": frames.dataset.split_hash,
                "cached": frames.is_cached,
            }
            for split, frames in (("train", train), ("val", val))
        }
    }
    write_environment(run / ENVIRONMENT_FILE, facts)


def _check_shares(processes: int, *shared: TrainingFrames) -> None:
    """See to it that every process gets frames: one without would leave the others waiting."""
    for frames in shared:
        if len(frames) < processes:
            raise ConfigError(
                f"the split '{frames.dataset.split}' has {len(frames)} frames for {processes} "
                "processes",
                allowed="at least one frame for each process",
                do=f"set trainer.devices to at most {len(frames)}, or take a larger split",
            )


def _is_first_process() -> bool:
    """Whether this process is the one that writes and reports; known before any trainer is.

    Launchers number the processes; where Lightning launches those of each machine itself, the
    first process of a machine has no number yet, but its machine has.
    """
    machine = os.environ.get("NODE_RANK", "0") if "RANK" not in os.environ else "0"
    return getattr(rank_zero_only, "rank", 0) == 0 and machine == "0"


def _card(config: TrainingConfig, module: RoadModule, frames: TrainingFrames) -> ModelCard:
    assert isinstance(module.model, FCN)
    return ModelCard(
        architecture=module.model.architecture.to_dict(),
        label_set=module.label_set,
        input_format=module.input_format,
        provenance={
            "roadfcn": __version__,
            "recipe": config.model_dump(mode="json"),
            "data": frames.dataset.name,
            "split": frames.dataset.split,
            "split_sha256": frames.dataset.split_hash,
        },
        licence="Weights follow the terms of the data they were trained on.",
    )


def _open_evaluation_split(config: TrainingConfig) -> FilePairDataset:
    data = config.data
    return open_dataset(
        data.path,
        data.evaluate_split or data.val_split,
        layout=data.layout,
        target=data.target,
    )


def _score(
    dataset: FilePairDataset, run: Path, progress: Callable[[int, int], None] | None
) -> Evaluation:
    """Score the best model at the frames' own sizes, in the precision of `roadfcn evaluate`."""
    backend = open_backend(run / BEST_MODEL, precision="float32")
    evaluation = evaluate(Predictor(backend), dataset, progress)
    evaluation.save(run / EVALUATION_FOLDER)
    return evaluation
