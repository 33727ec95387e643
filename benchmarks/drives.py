"""What a recipe is worth on the next street: each drive in turn is left out, and scored.

    python benchmarks/drives.py --camvid CAMVID CONFIG [key=value ...] [--val] [--json FILE]

CamVid's training frames are of three drives, and its validation frames of one of these, so their
scores flatter. Here a network is trained for each drive on the frames of the others; --val adds a
run on all of them, scored on val. Each row has the scores of the best epoch's model, at the
frames' own sizes, and behind them those of the last epoch, as it was validated: the best epoch is
chosen by the frames that are scored, which flatters a little too, and the last one by nothing.

Runs stay below --out, by recipe. What is there already is not made again, and what was interrupted
goes on.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from statistics import fmean

from figures_file import writable, write_figures
from roadfcn.datasets.held_out_drives import drives_in
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import RoadfcnError
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.config_files import read_config

FIGURES = ("mean_iou", "road_iou", "last_mean_iou", "last_road_iou")


def main() -> None:
    """Train what is missing and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--camvid", type=Path, required=True, help="folder of CamVid")
    parser.add_argument("config", type=Path, help="the recipe")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes of it")
    parser.add_argument("--val", action="store_true", help="also train on all drives, score val")
    parser.add_argument("--out", type=Path, default=Path("runs/drives"))
    parser.add_argument("--json", type=writable, help="also write the figures here")
    options = parser.parse_intermixed_args()
    overrides = [*options.overrides, f"data.path={options.camvid}", "data.evaluate_split=null"]
    config = read_config(options.config, overrides)
    data = config.data
    whole = open_dataset(data.path, data.train_split, layout=data.layout, target=data.target)
    recipe = recipe_name(config)
    print(f"{recipe}, %\n{'':8s} frames     mIoU     road   mIoU, last epoch   road")
    rows = {}
    for drive in drives_in(whole):
        # Between quotes, because YAML takes some names for numbers.
        held = f"data.held_out_drives={json.dumps([drive])}"
        name = f"{recipe}-{re.sub('[^A-Za-z0-9._-]', '-', drive)}"
        rows[drive] = figures(trained(options, name, [*overrides, held]))
        show(drive, rows[drive])
    mean: dict[str, float] = {
        name: fmean(row[name] for row in rows.values()) for name in ("frames", *FIGURES)
    }
    show("mean", mean | {"frames": sum(row["frames"] for row in rows.values())})
    found: dict[str, object] = {
        "recipe": recipe,
        "drives": rows,
        "mean": {name: mean[name] for name in FIGURES},
    }
    if options.val:
        all_drives = [*overrides, "data.held_out_drives=[]"]
        found["val"] = val = figures(trained(options, f"{recipe}-val", all_drives))
        show("val", val)
    if options.json is not None:
        write_figures(options.json, found)


def recipe_name(config: TrainingConfig) -> str:
    """Give a name that another recipe does not have: its own, and a hash of what it sets."""
    # Without defaults, or a setting that is new to roadfcn would make a new recipe of each.
    settings = config.model_dump(
        mode="json",
        exclude={"name": True, "runs": True, "data": {"path", "cache", "workers"}},
        exclude_defaults=True,
    )
    text = json.dumps(settings, sort_keys=True).encode()
    return f"{config.name}-{hashlib.blake2b(text, digest_size=4).hexdigest()}"


def trained(options: argparse.Namespace, name: str, overrides: list[str]) -> Path:
    """Give the run of this name: it may be there, or may have to go on, or to begin."""
    runs = options.out / "runs"
    if not list(runs.glob(f"*-{name}/evaluation/metrics.json")):
        begun = sorted(runs.glob(f"[!.]*-{name}/config.yaml"))
        if begun:
            command = ["--resume", begun[-1].parent]
        else:
            command = [options.config, *overrides, f"name={name}", f"runs={runs}"]
        words = [sys.executable, "-m", "roadfcn", "train", *map(str, command)]
        ended = subprocess.run(words, check=False, stdout=subprocess.DEVNULL).returncode
        if ended:
            sys.exit(ended)  # it has said why
    run: Path
    (run,) = (path.parents[1] for path in runs.glob(f"*-{name}/evaluation/metrics.json"))
    return run


def figures(run: Path) -> dict[str, float]:
    """Give a run's scores, as fractions, and how many frames they are of."""
    scores = json.loads((run / "evaluation" / "metrics.json").read_text(encoding="utf-8"))
    with (run / "metrics.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.get("val/mean_iou")]
    best = {"mean_iou": scores["mean_iou"], "road_iou": scores["per_class"]["road"]["iou"]}
    # A run that was never validated keeps its last weights, and these were scored at the end.
    last = best
    if rows:
        last = {"mean_iou": rows[-1]["val/mean_iou"], "road_iou": rows[-1]["val/iou_road"]}
    return {
        "frames": scores["images"],
        **best,
        **{f"last_{name}": float(score) for name, score in last.items()},
    }


def show(name: str, row: dict[str, float]) -> None:
    """Print a row of the table."""
    best, road, last, last_road = (100 * row[figure] for figure in FIGURES)
    print(
        f"{name:8s} {row['frames']:6.0f} {best:8.1f} {road:8.1f} {last:18.1f} {last_road:6.1f}",
        flush=True,
    )


if __name__ == "__main__":
    try:
        main()
    except RoadfcnError as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
