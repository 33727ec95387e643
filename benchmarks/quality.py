"""What the README promises of quality, measured: scores reached and the minutes they took.

    python benchmarks/quality.py                                   # generated scenes only
    python benchmarks/quality.py --kitti path/to/kitti_road --camvid path/to/camvid

- demo: `python main.py --from-scratch` in an empty folder: scenes painted, `slim` trained, the
  test split scored.
- KITTI Road by heart: configs/kitti-road-overfit.yaml on the frames given; nothing is held out.
- CamVid: configs/camvid-slim.yaml, 20 epochs, scored on val.

Minutes are of whole commands, on whatever else the machine does; scores are not affected by that.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from figures_file import writable, write_figures

ROOT = Path(__file__).resolve().parents[1]


def timed(command: list[str], work: Path) -> tuple[dict[str, Any], float]:
    """Run a training command in a folder; give (its scores, minutes)."""
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=work, stdout=subprocess.DEVNULL)
    minutes = (time.perf_counter() - start) / 60
    (metrics,) = work.glob("runs/*/evaluation/metrics.json")
    return json.loads(metrics.read_text()), minutes


def show(what: str, scores: dict[str, Any], minutes: float, *, wants: str) -> dict[str, Any]:
    """Print one measurement and give it as a record."""
    road = scores["road"]["image"]["urban_road"]
    figures = {
        "mean_iou": scores["mean_iou"],
        "road_iou": scores["per_class"]["road"]["iou"],
        "MaxF": road["MaxF"],
        "AP": road["AP"],
        "images": scores["images"],
        "minutes": minutes,
    }
    print(
        f"{what}: {figures['images']} pictures, mIoU {figures['mean_iou']:.4f}, "
        f"road IoU {figures['road_iou']:.4f}, MaxF {figures['MaxF']:.4f}, {minutes:.1f} min "
        f"(goal: {wants})",
        flush=True,
    )
    return {what: figures}


def main() -> None:
    """Measure what data are given for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kitti", type=Path, help="KITTI Road folder with a handful of frames")
    parser.add_argument("--camvid", type=Path, help="CamVid folder")
    parser.add_argument("--json", type=writable, help="also write the figures here")
    parser.add_argument("overrides", nargs="*", help="recipe settings, for a quick try")
    arguments = parser.parse_args()
    train = [sys.executable, "-m", "roadfcn", "train"]
    jobs = [
        (
            "demo",
            [sys.executable, str(ROOT / "main.py"), "--from-scratch"],
            "road IoU 0.96, MaxF 0.97, 8 min",
        ),
    ]
    for what, data, recipe, wants in (
        ("KITTI Road by heart", arguments.kitti, "kitti-road-overfit", "MaxF 0.98"),
        ("CamVid val", arguments.camvid, "camvid-slim", "mIoU 0.50, road IoU 0.88, 15 min"),
    ):
        if data is not None:
            recipe_file = str(ROOT / "configs" / f"{recipe}.yaml")
            jobs.append((what, [*train, recipe_file, f"data.path={data.resolve()}"], wants))
    figures: dict[str, Any] = {}
    for what, command, wants in jobs:
        with tempfile.TemporaryDirectory() as work:
            scores, minutes = timed([*command, *arguments.overrides], Path(work))
        figures |= show(what, scores, minutes, wants=wants)
    if arguments.json:
        write_figures(arguments.json, figures)


if __name__ == "__main__":
    main()
