"""From a recipe to the parts of a run: network with loss and optimizer, trainer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

import torch
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor
from torch import nn
from torch.optim import Optimizer

from roadfcn.backends.torch_device import bfloat16_is_fast
from roadfcn.errors import ConfigError
from roadfcn.input_format import InputFormat
from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.training.assembly.memory_format import arrange
from roadfcn.training.assembly.starting import INPUT_FORMATS
from roadfcn.training.assembly.teaching import open_teacher
from roadfcn.training.frames.frames import TrainingFrames
from roadfcn.training.frames.mixture import Mixture
from roadfcn.training.optimizers.muon import split_groups
from roadfcn.training.optimizers.optimization import (
    freeze,
    lr_factor,
    make_optimizer,
    parameter_groups,
)
from roadfcn.training.recipes.config import TrainerConfig, TrainingConfig
from roadfcn.training.reporting.callbacks import (
    Report,
    SampleOverlays,
    TrainingProgress,
)
from roadfcn.training.reporting.curves import Curves
from roadfcn.training.reporting.epoch_table import EpochTable
from roadfcn.training.saving.lightning_io import AtomicCheckpointIO
from roadfcn.training.steps.augmentation import PRESETS
from roadfcn.training.steps.class_weights import class_weights
from roadfcn.training.steps.deep_supervision import DeepSupervision
from roadfcn.training.steps.losses import PixelCrossEntropy
from roadfcn.training.steps.module import MONITOR, RoadModule

Precision = Literal["32-true", "bf16-mixed", "16-mixed", "64-true"]


def _input_format(config: TrainingConfig, of_weights: InputFormat | None = None) -> InputFormat:
    wanted = of_weights or INPUT_FORMATS[config.model.input_format or "imagenet-rgb"]
    return dataclasses.replace(wanted, size=config.data.size, max_pixels=config.data.max_pixels)


def make_module(
    config: TrainingConfig, frames: Mixture, input_format: InputFormat | None = None
) -> RoadModule:
    """Build the network with its loss, its changes of frames and its optimizer.

    Args:
        config: The recipe.
        frames: To learn from.
        input_format: Of the weights that the network starts from; the recipe's if None.

    Raises:
        ConfigError: The recipe does not fit the network or the classes.
        ModelFileError: The teacher cannot be read.
    """
    architecture = named_architecture(
        config.model.name, len(frames.label_set), config.model.changes()
    )
    weights = class_weights(config.loss.class_weights, frames)
    model = build_fcn(architecture)
    arrange(model, config)
    schedule = config.schedule
    return RoadModule(
        model,
        loss=PixelCrossEntropy(
            None if weights is None else torch.from_numpy(weights),
            reduction=config.loss.reduction,
            label_smoothing=config.loss.label_smoothing,
        ),
        label_set=frames.label_set,
        input_format=_input_format(config, input_format),
        augmentation=dataclasses.replace(
            PRESETS[config.augmentation.preset], **config.augmentation.changes()
        ),
        optimizer=partial(_optimizer, config),
        lr_factor=lambda steps: lr_factor(
            schedule.name,
            total_steps=steps,
            warmup=schedule.warmup,
            power=schedule.power,
            gamma=schedule.gamma,
            milestones=schedule.milestones,
        ),
        seed=config.seed,
        frozen=freeze(model, config.optimizer.frozen),
        frame_names=frames.names,
        supervision=_supervision(config, model),
        distillation=open_teacher(config, frames.label_set),
    )


def _supervision(config: TrainingConfig, model: FCN) -> DeepSupervision | None:
    weight = config.loss.deep_supervision
    if not weight:
        return None
    supervision = DeepSupervision(model, weight)
    arrange(supervision, config)
    return supervision


def _optimizer(config: TrainingConfig, model: nn.Module) -> Optimizer:
    settings = config.optimizer
    groups = parameter_groups(
        model,
        lr=settings.lr,
        weight_decay=settings.weight_decay,
        encoder_lr_factor=settings.encoder_lr_factor,
        head_lr_factor=settings.head_lr_factor,
        encoder_decay_factor=settings.encoder_decay_factor,
        head_decay_factor=settings.head_decay_factor,
        bias_lr_factor=settings.bias_lr_factor,
        decay_biases=settings.decay_biases,
    )
    if settings.name == "muon":
        groups = split_groups(model, groups)
    fused = config.trainer.fused
    return make_optimizer(
        groups,
        name=settings.name,
        lr=settings.lr,
        momentum=settings.momentum,
        betas=settings.betas,
        eps=settings.eps,
        fused=next(model.parameters()).device.type in ("cpu", "cuda") if fused == "auto" else fused,
    )


def make_callbacks(
    config: TrainingConfig,
    run: Path,
    curves: Curves,
    val: TrainingFrames,
    listener: Callable[[TrainingProgress], None] | None,
) -> list[Callback]:
    """Build what happens beside the steps, in the order in which it happens.

    `LastCheckpoint` is not among them: it comes after everything that has a state to save. Frames
    to validate on, `val`, are drawn now and then.
    """
    settings = config.trainer
    callbacks: list[Callback] = [
        EpochTable(run, curves),
        LearningRateMonitor(logging_interval="step"),
    ]
    if settings.early_stopping is not None:
        callbacks.append(
            EarlyStopping(
                MONITOR,
                mode="max",
                patience=settings.early_stopping,
                strict=False,
                # At an epoch's end it would count after the checkpoint is saved.
                check_on_train_epoch_end=False,
            )
        )
    if settings.sample_overlays:
        callbacks.append(SampleOverlays(curves, settings.sample_overlays, val))
    if listener is not None:
        callbacks.append(Report(listener))
    return callbacks


def make_trainer(
    config: TrainingConfig, run: Path, curves: Curves, callbacks: list[Callback]
) -> Trainer:
    """Build Lightning's trainer for a run folder.

    Raises:
        ConfigError: This machine has no such device, or strategy and devices exclude each other.
    """
    settings = config.trainer
    devices = settings.devices
    if settings.sync_batchnorm and not _computes_on_gpu(settings):
        raise ConfigError(
            "trainer.sync_batchnorm does not work on the CPU: PyTorch has it for GPUs only",
            allowed="trainer.sync_batchnorm=true on GPUs",
            do="set trainer.sync_batchnorm=false",
        )
    try:
        return Trainer(
            accelerator=settings.accelerator,
            devices=list(devices) if isinstance(devices, tuple) else devices,
            num_nodes=settings.num_nodes,
            strategy=settings.strategy,
            precision=precision(config),
            max_epochs=settings.epochs,
            max_steps=settings.max_steps or -1,
            accumulate_grad_batches=settings.accumulate,
            gradient_clip_val=settings.clip_norm,
            check_val_every_n_epoch=min(settings.validate_every, settings.epochs),
            sync_batchnorm=settings.sync_batchnorm,
            logger=curves,
            callbacks=callbacks,
            plugins=[AtomicCheckpointIO(), *_cluster()],
            default_root_dir=run,
            num_sanity_val_steps=0,
            log_every_n_steps=10,
            use_distributed_sampler=False,  # `RoadData` deals the frames out itself
            enable_checkpointing=False,  # `BestModel` and `LastCheckpoint` do it
            enable_progress_bar=False,
            enable_model_summary=False,
        )
    except (MisconfigurationException, ModuleNotFoundError, ValueError) as problem:
        raise ConfigError(
            f"the trainer settings do not fit this machine: {problem}",
            allowed="devices that 'roadfcn doctor' lists",
            do="correct trainer.accelerator, devices, num_nodes or strategy",
        ) from problem


def _cluster() -> list[SLURMEnvironment]:
    """Keep Lightning from saving and queueing Slurm jobs itself: `Interruption` hears signals."""
    return [SLURMEnvironment(auto_requeue=False)] if SLURMEnvironment.detect() else []


def processes_here(settings: TrainerConfig) -> int:
    """Give how many processes of this run share this machine's memory."""
    devices = settings.devices
    if isinstance(devices, tuple):
        return len(devices)
    if str(devices).isdigit():
        return max(1, int(devices))
    wants_gpu = settings.accelerator in ("auto", "gpu", "cuda")
    return max(1, torch.cuda.device_count()) if wants_gpu else 1


def _computes_on_gpu(settings: TrainerConfig) -> bool:
    return settings.accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()


def precision(config: TrainingConfig) -> Precision:
    """Give Lightning's name of the precision; "auto" is bf16 where the device is fast at it."""
    settings = config.trainer
    if settings.precision != "auto":
        return settings.precision
    device = torch.device("cuda" if _computes_on_gpu(settings) else "cpu")
    usable = settings.accelerator in ("auto", "gpu", "cuda", "cpu")
    return "bf16-mixed" if usable and bfloat16_is_fast(device) else "32-true"
