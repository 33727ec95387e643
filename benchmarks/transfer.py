"""Does transfer help? An encoder that learned from generated scenes, on CamVid, against none.

    python benchmarks/transfer.py --camvid CAMVID [--curve transfer.png]

`slim` learns CamVid's 11 classes from generated scenes, and its encoder is kept. From it, CamVid
is learned with the encoder frozen and with all of it moving, and a third time from scratch; each
with the same recipe, crops and seeds. Scores are those of the validation after each epoch, on
CamVid val; no model is chosen by them. All below --out that is there already is not made again.
The curve is drawn with matplotlib.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from pathlib import Path

import numpy as np

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
SIZE, CROP = "[240, 320]", "[224, 304]"
WAYS = {
    "from scratch": ("scratch", []),
    "scenes, frozen": ("frozen", ["optimizer.frozen=[encoder]"]),
    "scenes, fine-tuned": ("tuned", []),
}
READ_AT = (5, 15, 40)
COLOURS = {"from scratch": "#777777", "scenes, frozen": "#1f77b4", "scenes, fine-tuned": "#d95f02"}


def main() -> None:
    """Train what is missing, print a table, draw the curve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--camvid", type=Path, required=True, help="folder of CamVid")
    parser.add_argument("--out", type=Path, default=Path("runs/transfer"))
    parser.add_argument("--scenes", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--curve", type=Path, help="PNG to draw")
    options = parser.parse_args()
    encoder = _encoder(options)
    tables = {
        way: [_validations(_run(options, name, extra, seed, encoder)) for seed in options.seeds]
        for way, (name, extra) in WAYS.items()
    }
    epochs = [epoch for epoch in READ_AT if epoch <= options.epochs]
    print("val mIoU, % (road IoU)" + "".join(f"{f'epoch {epoch}':>30s}" for epoch in epochs))
    for way, runs in tables.items():
        cells = [
            ", ".join(
                f"{100 * run['val/mean_iou'][epoch - 1]:.1f} "
                f"({100 * run['val/iou_road'][epoch - 1]:.1f})"
                for run in runs
            )
            for epoch in epochs
        ]
        print(f"{way:22s}" + "".join(f"{cell:>30s}" for cell in cells))
    if options.curve is not None:
        _draw(tables, options.curve)


def _encoder(options: argparse.Namespace) -> Path:
    """Give the encoder that learned from scenes, trained if it is not there."""
    encoder: Path = options.out / "encoder.safetensors"
    if encoder.is_file():
        return encoder
    scenes = options.out / "scenes"
    if not scenes.is_dir():
        counts = ["--train", options.scenes, "--test", options.scenes // 10]
        _roadfcn("scenes", scenes, "--preset", "anywhere", "--size", "240x320", *counts)
    recipe = CONFIGS / "scenes-encoder.yaml"
    run = _trained(options.out, "scenes-encoder", recipe, f"data.path={scenes}")
    _roadfcn("weights", "import", run, encoder, "--encoder")
    return encoder


def _run(
    options: argparse.Namespace, name: str, extra: list[str], seed: int, encoder: Path
) -> Path:
    start = [] if name == "scratch" else [f"weights={encoder}"]
    return _trained(
        options.out,
        f"{name}-{seed}",
        CONFIGS / "camvid-slim.yaml",
        f"data.path={options.camvid}",
        f"data.size={SIZE}",
        f"augmentation.crop={CROP}",
        f"trainer.epochs={options.epochs}",
        f"seed={seed}",
        *start,
        *extra,
    )


def _trained(out: Path, name: str, *words: object) -> Path:
    """Give the run of this name, trained if it is not there."""
    runs = out / "runs"
    if not list(runs.glob(f"*-{name}/evaluation/metrics.json")):
        _roadfcn("train", *words, f"name={name}", f"runs={runs}", "trainer.sample_overlays=0")
    (scores,) = runs.glob(f"*-{name}/evaluation/metrics.json")
    return scores.parents[1]


def _validations(run: Path) -> dict[str, list[float]]:
    """Give the columns of a run's table that begin with "val/", a number for each epoch."""
    with (run / "metrics.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0] if name.startswith("val/")}


def _draw(tables: dict[str, list[dict[str, list[float]]]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for way, runs in tables.items():
        curves = 100 * np.array([run["val/mean_iou"] for run in runs])
        epochs = np.arange(1, curves.shape[1] + 1)
        for curve in curves:
            axes.plot(epochs, curve, color=COLOURS[way], alpha=0.3, linewidth=1)
        axes.plot(epochs, curves.mean(axis=0), color=COLOURS[way], label=way, linewidth=2)
    axes.set(xlabel="epoch", ylabel="mean IoU on CamVid val, %", xlim=(1, None), ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
    axes.set_title("CamVid's 11 classes: means of all seeds, single seeds thin", fontsize=10)
    figure.savefig(path, dpi=130)


def _roadfcn(*words: object) -> None:
    command = [sys.executable, "-m", "roadfcn", *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
