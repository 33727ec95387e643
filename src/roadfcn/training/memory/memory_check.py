"""Tells before the first step whether a run fits into memory, and what would make it fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from math import ceil
from typing import Any

import torch
from torch import Tensor, nn

from roadfcn.errors import ConfigError
from roadfcn.machine import read_memory
from roadfcn.training.assembly.assembly import precision, processes_here
from roadfcn.training.batches.data import loader_workers
from roadfcn.training.frames.frames import TrainingFrames
from roadfcn.training.frames.mixture import Mixture
from roadfcn.training.memory.memory import Size, StepMemory, prediction_memory, step_memory
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.steps.deep_supervision import DeepSupervision
from roadfcn.training.steps.distillation import STEP
from roadfcn.training.steps.losses import at_least_float32
from roadfcn.training.steps.module import RoadModule

_FRAME_BYTES_PER_PIXEL = 16  # as read, and in floating point
_CHANGED_BYTES_PER_PIXEL = 12  # in floating point, after the random changes
_LOADER_BYTES = 96 * 2**20  # a process that reads frames, beyond what it shares with its parent
_PROCESS_BYTES = 400 * 2**20  # the program itself, in each process after the first
_LOADERS = 2  # of training and validation frames, each with its own processes
_BATCHES_AHEAD = 2  # that each such process reads
_BATCH_BYTES_PER_PIXEL = 4
_GRID = 32  # pixels; the network pads to multiples of this anyway
_SMALLER = (0.75, 0.5, 0.375, 0.25, 0.125)


@dataclass(frozen=True)
class MemoryNeed:
    """What a run takes, in bytes, and what there is.

    Args:
        weights: Parameters with the optimizer's numbers for them, and a teacher's, of one process.
        step: Frames, activations, gradients and operators' scratch, of one process.
        loaders: Processes that read frames, and the batches they hold.
        copies: Of the program and of cached frames, for processes that are yet to start.
        processes: How many share the memory.
        free: What is free now.
        place: Whose memory it is.
    """

    weights: int
    step: int
    loaders: int
    copies: int
    processes: int
    free: int
    place: str

    @property
    def total(self) -> int:
        """All that the run takes of this memory."""
        return self.processes * (self.weights + self.step + self.loaders) + self.copies

    def __str__(self) -> str:
        each = f" in each of {self.processes} processes" if self.processes > 1 else ""
        return (
            f"about {_gib(self.total)} GiB for training (weights {_gib(self.weights)}, "
            f"step {_gib(self.step)}{each}), {_gib(self.free)} GiB free {self.place}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Give it for a JSON file."""
        return {**asdict(self), "total": self.total}


def memory_need(
    config: TrainingConfig, module: RoadModule, train: Mixture, val: TrainingFrames
) -> MemoryNeed:
    """Find out what a run takes, and check it against what there is.

    Args:
        config: The recipe.
        module: Network, loss and changes of frames.
        train: Frames to learn from, in memory already if they are to be.
        val: Frames to validate on.

    Raises:
        ConfigError: It does not fit, and `trainer.check_memory` is on; names what would.
    """
    processes = processes_here(config.trainer)
    model, crop = module.model, module.augmentation.crop
    free, place = _free(config.trainer.accelerator, processes)
    on_processor = place == "in memory"
    frame = _largest(train)
    per_loader = _BATCHES_AHEAD * config.trainer.batch_size * _pixels(frame)
    workers = loader_workers(config.data.workers, cached=train.is_cached)
    loaders = _LOADERS * workers * (_LOADER_BYTES + per_loader * _BATCH_BYTES_PER_PIXEL)
    cached = sum(frames.cache_bytes() for frames in (*train.parts, val) if frames.is_cached)

    def need(batch_size: int, size: Size) -> MemoryNeed:
        found = _step(config, module, batch_size, size, processes)
        prepared = _FRAME_BYTES_PER_PIXEL * _pixels(frame) + _CHANGED_BYTES_PER_PIXEL * _pixels(
            size
        )
        validation = prediction_memory(model, size=_largest(val), precision=precision(config))
        taught = _opinion(config, module, batch_size, size)
        return MemoryNeed(
            weights=found.weights + _teacher_bytes(config, module),
            # The teacher is asked before the step, and all but its answer is free again then.
            step=max(max(found.step + found.scratch, taught) + batch_size * prepared, validation),
            loaders=loaders if on_processor else 0,
            copies=(processes - 1) * (cached + _PROCESS_BYTES) if on_processor else 0,
            processes=processes if on_processor else 1,
            free=free,
            place=place,
        )

    size = crop or frame
    whole = need(config.trainer.batch_size, size)
    if whole.total > free and config.trainer.check_memory:
        raise ConfigError(
            f"the run does not fit: {whole}",
            allowed="what is free, or less",
            do=f"{_way_out(config, need, size, cached if on_processor else 0)}; "
            "trainer.check_memory=false starts it anyway",
        )
    return whole


class _Supervised(nn.Module):
    """A network and its further scores as one module, whose result is all logits."""

    def __init__(self, model: nn.Module, supervision: DeepSupervision) -> None:
        super().__init__()
        self.model, self.supervision = model, supervision

    def forward(self, images: Tensor) -> list[Tensor]:
        logits: list[Tensor] = self.supervision(self.model, images)
        return logits


def _step(
    config: TrainingConfig, module: RoadModule, batch_size: int, size: Size, processes: int
) -> StepMemory:
    model, supervision = module.model, module.supervision
    return step_memory(
        model if supervision is None else _Supervised(model, supervision),
        partial(_loss, module),
        batch_size=batch_size,
        size=size,
        precision=precision(config),
        optimizer=config.optimizer.name,
        processes=processes * config.trainer.num_nodes,
    )


def _loss(module: RoadModule, found: Tensor | list[Tensor], masks: Tensor) -> Tensor:
    """Give the loss of a step, with a stand-in for what a teacher says."""
    total: Tensor
    if isinstance(found, Tensor):
        logits, total = found, module.loss(found, masks)
    else:
        assert module.supervision is not None
        logits, total = found[0], module.supervision.mean(found, masks, module.loss)
    if module.distillation is None:
        return total
    opinion = torch.zeros_like(at_least_float32(logits[..., ::STEP, ::STEP]), requires_grad=False)
    return total + module.distillation.sum(logits, opinion, masks, module.loss)


def _opinion(config: TrainingConfig, module: RoadModule, batch_size: int, size: Size) -> int:
    """Give the bytes that a batch takes in the teacher, beside its weights."""
    if module.distillation is None:
        return 0
    return prediction_memory(
        module.distillation.teacher,
        size=size,
        precision=precision(config),
        batch_size=batch_size,
    )


def _teacher_bytes(config: TrainingConfig, module: RoadModule) -> int:
    if module.distillation is None:
        return 0
    tensors: dict[str, Tensor] = module.distillation.teacher.state_dict()
    stored = sum(weights.nbytes for weights in tensors.values())
    return stored * 2 if precision(config) == "64-true" else stored


def _way_out(
    config: TrainingConfig, need: Callable[[int, Size], MemoryNeed], size: Size, cached: int
) -> str:
    """Name the mildest change that makes the run fit."""
    wanted = config.trainer.batch_size
    whole = need(wanted, size)
    if whole.total <= whole.free + cached:
        return "set data.cache=false"
    low, high = 0, wanted  # the largest that fits lies from `low` on and below `high`
    while high - low > 1:
        middle = (low + high) // 2
        fits = need(middle, size).total <= whole.free
        low, high = (middle, high) if fits else (low, middle)
    if low:
        parts = ceil(wanted / low)
        # Evenly, so that an update has the frames that were wanted, or hardly more.
        return (
            f"set trainer.batch_size={ceil(wanted / parts)} "
            f"trainer.accumulate={config.trainer.accumulate * parts}"
        )
    for share in _SMALLER:
        height, width = (max(_GRID, int(side * share) // _GRID * _GRID) for side in size)
        if need(1, (height, width)).total <= whole.free:
            return f"set trainer.batch_size=1 'augmentation.crop=[{height}, {width}]'"
    return "take a smaller network (model.name=slim), or a machine with more memory"


def _free(accelerator: str, processes: int) -> tuple[int, str]:
    """Give the free bytes that count, and whose they are."""
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        devices = range(min(processes, torch.cuda.device_count()))
        return min(torch.cuda.mem_get_info(device)[0] for device in devices), "on the GPU"
    return read_memory().available, "in memory"


def _largest(frames: Mixture | TrainingFrames) -> Size:
    heights, widths = zip(*frames.sizes(), strict=True)
    return max(heights), max(widths)


def _pixels(size: Size) -> int:
    return size[0] * size[1]


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f}"
