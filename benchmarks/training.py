"""How fast a training step of the described network is, against TensorFlow's, in one run.

    python benchmarks/training.py [--json FILE]
    python benchmarks/training.py --quick

VGG16 with an FCN-8s head for two classes, random weights, 4 frames of 160 x 576, dropout, L2 on
the decoder and Adam: in TensorFlow as the course project makes it, in PyTorch as one would write
it first, and by `roadfcn train` in float32 and in bfloat16. All take turns, each turn in a
process of its own, so that memory is taken by one at a time; between them a matrix product is
timed. Before that all take some steps without dropout: who is fast and wrong is not listed.

What is measured, and what each column means: docs/speed.md. What is not installed is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from contenders.files import described_architecture
from contenders.matrix_product import MatrixProduct
from contenders.surroundings import describe_machine, machine_lines, missing
from contenders.training_material import Material, make_material
from contenders.training_step import EAGER, TENSORFLOW, Steps, Trainee, Training, trainees
from contenders.worker import Worker
from figures_file import writable, write_figures

WARM_UP = 2
"""Steps of each turn that are left out: graphs are made in them, and Adam's numbers."""

TOLERANCE = {"float32": 0.01, "bfloat16": 0.05}
"""Largest difference of losses, as a share of what the losses change over these steps."""

CAREFUL_RATE = 1e-5
"""Of learning while losses are compared, for the whole width; narrower networks take more of it.

A step of Adam moves what a layer puts out by as much as the layer is wide. With the recipe's rate
the first step from random weights throws the loss from 0.7 to 8, and roundings with it.
"""

_PACKAGES = ("tensorflow", "torch", "lightning")


@dataclass(frozen=True)
class Effort:
    """How much is done: size and number of frames, width of the network, steps, turns, seconds.

    Steps are those of a turn, seconds those of a matrix product.
    """

    size: tuple[int, int] = (160, 576)
    batch: int = 4
    width: float = 1.0
    steps: int = WARM_UP + 4
    turns: int = 3
    seconds: float = 1.0


QUICK = Effort((64, 96), 2, 1 / 16, WARM_UP + 1, 1, 0.0)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one turn: does it work?")
    parser.add_argument("--json", type=writable, help="also write the figures here")
    options = parser.parse_args()
    effort = QUICK if options.quick else Effort()
    with tempfile.TemporaryDirectory(prefix="roadfcn-training-") as folder:
        _say("making weights and frames")
        material = make_material(
            Path(folder), effort.size, effort.batch, effort.steps, effort.width
        )
        figures = measure(trainees(), material, effort)
    figures |= describe_machine(_PACKAGES) | {"quick": options.quick}
    figures["missing"] = [name for name in ("tensorflow",) if name in missing()]
    print(as_markdown(figures))
    if options.json:
        write_figures(options.json, figures)
    return 0


def measure(everyone: list[Trainee], material: Material, effort: Effort) -> dict[str, Any]:
    """Let all take turns; give speeds, peaks, and who was left out for wrong losses."""
    apart, left_out = compare(everyone, material)
    turns: dict[Trainee, list[Steps]] = {one: [] for one in apart}
    peaks = {"float32": 0.0, "bfloat16": 0.0}
    for turn in range(effort.turns):
        for name, peak in peaks.items():
            found = _ask(MatrixProduct, ("peak", name, effort.seconds))
            peaks[name] = max(peak, found)
        for one, found in turns.items():
            _say(f"turn {turn + 1} of {effort.turns}: {one.title}, {one.precision}")
            found.append(_steps(one, material))
    operations = count_operations(effort)
    base = _seconds(turns[TENSORFLOW]) if TENSORFLOW in turns else None
    rows = [
        {
            "trainer": one.title,
            "precision": one.precision,
            "seconds": _seconds(found),
            "steps": [steps.seconds for steps in found],
            "frames_per_second": material.batch / _seconds(found),
            "to_tensorflow": None if base is None else base / _seconds(found),
            "flop": operations,
            "share_of_peak": operations / _seconds(found) / peaks[one.precision],
            "peak_bytes": max(steps.peak_bytes for steps in found),
            "losses_apart": apart[one],
        }
        for one, found in turns.items()
    ]
    told = {f"{one.title}, {one.precision}": reason for one, reason in left_out.items()}
    shape = {"size": list(material.size), "batch": material.batch}
    return shape | {"rows": rows, "peak_flops": peaks, "left_out": told}


def compare(
    everyone: list[Trainee], material: Material
) -> tuple[dict[Trainee, float], dict[Trainee, str]]:
    """Compare the losses of all steps, nothing being dropped, with those of plain PyTorch.

    Returns:
        How far apart those are that are right, as a share of what the losses change at all; and
        why others are not listed: they are further apart than their precision allows, or failed.
    """
    apart: dict[Trainee, float] = {}
    left_out: dict[Trainee, str] = {}
    certain = replace(material, dropout=0.0, rate=CAREFUL_RATE / material.width)
    _say("comparing losses")
    expected = _steps(EAGER, certain).losses
    for one in everyone:
        try:
            found = expected if one == EAGER else _steps(one, certain).losses
        except RuntimeError as problem:
            left_out[one] = str(problem)
            continue
        share = losses_apart(found, expected)
        if share <= TOLERANCE[one.precision]:
            apart[one] = share
        else:
            left_out[one] = f"its losses differ by {share:.3g} of what they change"
    return apart, left_out


def losses_apart(found: list[float], expected: list[float]) -> float:
    """Give the largest difference, as a share of the range of what is expected."""
    largest = max(abs(a - b) for a, b in zip(found, expected, strict=True))
    return largest / (max(expected) - min(expected))


def count_operations(effort: Effort) -> int:
    """Count multiplications and additions of a step's passes, without computing them.

    Adam's are not among them: a millionth for each weight, which memory bounds.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from roadfcn.models.fcn import build_fcn

    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        network = build_fcn(described_architecture(effort.width))
        network(torch.empty(effort.batch, 3, *effort.size)).sum().backward()
    return int(counter.get_total_flops())


def as_markdown(figures: dict[str, Any]) -> str:
    """Put the figures into lines and a table."""
    height, width = figures["size"]
    lines = [
        *machine_lines(figures),
        f"\n{figures['batch']} frames of {height} x {width} pixels\n",
        "| trained by | computes in | s/step | frames/s | to TensorFlow | % of peak | memory, GiB "
        "| losses apart, % |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in figures["rows"]:
        ratio = row["to_tensorflow"]
        lines.append(
            f"| {row['trainer']} | {row['precision']} | {row['seconds']:.2f} "
            f"| {row['frames_per_second']:.2f} | {'-' if ratio is None else f'{ratio:.2f}'} "
            f"| {100 * row['share_of_peak']:.0f} | {row['peak_bytes'] / 2**30:.1f} "
            f"| {100 * row['losses_apart']:.2g} |"
        )
    lines += [f"\nleft out: {name}: {reason}" for name, reason in figures["left_out"].items()]
    lines += [f"\nleft out: {name}, as it is not installed" for name in figures["missing"]]
    return "\n".join(lines)


def _seconds(turns: list[Steps]) -> float:
    """Give the median of all steps but the first ones of each turn."""
    return median(seconds for steps in turns for seconds in steps.seconds[WARM_UP:])


def _steps(one: Trainee, material: Material) -> Steps:
    found: Steps = _ask(Training, ("steps",), one, material)
    return found


def _ask(make: type, question: tuple[Any, ...], *arguments: Any) -> Any:
    """Ask something of a process that begins and ends with it."""
    with contextlib.closing(Worker(make, *arguments)) as worker:
        return worker.ask(*question)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
