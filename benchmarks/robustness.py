"""What models are worth in bad weather and with bad cameras: a suite of corruptions, scored.

    python benchmarks/robustness.py slim-road runs/mine path/to/camvid [--limit 30] [--json FILE]
    python benchmarks/robustness.py path/to/camvid --sheet sheet.png

Each frame is corrupted in ten ways at three severities each (`corruptions/suite.py` lists them),
and each result is labelled by each model. A row of the table has the score at each severity and
their mean; the mean over all ten is what Michaelis et al. (2019) call mean performance under
corruption, here of three severities in place of five, and the drop is what is lost of the clean
score: 100 (1 - mean / clean).

DATA is any folder with truth that `roadfcn evaluate` takes. The same seed gives the same pictures,
with the same versions of NumPy and OpenCV. docs/robustness.md says what the figures mean.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corruptions.sheet import draw_sheet
from corruptions.suite import SEVERITIES, SUITE, corrupt
from figures_file import writable, write_figures
from roadfcn.backends.opening import open_backend
from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import RoadfcnError
from roadfcn.image_files import check_image_name, write_image
from roadfcn.label_sets import drivable_class
from roadfcn.label_translation import common_label_set, translate
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.weights.shipped_models import find_model

CLEAN, CASES = "clean", [(name, severity) for name in SUITE for severity in SEVERITIES]
TITLES = {"road_iou": "IoU of road", "mean_iou": "mean IoU"}
Case = tuple[str, int]


class Scored:
    """A model, with what was counted of it so far: a confusion matrix for each case."""

    def __init__(self, name: str, dataset: FilePairDataset, device: str) -> None:
        predictor = Predictor(open_backend(find_model(name), device=device, precision="float32"))
        self.name = name
        self.classes = common_label_set(predictor.label_set, dataset.label_set)
        self._predictor = predictor.in_classes_of(self.classes)
        self._truth = translate(dataset.label_set, self.classes)
        cases = [(CLEAN, 0), *CASES]
        self._counts: dict[Case, ConfusionMatrix] = {
            case: ConfusionMatrix(self.classes) for case in cases
        }

    def add(self, case: Case, image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> None:
        """Label a picture and count it."""
        labels = self._predictor.predict(image).labels
        self._counts[case].add(self._truth.fold_mask(mask), labels)

    def scores(self) -> dict[str, dict[str, Any]]:
        """Give the scores of all that was counted, see `summary`: of road, and of many classes."""
        road, kinds = drivable_class(self.classes), dict[str, dict[Case, float]]()
        if road is not None:
            index = self.classes.index(road)
            kinds["road_iou"] = {case: float(m.iou[index]) for case, m in self._counts.items()}
        if road is None or len(self.classes) > 2:
            kinds["mean_iou"] = {case: m.mean_iou for case, m in self._counts.items()}
        return {kind: summary(values) for kind, values in kinds.items()}


def summary(values: dict[Case, float]) -> dict[str, Any]:
    """Give one score as JSON has it: fractions, null where 0/0.

    {"clean": ..., "corruptions": {"rain": {"severities": [.., .., ..], "mean": ...}, ...},
     "mean": ..., "relative_drop": ...}
    """
    rows = {name: [values[name, severity] for severity in SEVERITIES] for name in SUITE}
    means = {name: fmean(row) for name, row in rows.items()}
    clean, mean = values[CLEAN, 0], fmean(means.values())
    return {
        "clean": known(clean),
        "corruptions": {
            name: {"severities": [known(value) for value in row], "mean": known(means[name])}
            for name, row in rows.items()
        },
        "mean": known(mean),
        "relative_drop": known(1 - mean / clean if clean else math.nan),
    }


def known(value: float) -> float | None:
    """Give a number as JSON has it."""
    return None if math.isnan(value) else value


def table(scores: dict[str, Any]) -> str:
    """Lay out one score: a line for each corruption, in per cent."""
    lines = [f"{'':14s}{'mean':>8s}" + "".join(f"{severity:8d}" for severity in SEVERITIES)]
    lines.append(f"{CLEAN:14s}{percent(scores['clean'])}")
    for name, row in scores["corruptions"].items():
        numbers = (row["mean"], *row["severities"])
        lines.append(f"{name:14s}" + "".join(map(percent, numbers)))
    lines.append(f"{'mean of these':14s}{percent(scores['mean'])}")
    lines.append(f"{'relative drop':14s}{percent(scores['relative_drop'])}")
    return "\n".join(lines)


def percent(value: float | None) -> str:
    """Give a fraction in per cent, eight characters wide."""
    return f"{'-' if value is None else f'{100 * value:.1f}':>8s}"


def spread(dataset: FilePairDataset, limit: int | None) -> FilePairDataset:
    """Leave so many frames, evenly spread: neighbours show the same."""
    if limit is None or limit >= len(dataset):
        return dataset
    kept = [round(place) for place in np.linspace(0, len(dataset) - 1, limit).tolist()]
    return replace(dataset, frames=tuple(dataset.frames[index] for index in kept))


def score(
    models: Sequence[Scored],
    dataset: FilePairDataset,
    seed: int,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Count all frames under all corruptions; each picture is made once for all models."""
    for index in range(len(dataset)):
        sample = dataset[index]
        assert sample.mask is not None, "the truth was asked for"
        for case in [(CLEAN, 0), *CASES]:
            image, mask = sample.image, sample.mask
            if case[0] != CLEAN:
                image, mask = corrupt(
                    case[0], image, mask, case[1], seed=seed, frame=sample.frame.name
                )
            for model in models:
                model.add(case, image, mask)
        progress(index + 1)


def main() -> None:
    """Score models, or draw the suite, or both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help="runs, files or names")
    parser.add_argument("data", type=Path, metavar="DATA", help="data folder with truth")
    parser.add_argument("--split", default="val")
    parser.add_argument("--target", default="road", help="of KITTI Road's layout")
    parser.add_argument("--limit", type=int, help="score so many frames, evenly spread")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", type=writable, help="also write the figures here")
    parser.add_argument("--sheet", type=Path, help="draw one frame under all corruptions")
    parser.add_argument("--frame", help="name of the frame on the sheet; else the middle one")
    options = parser.parse_intermixed_args()
    if not options.models and options.sheet is None:
        parser.error("name a model to score, or --sheet FILE to look at the corruptions")
    if (options.limit is not None and options.limit < 1) or options.seed < 0:
        parser.error("--limit is 1 or more, --seed 0 or more")
    dataset = open_dataset(options.data, options.split, target=options.target)
    names = [frame.name for frame in dataset.frames]
    if options.frame is not None and options.frame not in names:
        parser.error(f"there is no frame {options.frame} in split {options.split}")
    models = [Scored(name, dataset, options.device) for name in options.models]
    if models and not dataset.has_truth:
        parser.error(f"split {options.split} has no truth{dataset.why_no_truth}")
    if options.sheet is not None:
        check_image_name(options.sheet)
        index = len(names) // 2 if options.frame is None else names.index(options.frame)
        page = draw_sheet(dataset.read_image(index), seed=options.seed, frame=names[index])
        write_image(options.sheet, page)
    if models:
        report(models, spread(dataset, options.limit), options)


def report(models: Sequence[Scored], dataset: FilePairDataset, options: argparse.Namespace) -> None:
    """Score, print the tables and write the JSON."""

    def progress(done: int) -> None:
        begin, end = ("\r", "") if sys.stderr.isatty() else ("", "\n")
        print(f"{begin}{done} of {len(dataset)} frames", end=end, file=sys.stderr, flush=True)

    score(models, dataset, options.seed, progress)
    print(file=sys.stderr)
    figures = {model.name: model.scores() for model in models}
    where = f"{dataset.origin or dataset.name} {dataset.split}, {len(dataset)} pictures"
    for name, kinds in figures.items():
        for kind, scores in kinds.items():
            print(f"\n{name} on {where}: {TITLES[kind]}, %\n{table(scores)}")
    if options.json is not None:
        content = {
            "dataset": dataset.name,
            **({"origin": dataset.origin} if dataset.origin else {}),
            "split": dataset.split,
            "images": len(dataset),
            "split_sha256": dataset.split_hash,
            "seed": options.seed,
            "models": figures,
        }
        write_figures(options.json, content)


if __name__ == "__main__":
    try:
        main()
    except RoadfcnError as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
