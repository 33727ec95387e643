"""train(config): a recipe in, a run folder with the best model and its scores out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, Trainer, seed_everything

from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.evaluation.evaluate import Evaluation
from roadfcn.input_format import InputFormat
from roadfcn.models.fcn import FCN
from roadfcn.output_files import check_writable, remove_leftovers
from roadfcn.training.assembly.assembly import make_callbacks, make_module, make_trainer
from roadfcn.training.assembly.known_drives import drives_warning
from roadfcn.training.assembly.opening_frames import open_evaluation_split, open_frames
from roadfcn.training.assembly.starting import open_weights, start
from roadfcn.training.assembly.teaching import check_teacher, describe_teacher
from roadfcn.training.batches.data import RoadData
from roadfcn.training.features.encoder_features import (
    encoder_features,
    take_encoder,
)
from roadfcn.training.features.feature_making import FeatureMaker
from roadfcn.training.frames.dealing import check_shares
from roadfcn.training.frames.frames import TrainingFrames
from roadfcn.training.frames.mixture import Mixture
from roadfcn.training.memory.freed_memory import KEPT_TAKES, keep_freed_memory
from roadfcn.training.memory.memory_check import MemoryNeed, memory_need
from roadfcn.training.processes.collectives import is_first_process
from roadfcn.training.processes.interruption import Interruption, interruptible
from roadfcn.training.processes.process_guard import ending_together
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.reporting.callbacks import BestModel
from roadfcn.training.reporting.curves import Curves, quiet_writer_thread
from roadfcn.training.run_folder import (
    ENVIRONMENT_FILE,
    LAST_CHECKPOINT,
    TENSORBOARD_FOLDER,
    check_resumable,
    held,
)
from roadfcn.training.runs.lightning_messages import quiet_lightning
from roadfcn.training.runs.listeners import Listeners
from roadfcn.training.runs.preparing import circumstances, model_card, prepared_folder
from roadfcn.training.runs.restoring import Restoring, telling_how_to_go_on
from roadfcn.training.runs.scoring import score_run
from roadfcn.training.saving.environment import changed_environment
from roadfcn.training.saving.last_checkpoint import LastCheckpoint, StopBetweenSteps
from roadfcn.training.saving.resuming import Past, frame_digests, past_of
from roadfcn.training.steps.finiteness import telling_what_is_left
from roadfcn.training.steps.module import RoadModule
from roadfcn.transfer.pretrained import Pretrained


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
        was_finished: Whether nothing was left to train: the run was only scored.
    """

    run: Path
    best_iou: float
    best_epoch: int
    evaluation: Evaluation | None
    was_finished: bool = False


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
        DatasetError, ImageFileError, MaskError, CalibrationError: The data cannot be read.
        TrainingError: The loss is not finite, or the checkpoint to resume from cannot be used.
        OutputError: The run folder cannot be written; what it held before is still whole.
        TrainingInterrupted: A signal came; a `KeyboardInterrupt` that names the run, if there is
            one already.
    """
    listeners = listeners if listeners is not None and is_first_process() else Listeners()
    interruption = Interruption(listeners.stopping)
    with interruptible(interruption, tells=is_first_process()), ExitStack() as stack:
        if resume is not None:
            check_resumable(resume)
            interruption.run = resume
            if is_first_process():  # before anything is read that another process may change
                stack.enter_context(held(resume))
        return _train(config, resume, listeners, callbacks, interruption, stack)


def _train(
    config: TrainingConfig,
    resume: Path | None,
    listeners: Listeners,
    callbacks: Sequence[Callback],
    interruption: Interruption,
    stack: ExitStack,
) -> TrainingResult:
    """Train, or score what has nothing left to train; `stack` holds the run folder."""
    past = None if resume is None else past_of(resume, config)
    if resume is None and is_first_process():
        check_writable(config.runs / config.name)  # before frames are read, which takes a while
    judged_on = open_evaluation_split(config)  # now: an hour later is late for a mistake
    # The run folder holds all weights, and what was noted down about those it started from.
    weights = open_weights(config, listeners.fetching) if past is None else None
    if past is None or not past.is_finished(config):
        _look_at_origins(config, judged_on, weights, listeners)
    seed_everything(config.seed, workers=True, verbose=False)
    train_frames, val_frames, facts = _open(config, past, listeners)
    if past is not None and past.is_finished(config):
        return _score_finished(past, judged_on, listeners)
    if past is not None:
        _warn_of_changes(past, listeners)
    module, facts["weights"] = _network(config, train_frames, past, weights, listeners)
    facts["teacher"] = None if module.distillation is None else module.distillation.digest
    if past is not None:
        past.check_teacher(facts["teacher"])
    memory = memory_need(config, module, train_frames, val_frames)
    teacher = describe_teacher(config, module.distillation)
    _tell_and_use(memory, teacher, listeners)
    sets = _sets(train_frames, val_frames)
    described = circumstances(sets, memory, facts["weights"], teacher)
    card = model_card(config, module, train_frames, facts["weights"], teacher)
    with quiet_lightning(), quiet_writer_thread():
        with prepared_folder(config, resume, past, described, interruption, stack) as run:
            best = BestModel(run, card)
            curves = Curves(run / TENSORBOARD_FOLDER)
            last = LastCheckpoint(run, curves, facts, interruption)
            own = make_callbacks(config, run, curves, val_frames, listeners.training)
            checkpoint = None if past is None else run / LAST_CHECKPOINT
            restoring = Restoring(checkpoint)
            parts = [StopBetweenSteps(last), best, *own, *callbacks, restoring, last]
            trainer = make_trainer(config, run, curves, parts)
            check_shares(trainer.world_size, train_frames.main, val_frames)
            if past is not None:
                past.check_processes(trainer.world_size)
            if checkpoint is not None and config.data.encoder_features:
                take_encoder(module, checkpoint)
            data = _data(config, module, trainer, train_frames, val_frames, facts, listeners)
        if listeners.starting is not None:
            listeners.starting(run)
        with (
            ending_together(trainer, lambda: best.path.parent),
            telling_how_to_go_on(run),
            telling_what_is_left(lambda: best.path.parent),
        ):
            with restoring.watch():
                trainer.fit(module, data, ckpt_path=checkpoint, weights_only=True)
            evaluation = score_run(run, judged_on, listeners.scoring)
    return TrainingResult(best.path.parent, best.best, best.best_epoch, evaluation)


def _look_at_origins(
    config: TrainingConfig,
    judged_on: FilePairDataset,
    weights: Pretrained | None,
    listeners: Listeners,
) -> None:
    """Refuse a teacher that cannot be used, and warn of models that know too much."""
    teacher = check_teacher(config, judged_on.label_set)
    origins = {} if weights is None else {f"{config.weights}, the start,": weights.provenance}
    if teacher is not None:
        origins[f"{config.distillation.teacher}, the teacher,"] = teacher.provenance
    warning = drives_warning(config, judged_on.name, origins)
    if warning and listeners.warning is not None:
        listeners.warning(warning)


def _network(
    config: TrainingConfig,
    frames: Mixture,
    past: Past | None,
    weights: Pretrained | None,
    listeners: Listeners,
) -> tuple[RoadModule, dict[str, Any] | None]:
    """Build the network, from its weights if it has any, and give what is noted down of these."""
    noted = None if past is None else past.facts["weights"]
    input_format = None if noted is None else InputFormat.from_dict(noted["input_format"])
    if weights is None:
        return make_module(config, frames, input_format), noted
    module = make_module(config, frames, weights.input_format)
    return module, _start(config, module, weights, listeners)


def _data(
    config: TrainingConfig,
    module: RoadModule,
    trainer: Trainer,
    train_frames: Mixture,
    val_frames: TrainingFrames,
    facts: dict[str, Any],
    listeners: Listeners,
) -> RoadData:
    """Give the loaders, and compute before what the encoder says of frames, if that is wanted."""
    features = None
    if config.data.encoder_features:
        features = encoder_features(config, module, train_frames, val_frames, facts["data"])
        if listeners.features is not None:
            listeners.features(features)
        maker = FeatureMaker(
            module,
            trainer,
            batch_size=config.trainer.batch_size,
            workers=config.data.workers,
            progress=listeners.encoding,
        )
        maker.make(features, train_frames, val_frames)
    return RoadData(
        train_frames,
        val_frames,
        batch_size=config.trainer.batch_size,
        workers=config.data.workers,
        seed=config.seed,
        features=None if features is None else features.frames(),
    )


def _tell_and_use(memory: MemoryNeed, teacher: dict[str, Any] | None, listeners: Listeners) -> None:
    if teacher is not None and listeners.teacher is not None:
        listeners.teacher(teacher)
    if listeners.memory is not None:
        listeners.memory(memory)
    if memory.place == "in memory" and memory.total * KEPT_TAKES <= memory.free:
        keep_freed_memory()


def _open(
    config: TrainingConfig, past: Past | None, listeners: Listeners
) -> tuple[Mixture, TrainingFrames, dict[str, Any]]:
    """Open the frames to learn from and to validate on; give what the run is made of, too."""
    train_frames, val_frames = open_frames(config, listeners.reading)
    sets = _sets(train_frames, val_frames)
    digests = {name: frame_digests(frames.dataset) for name, frames in sets.items()}
    if past is not None:
        past.check_data(digests)
    return train_frames, val_frames, {"recipe": config.model_dump(mode="json"), "data": digests}


def _sets(train_frames: Mixture, val_frames: TrainingFrames) -> dict[str, TrainingFrames]:
    """Give all sets of frames by what they are called in a run's files."""
    main, *further = train_frames.parts
    named = {f"also {number}": frames for number, frames in enumerate(further)}
    return {"train": main, "val": val_frames, **named}


def _warn_of_changes(past: Past, listeners: Listeners) -> None:
    if listeners.warning is not None:
        changes = changed_environment(past.run / ENVIRONMENT_FILE)
        if changes:
            listeners.warning(changes)


def _start(
    config: TrainingConfig, module: RoadModule, weights: Pretrained, listeners: Listeners
) -> dict[str, Any]:
    """Start the network from its weights, and give what is noted down about that."""
    assert isinstance(module.model, FCN)
    started = start(str(config.weights), module.model, weights, module.label_set)
    if listeners.weights is not None:
        listeners.weights(started)
    return started.to_dict()


def _score_finished(past: Past, dataset: FilePairDataset, listeners: Listeners) -> TrainingResult:
    """Score the best model of a run that has nothing left to train."""
    evaluation = None
    if is_first_process():
        remove_leftovers(past.run)
        evaluation = score_run(past.run, dataset, listeners.scoring)
    return TrainingResult(past.run, past.best, past.best_epoch, evaluation, was_finished=True)
