"""What a training step takes of memory: the estimate made before training, and the measured peak.

    python benchmarks/training_memory.py [--large]

Each case runs in a process of its own on the CPU. Measured is the most memory that the process had,
less what it had before the first step without the weights. --large adds the whole VGG16 (4 GiB).
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from typing import Literal

import psutil
import torch

from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.training.memory.memory import step_memory
from roadfcn.training.steps.losses import PixelCrossEntropy

MIB = 2**20
Case = tuple[str, int, tuple[int, int], int, str, Literal["adamw", "sgd"]]
"""Network, frames, size, classes, precision, optimizer."""
CASES: list[Case] = [
    ("slim", 2, (160, 192), 11, "32-true", "adamw"),
    ("slim", 8, (320, 416), 11, "32-true", "adamw"),
    ("slim", 8, (320, 416), 11, "bf16-mixed", "adamw"),
    ("slim", 1, (375, 1242), 2, "32-true", "sgd"),
]
LARGE: list[Case] = [("vgg16", 1, (160, 576), 2, "32-true", "adamw")]


def measure(case: Case) -> None:
    """Print one row."""
    name, batch, size, classes, precision, optimizer = case
    model = build_fcn(named_architecture(name, classes, {}))
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    loss = PixelCrossEntropy()
    start = time.perf_counter()
    estimate = step_memory(
        model, loss, batch_size=batch, size=size, precision=precision, optimizer=optimizer
    )
    seconds = time.perf_counter() - start
    weights = sum(parameter.nbytes for parameter in model.parameters())
    before = psutil.Process().memory_info().rss - weights
    train(model, loss, batch, size, classes, precision, optimizer)
    measured = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    height, width = size
    print(
        f"| {name}, {batch} x {height} x {width}, {precision}, {optimizer} "
        f"| {estimate.total / MIB:,.0f} | {measured / MIB:,.0f} "
        f"| {estimate.total / measured:.2f} | {seconds:.1f} |"
    )


def train(
    model: FCN,
    loss: PixelCrossEntropy,
    batch: int,
    size: tuple[int, int],
    classes: int,
    precision: str,
    optimizer: str,
) -> None:
    """Take two steps: the second one finds the optimizer's numbers already there."""
    moves: torch.optim.Optimizer
    if optimizer == "sgd":
        moves = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, fused=True)
    else:
        moves = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    images = torch.rand(batch, 3, *size).contiguous(memory_format=torch.channels_last)
    target = torch.randint(0, classes, (batch, *size))
    for _ in range(2):
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16-mixed"):
            logits = model(images)
        found = loss(logits, target)
        moves.zero_grad()
        found.backward()
        moves.step()
        del logits, found


def main() -> None:
    """Measure every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="add the whole VGG16")
    cases = CASES + LARGE * parser.parse_args().large
    print("| step | estimate, MiB | measured, MiB | ratio | seconds for the estimate |")
    print("|---|---|---|---|---|", flush=True)
    for case in cases:
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(case,))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
