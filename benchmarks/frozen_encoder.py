"""How much faster a head learns from stored features of a frozen encoder, in one run.

    python benchmarks/frozen_encoder.py [--frames N] [--json FILE]
    python benchmarks/frozen_encoder.py --quick

VGG16 FCN-8s, two classes, batches of 4 at 160 x 576, on random frames, as `roadfcn train` runs it:
the whole network learns; `optimizer.frozen=[encoder]`; the same with `data.encoder_features=1`.
All start from the same random weights. Of each, the first epoch is left out and the fastest of the
others taken: its steps, and the whole of it, with validation and the files that are saved. What
the encoder takes for all frames, once, is told beside it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from figures_file import writable, write_figures
from roadfcn.image_files import write_image
from roadfcn.training.features.encoder_features import EncoderFeatures
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.config_files import make_config
from roadfcn.training.runs.listeners import Listeners
from roadfcn.training.runs.run import train

FROZEN = ("optimizer.frozen=[encoder]",)
WAYS = {
    "whole network": (),
    "frozen encoder": FROZEN,
    "frozen encoder, stored features": (*FROZEN, "data.encoder_features=1"),
}
WHOLE, FROZEN_ONLY, STORED = WAYS


class Times(Callback):
    """Times epochs, and the steps in them."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.steps: list[float] = []

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Start an epoch: all of the one before is done, files too."""
        self.starts.append(time.perf_counter())

    def on_validation_start(self, trainer: Trainer, module: LightningModule) -> None:
        """The epoch's steps are done."""
        self.steps.append(time.perf_counter() - self.starts[-1])

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        """The last epoch is done."""
        self.starts.append(time.perf_counter())

    def best(self) -> dict[str, float]:
        """Give the seconds of the fastest epoch but the first, and of the fastest steps."""
        epochs = np.diff(self.starts)[1:]
        return {"epoch_s": float(epochs.min()), "steps_s": min(self.steps[1:])}


class Encoding:
    """Times what the encoder takes before the first epoch, and notes down how much it leaves."""

    def __init__(self) -> None:
        self.began = self.ended = 0.0
        self.bytes = 0

    def listeners(self) -> Listeners:
        """Give who listens."""
        return Listeners(features=self._begin, starting=self._end)

    def _begin(self, features: EncoderFeatures) -> None:
        self.bytes = sum(store.layout.total_bytes for store in features)
        self.began = time.perf_counter()

    def _end(self, run: Path) -> None:
        self.ended = time.perf_counter()


def random_frames(root: Path, size: tuple[int, int], frames: int, held_out: int) -> None:
    """Write frames with random truth in blocks, in CamVid's layout."""
    generator = np.random.default_rng(0)
    small = size[0] // 8, size[1] // 8
    for split, count in (("train", frames), ("val", held_out)):
        for index in range(count):
            image = generator.integers(0, 256, (*small, 3), dtype=np.uint8)
            mask = generator.integers(0, 12, small, dtype=np.uint8)
            for folder, picture in ((split, image), (f"{split}annot", mask)):
                large = picture.repeat(8, 0).repeat(8, 1)
                write_image(root / folder / f"{index:04d}.png", large)


def recipe(options: argparse.Namespace, folder: Path, way: str) -> TrainingConfig:
    """Give the settings of one way of training."""
    network = {"name": "tensorflow", "dropout": 0.0}
    if options.quick:
        network |= {"width": 1 / 16, "fc_channels": 16, "fc_kernel": 3}
    values = {
        "runs": str(folder / "runs"),
        "data": {"path": str(folder / "camvid"), "layout": "camvid", "label_set": "road"},
        "model": network,
        "augmentation": {"preset": "none"},
        "optimizer": {"lr": 1e-4},
        "schedule": {"name": "constant", "warmup": 0},
        "trainer": {
            "epochs": options.epochs,
            "batch_size": 4,
            "sample_overlays": 0,
            "accelerator": options.accelerator,
            "devices": 1,
        },
    }
    return make_config(values, WAYS[way])


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Train in each way and give the figures."""
    size = (32, 64) if options.quick else (160, 576)
    encoding = Encoding()
    with tempfile.TemporaryDirectory(prefix="roadfcn-frozen-") as name:
        folder = Path(name)
        os.environ["ROADFCN_CACHE"] = str(folder / "cache")
        random_frames(folder / "camvid", size, options.frames, max(1, options.frames // 8))
        ways = {}
        for way in WAYS:
            print(f"... {way}", file=sys.stderr, flush=True)
            times = Times()
            train(recipe(options, folder, way), listeners=encoding.listeners(), callbacks=[times])
            ways[way] = times.best()
    return {
        "frames": options.frames,
        "size": size,
        "batch_size": 4,
        "ways": ways,
        "encoding_s": encoding.ended - encoding.began,
        "feature_bytes": encoding.bytes,
        "threads": torch.get_num_threads(),
        "cores": psutil.cpu_count(),
        "torch": torch.__version__,
        "quick": options.quick,
    }


def as_markdown(figures: dict[str, Any]) -> str:
    """Give a table, and what the encoder takes."""
    ways = figures["ways"]
    lines = [
        "| what learns | epoch | its steps | epoch, times as fast | steps, times as fast |",
        "|---|---|---|---|---|",
    ]
    for way, found in ways.items():
        ratios = (ways[WHOLE][key] / found[key] for key in ("epoch_s", "steps_s"))
        epoch, steps = (f"{ratio:.1f}" for ratio in ratios)
        lines.append(
            f"| {way} | {found['epoch_s']:.2f} s | {found['steps_s']:.2f} s | {epoch} | {steps} |"
        )
    frozen, stored = ways[FROZEN_ONLY], ways[STORED]
    height, width = figures["size"]
    lines += [
        "",
        f"{figures['frames']} frames of {height} x {width} in an epoch, batches of 4. Stored "
        f"features make an epoch {frozen['epoch_s'] / stored['epoch_s']:.1f} times as fast as a "
        f"frozen encoder alone, its steps {frozen['steps_s'] / stored['steps_s']:.1f} times. "
        f"Computing them took {figures['encoding_s']:.1f} s, as much as "
        f"{figures['encoding_s'] / frozen['epoch_s']:.1f} epochs with a frozen encoder, and "
        f"{figures['feature_bytes'] / 1e6:.1f} MB of disk.",
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, help="in an epoch; 64, or 8 with --quick")
    parser.add_argument("--epochs", type=int, default=3, help="of each, the first left out")
    parser.add_argument("--accelerator", default="cpu", help="as the recipe has it: cpu, gpu")
    parser.add_argument("--quick", action="store_true", help="a tiny network: does it work?")
    parser.add_argument("--json", type=writable, help="also write the figures here")
    options = parser.parse_args()
    options.frames = options.frames or (8 if options.quick else 64)
    if options.epochs < 2:
        parser.error("--epochs has to be 2 or more: the first is left out")
    figures = measure(options)
    print(as_markdown(figures))
    if options.json:
        write_figures(options.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
