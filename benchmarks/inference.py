"""How fast engines run the networks, against TensorFlow with the described one, in one run.

    python benchmarks/inference.py [--pictures DATA] [--json FILE]
    python benchmarks/inference.py --labels-only [--pictures DATA] [--calibrate DATA]
    python benchmarks/inference.py --quick

The described network (VGG16, FCN-8s, two classes, random weights, the same in all engines) in
TensorFlow, PyTorch, ONNX Runtime, and as roadfcn runs it: bfloat16 channels-last, the same
compiled, OpenVINO in float32, bfloat16 and int8; then the trained `slim-road` in all but
TensorFlow. All take turns, and between them a matrix product is timed, for the share of what the
processor can do. At the end, the labels of the trained model in each form are compared with those
of PyTorch in float32.

What is measured, and what each column means: docs/speed.md. What is not installed is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from contenders.engine import Contender, Engine, open_in_roadfcn
from contenders.files import contenders_of, convert, save_described
from contenders.surroundings import PACKAGES, describe_machine, machine_lines, missing
from contenders.worker import Worker
from figures_file import writable, write_figures

TENSORFLOW = "tensorflow"
_TOLERANCE = {"float32": 1e-3, "bfloat16": 0.1, "int8": 0.5}
"""Largest difference of scores, as a share of the largest score: wrong networks are far beyond."""


@dataclass(frozen=True)
class Effort:
    """How much is done: sizes, width of the large network, turns, seconds of each, scenes."""

    sizes: tuple[tuple[int, int], ...] = ((160, 576), (384, 1248))
    width: float = 1.0
    turns: int = 5
    seconds: float = 2.0
    scenes: int = 36


QUICK = Effort(((64, 96),), 1 / 16, 1, 0.0, 3)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, help="data folder to compare labels on; or scenes")
    parser.add_argument("--calibrate", type=Path, help="data folder to quantise with; or scenes")
    parser.add_argument("--model", default="slim-road", help="the trained model")
    parser.add_argument("--frozen", action="store_true", help="TensorFlow's fastest form too: 9 GB")
    parser.add_argument("--labels-only", action="store_true", help="time nothing, compare labels")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one turn: does it work?")
    parser.add_argument("--json", type=writable, help="also write the figures here")
    options = parser.parse_args()
    effort = QUICK if options.quick else Effort()
    with tempfile.TemporaryDirectory(prefix="roadfcn-inference-") as folder:
        contenders = _prepare(options, effort, Path(folder))
        nothing: dict[str, Any] = {"speeds": [], "peak_flops": {}, "left_out": {}}
        figures = nothing if options.labels_only else _measure(contenders, effort)
        figures["labels"] = _compare_labels(options, effort, contenders)
    figures |= describe_machine(PACKAGES.values()) | {"quick": options.quick, "missing": missing()}
    print(_as_markdown(figures))
    if options.json:
        write_figures(options.json, figures)
    return 0


def _prepare(options: argparse.Namespace, effort: Effort, folder: Path) -> list[Contender]:
    """Save and convert both networks."""
    from roadfcn.export.exporting import CALIBRATION_SEED
    from roadfcn.export.int8 import MAX_DROP
    from roadfcn.export.pictures import folder_pictures, scene_pictures
    from roadfcn.label_sets import ROAD
    from roadfcn.model_card import read_card
    from roadfcn.weights.shipped_models import find_model

    described = []
    if not options.labels_only:
        _say("converting the described network")
        save_described(folder / "vgg16.safetensors", effort.width)
        few = scene_pictures(ROAD, 3, seed=CALIBRATION_SEED, size=effort.sizes[0])
        convert(folder / "vgg16.safetensors", folder / "vgg16", few, 0.99)
        described = contenders_of("vgg16", folder / "vgg16", frozen=options.frozen)
    _say(f"converting {options.model}")
    trained = find_model(options.model)
    label_set = read_card(trained).label_set
    if options.calibrate is None:
        calibration = scene_pictures(label_set, effort.scenes, seed=CALIBRATION_SEED)
    else:
        splits = ("train", "val", "test")
        calibration = folder_pictures(options.calibrate, label_set, effort.scenes, splits)
    convert(trained, folder / "slim", calibration, MAX_DROP)
    return [*described, *contenders_of("slim", folder / "slim")]


def _measure(contenders: list[Contender], effort: Effort) -> dict[str, Any]:
    """Let all take turns; give speeds, peaks, and who was left out for wrong scores."""
    times: dict[tuple[Contender, tuple[int, int]], list[float]] = defaultdict(list)
    peaks = {"float32": 0.0, "bfloat16": 0.0}
    with contextlib.ExitStack() as stack:
        workers = {}
        for process in dict.fromkeys(contender.process for contender in contenders):
            those = [one for one in contenders if one.process == process]
            worker = Worker(Engine, those)
            stack.callback(worker.close)
            workers[process] = worker
        wrong = _wrong(contenders, workers, effort.sizes[0])
        right = [one for one in contenders if one not in wrong]
        for size in effort.sizes:
            for turn in range(effort.turns):
                _say(f"{size[0]} x {size[1]}, turn {turn + 1} of {effort.turns}")
                for name, peak in peaks.items():
                    peaks[name] = max(peak, workers["torch"].ask("peak", name, effort.seconds / 2))
                for one in right:
                    seconds = workers[one.process].ask("seconds", one, size, effort.seconds)
                    times[one, size].append(median(seconds))
    speeds = [
        _speed(one, size, times, peaks) for size in effort.sizes for one in right
    ]  # fmt: skip
    left_out = {f"{one.title}, {one.precision}": reason for one, reason in wrong.items()}
    return {"speeds": speeds, "peak_flops": peaks, "left_out": left_out}


def _wrong(
    contenders: list[Contender], workers: dict[str, Worker], size: tuple[int, int]
) -> dict[Contender, str]:
    """Find those whose scores are not those of PyTorch in float32, or that fail."""
    wrong: dict[Contender, str] = {}
    for network in ("vgg16", "slim"):
        those = [one for one in contenders if one.network == network]
        eager = next(one for one in those if one.way == "eager")
        expected = workers["torch"].ask("scores", eager, size)
        for one in those:
            try:
                found = workers[one.process].ask("scores", one, size)
            except RuntimeError as problem:
                wrong[one] = str(problem)
                continue
            apart = float(np.abs(found - expected).max() / np.abs(expected).max())
            if not apart <= _TOLERANCE[one.precision]:
                wrong[one] = f"its scores differ by {apart:.3g} of the largest"
    return wrong


def _speed(
    one: Contender,
    size: tuple[int, int],
    times: dict[tuple[Contender, tuple[int, int]], list[float]],
    peaks: dict[str, float],
) -> dict[str, Any]:
    seconds = median(times[one, size])
    first = [median(found) for (who, at), found in times.items() if _is_base(who) and at == size]
    operations = _operations(one, size)
    peak = peaks["float32" if one.precision == "float32" else "bfloat16"]
    return {
        "network": one.network,
        "engine": one.title,
        "precision": one.precision,
        "size": list(size),
        "seconds": seconds,
        "turns": times[one, size],
        "per_second": 1 / seconds,
        "to_tensorflow": first[0] / seconds if first else None,
        "flop": operations,
        "share_of_peak": operations / seconds / peak,
    }


def _is_base(one: Contender) -> bool:
    return one.process == TENSORFLOW


def _operations(one: Contender, size: tuple[int, int]) -> int:
    """Count multiplications and additions of a network for a picture, without computing them."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from roadfcn.model_card import read_card
    from roadfcn.models.architecture import FCNArchitecture
    from roadfcn.models.fcn import build_fcn

    card = read_card(one.path.parent / "model.safetensors")
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        network = build_fcn(FCNArchitecture.from_dict(card.architecture)).eval()
        network(torch.empty(1, 3, *size))
    return int(counter.get_total_flops())


def _compare_labels(
    options: argparse.Namespace, effort: Effort, contenders: list[Contender]
) -> list[dict[str, Any]]:
    """Compare each form of the trained model with PyTorch in float32, at three sizes."""
    from roadfcn.backends.opening import open_backend
    from roadfcn.export.exporting import GATE_PICTURES, GATE_SEED
    from roadfcn.export.parity import measure_parity
    from roadfcn.export.pictures import folder_pictures, scene_pictures

    _say("comparing labels")
    trained = [one for one in contenders if one.network == "slim"]
    reference = open_backend(trained[0].path, device="cpu", precision="float32")
    label_set = reference.card.label_set
    if options.pictures is None:
        count = min(GATE_PICTURES, effort.scenes)
        pictures = scene_pictures(label_set, count, seed=GATE_SEED)
    else:
        pictures = folder_pictures(options.pictures, label_set, 30, ("val", "test", "train"))
    rows = []
    for one in trained:
        if one.way == "eager":
            continue
        candidate = open_in_roadfcn(one)
        parity = measure_parity(reference, candidate, pictures).to_dict()
        rows.append({"engine": one.title, "precision": one.precision, **parity})
    return rows


def _as_markdown(figures: dict[str, Any]) -> str:
    lines = machine_lines(figures)
    for size in dict.fromkeys(tuple(row["size"]) for row in figures["speeds"]):
        lines += [
            f"\n{size[0]} x {size[1]} pixels\n",
            "| network | engine | computes in | ms | pictures/s | to TensorFlow | % of peak |",
            "|---|---|---|---|---|---|---|",
        ]
        for row in figures["speeds"]:
            if tuple(row["size"]) == size:
                ratio = row["to_tensorflow"]
                lines.append(
                    f"| {row['network']} | {row['engine']} | {row['precision']} "
                    f"| {1000 * row['seconds']:.1f} | {row['per_second']:.2f} "
                    f"| {'-' if ratio is None else f'{ratio:.2f}'} "
                    f"| {100 * row['share_of_peak']:.0f} |"
                )
    lines += [
        "\nThe trained model against PyTorch in float32, at its largest size\n",
        "| engine | computes in | equal labels, % | road IoU lost, points |",
        "|---|---|---|---|",
    ]
    for row in figures["labels"]:
        first = row["sizes"][0]
        lost = first["truth_iou_lost"]
        lost = first["iou_lost"] if lost is None else lost
        lines.append(
            f"| {row['engine']} | {row['precision']} | {100 * first['equal_labels']:.3f} "
            f"| {100 * lost:.3f} |"
        )
    lines += [f"\nleft out: {name}: {reason}" for name, reason in figures["left_out"].items()]
    lines += [
        f"\nleft out: {name}, as {package} is not installed"
        for name, package in figures["missing"].items()
    ]
    return "\n".join(lines)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
