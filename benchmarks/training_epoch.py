"""How fast `slim` trains, against a plain PyTorch loop on the same frames, network and batches.

    python benchmarks/training_epoch.py --data path/to/camvid
    python benchmarks/training_epoch.py              # on random frames of CamVid's size

Ours is the recipe configs/camvid-slim.yaml as `roadfcn train` runs it: frames cached, Kornia
augmentation, channels-last, bf16 where it is fast, fused AdamW, all callbacks. The peer is what
one would write first: pictures decoded by loader processes in every epoch, float32 in the default
memory order, the same augmentation. Printed: seconds for one epoch of each (after a warm-up
epoch), their ratio, and the share of our epoch that the loop waited for data.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch.utils.data import DataLoader

from figures_file import writable, write_figures
from roadfcn.image_files import write_image
from roadfcn.label_sets import CAMVID_11
from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import slim_fcn
from roadfcn.training.assembly.assembly import make_module
from roadfcn.training.assembly.opening_frames import open_frames
from roadfcn.training.frames.frames import collate
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.config_files import read_config
from roadfcn.training.runs.run import train

RECIPE = Path(__file__).resolve().parents[1] / "configs" / "camvid-slim.yaml"


class StepTimes(Callback):
    """Splits training epochs into steps and the waits between them."""

    def __init__(self) -> None:
        self.epochs: list[float] = []
        self.waits: list[float] = []

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Start a new epoch."""
        self._epoch = self._last = time.perf_counter()
        self.waits.append(0.0)

    def on_train_batch_start(
        self, trainer: Trainer, module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """The batch is here: count the time since the last step."""
        self.waits[-1] += time.perf_counter() - self._last

    def on_train_batch_end(
        self,
        trainer: Trainer,
        module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """The step is done: the wait for the next batch starts."""
        self._last = time.perf_counter()
        self._steps_end = self._last

    def on_validation_start(self, trainer: Trainer, module: LightningModule) -> None:
        """The epoch's steps are done."""
        self.epochs.append(self._steps_end - self._epoch)


def ours(config: TrainingConfig) -> tuple[float, float]:
    """Give (seconds of the best epoch's steps after the first, share of it spent waiting)."""
    times = StepTimes()
    train(config, callbacks=[times])
    best = min(range(1, len(times.epochs)), key=lambda epoch: times.epochs[epoch])
    return times.epochs[best], times.waits[best] / times.epochs[best]


def plain(config: TrainingConfig) -> tuple[float, int]:
    """Give (seconds of one epoch of the plain loop, frames in it); recipe without cache."""
    frames, _ = open_frames(config)
    module = make_module(config, frames)
    model = build_fcn(slim_fcn(len(CAMVID_11)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    loader = DataLoader(
        frames,
        config.trainer.batch_size,
        shuffle=True,
        num_workers=os.cpu_count() or 1,
        collate_fn=collate,
    )
    module.model = model
    module.log = lambda *_, **__: None  # type: ignore[method-assign]
    start = time.perf_counter()
    for step, batch in enumerate(loader):
        loss = module.training_step(batch._replace(images=batch.images.contiguous()), step)
        torch.autograd.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
    return time.perf_counter() - start, len(frames)


def random_camvid(root: Path, frames: int) -> None:
    """Write frames of CamVid's size with random truth in blocks."""
    generator = np.random.default_rng(0)
    for split, count in (("train", frames), ("val", 8)):
        for index in range(count):
            small = generator.integers(0, 256, (45, 60, 3), dtype=np.uint8)
            write_image(root / split / f"{index:04d}.png", small.repeat(8, 0).repeat(8, 1))
            mask = generator.integers(0, 12, (45, 60), dtype=np.uint8)
            write_image(root / f"{split}annot" / f"{index:04d}.png", mask.repeat(8, 0).repeat(8, 1))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="CamVid folder; random frames if left out")
    parser.add_argument("--frames", type=int, default=80, help="random frames in an epoch")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of ours, the first left out")
    parser.add_argument("--json", type=writable, help="also write the figures here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = arguments.data
        if data is None:
            data = Path(folder) / "camvid"
            random_camvid(data, arguments.frames)
        settings = [
            f"data.path={data}",
            f"runs={folder}/runs",
            f"trainer.epochs={arguments.epochs}",
        ]
        seconds, waiting = ours(read_config(RECIPE, settings))
        peer, frames = plain(read_config(RECIPE, [*settings, "data.cache=false"]))
    figures = {
        "frames": frames,
        "ours_s_per_epoch": seconds,
        "ours_waiting_for_data": waiting,
        "plain_s_per_epoch": peer,
        "ratio": peer / seconds,
        "cores": psutil.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    print(f"frames in an epoch          {frames}")
    print(f"roadfcn                     {seconds:8.2f} s/epoch, {frames / seconds:.1f} frames/s")
    print(f"  of it waiting for data    {100 * waiting:8.2f} %")
    print(f"plain PyTorch loop          {peer:8.2f} s/epoch")
    print(f"roadfcn is faster by        {peer / seconds:8.2f} x")
    if arguments.json:
        write_figures(arguments.json, figures)


if __name__ == "__main__":
    main()
