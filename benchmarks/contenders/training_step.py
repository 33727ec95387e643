"""Steps of training, each way in its own process, from the same weights on the same batches."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contenders.surroundings import missing
from contenders.training_material import RECIPE, Material


@dataclass(frozen=True)
class Trainee:
    """A way to train.

    Args:
        way: "tensorflow", "eager", or a precision of `roadfcn train`.
        precision: What it computes in, for people: "float32" or "bfloat16".
        title: How it is called in tables.
    """

    way: str
    precision: str
    title: str


TENSORFLOW = Trainee("tensorflow", "float32", "TensorFlow")
EAGER = Trainee("eager", "float32", "PyTorch, as written first")
TRAINEES = (
    TENSORFLOW,
    EAGER,
    Trainee("32-true", "float32", "roadfcn train"),
    Trainee("bf16-mixed", "bfloat16", "roadfcn train"),
)


def trainees() -> list[Trainee]:
    """Give all that can be run here."""
    return [one for one in TRAINEES if one.way not in missing()]


@dataclass(frozen=True)
class Steps:
    """What came of some steps.

    Args:
        losses: The cross-entropy before each step.
        seconds: Of each step.
        peak_bytes: The most memory that the process has held.
    """

    losses: list[float]
    seconds: list[float]
    peak_bytes: int


class Training:
    """One way to train, to be asked in a `Worker`.

    Args:
        trainee: Which.
        material: What it starts from.
    """

    def __init__(self, trainee: Trainee, material: Material) -> None:
        self._trainee, self._material = trainee, material

    def steps(self) -> Steps:
        """Take a step with each batch."""
        way = self._trainee.way
        if way == TENSORFLOW.way:
            return _steps(*_tensorflow(self._material), self._material)
        if way == EAGER.way:
            return _steps(*_eager(self._material), self._material)
        return _roadfcn(self._material, way)


Feed = Callable[..., tuple[Any, Any]]
Step = Callable[[Any, Any], float]


def _steps(feed: Feed, step: Step, material: Material) -> Steps:
    """Time steps alone: pictures are where they are needed, in the form that is needed."""
    from roadfcn.machine import peak_memory_bytes

    losses, seconds = [], []
    for batch in [feed(*batch) for batch in material.batches()]:
        begin = time.perf_counter()
        losses.append(step(*batch))
        seconds.append(time.perf_counter() - begin)
    return Steps(losses, seconds, peak_memory_bytes())


def _tensorflow(material: Material) -> tuple[Feed, Step]:
    from contenders.tensorflow_training import TensorFlowTraining
    from roadfcn.machine import usable_threads

    training = TensorFlowTraining(
        material.model,
        usable_threads(),
        rate=material.rate,
        decay=material.decay,
        dropout=material.dropout,
    )
    return training.feed, training.step


def _eager(material: Material) -> tuple[Feed, Step]:
    """Give the step as one would write it first: float32, channels first, Adam."""
    import torch
    from torch import nn
    from torch.nn import functional

    from roadfcn.checkpoints import load_model

    model = load_model(material.model)[0].train()
    for layer in model.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = material.dropout
    kernels = [weight for weight in model.head.parameters() if weight.ndim == 4]
    optimizer = torch.optim.Adam(model.parameters(), lr=material.rate)

    def step(pictures: torch.Tensor, truth: torch.Tensor) -> float:
        entropy = functional.cross_entropy(model(pictures), truth)
        penalty = sum(kernel.square().sum() / 2 for kernel in kernels)
        optimizer.zero_grad()
        torch.autograd.backward(entropy + material.decay * penalty)
        optimizer.step()
        return entropy.item()

    def feed(pictures: Any, truth: Any) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(pictures), torch.from_numpy(truth).long()

    return feed, step


def _roadfcn(material: Material, precision: str) -> Steps:
    """Run `roadfcn train` on the data folder, and look at its clock."""
    from contenders.step_clock import StepClock
    from roadfcn.training.recipes.config_files import read_config
    from roadfcn.training.runs.run import train

    clock = StepClock()
    with tempfile.TemporaryDirectory(dir=material.folder) as runs:
        settings = [
            *material.settings(),
            f"runs={runs}",
            f"model.dropout={material.dropout}",
            f"optimizer.lr={material.rate}",
            f"trainer.precision={precision}",
        ]
        train(read_config(RECIPE, settings), callbacks=[clock])
    return Steps(clock.losses, clock.seconds, clock.peak_bytes)
