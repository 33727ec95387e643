"""What each feature of generated scenes is worth on real roads: leave one out, train, score.

    python benchmarks/scene_features.py --camvid CAMVID --kitti KITTI [--without light sensor]

For all features, then with each of them left out, `slim` learns from scenes alone, with the recipe
configs/scenes-anywhere.yaml at half size, and is scored on CamVid val and on KITTI Road frames.
The real pictures are read for scoring only. Seeds of scenes and of training are the same each time.
The scenes, runs and scores stay below --out; what is there already is not made again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from roadfcn.scenes.description.variety import FEATURES

CHOICES = ("nothing", *FEATURES)
RECIPE = Path(__file__).resolve().parents[1] / "configs" / "scenes-anywhere.yaml"
SIZE, CROP = "240x320", "[192, 256]"


def main() -> None:
    """Train, score and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--camvid", type=Path, required=True, help="folder of CamVid")
    parser.add_argument("--kitti", type=Path, required=True, help="folder of KITTI Road frames")
    parser.add_argument("--out", type=Path, default=Path("runs/scene-features"))
    parser.add_argument("--scenes", type=int, default=900)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of training")
    parser.add_argument(
        "--without", nargs="+", choices=CHOICES, default=CHOICES, help="what to leave out"
    )
    options = parser.parse_args()
    print(f"{'left out':10s} seed  CamVid road IoU  CamVid mIoU  KITTI MaxF  own test road IoU")
    for feature in options.without:
        for seed in options.seeds:
            print(_row(options, feature, seed), flush=True)


def _row(options: argparse.Namespace, feature: str, seed: int) -> str:
    name = f"without-{feature}"
    scenes = options.out / f"{name}-scenes"
    if not scenes.is_dir():
        without = ["--without", feature] if feature in FEATURES else []
        counts = ["--train", str(options.scenes), "--test", "60"]
        _roadfcn("scenes", scenes, "--preset", "anywhere", "--size", SIZE, *counts, *without)
    run_name = f"{name}-{seed}"
    runs = options.out / "runs"
    if not list(runs.glob(f"*-{run_name}/evaluation/metrics.json")):
        _roadfcn(
            "train",
            RECIPE,
            f"data.path={scenes}",
            f"augmentation.crop={CROP}",
            f"trainer.epochs={options.epochs}",
            f"seed={seed}",
            f"runs={runs}",
            f"name={run_name}",
        )
    (scored,) = runs.glob(f"*-{run_name}/evaluation/metrics.json")
    run = scored.parents[1]
    camvid = _evaluate(run, options.camvid, "val")
    kitti = _evaluate(run, options.kitti, "all")
    own = json.loads(scored.read_text())
    return (
        f"{feature:10s} {seed:4d}  {_road_iou(camvid):15.3f}  "
        f"{camvid['mean_iou']:11.3f}  {kitti['road']['image']['urban_road']['MaxF']:10.3f}  "
        f"{_road_iou(own):17.3f}"
    )


def _evaluate(run: Path, data: Path, split: str) -> dict[str, Any]:
    scores = run / f"{data.name}-{split}.json"
    if not scores.is_file():
        _roadfcn("evaluate", run, data, "--split", split, "--json", scores)
    result: dict[str, Any] = json.loads(scores.read_text())
    return result


def _road_iou(scores: dict[str, Any]) -> float:
    return float(scores["per_class"]["road"]["iou"])


def _roadfcn(*arguments: object) -> None:
    command = [sys.executable, "-m", "roadfcn", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
