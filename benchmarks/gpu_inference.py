"""How fast a GPU runs the networks, and which way of running them it likes, in one run.

    python benchmarks/gpu_inference.py [--json FILE] [--no-compile | --autotune]
    python benchmarks/gpu_inference.py --quick [--device cpu]

The described network (VGG16, FCN-8s, two classes, random weights) and the trained `slim-road` at
160 x 576 and 384 x 1248 pixels, with pictures and scores that stay on the GPU: eager in float32,
eager in bfloat16 channels-last, this in a CUDA graph, compiled, compiled in a CUDA graph; one
picture at a time, and in the batch that eager bfloat16 was fastest with. Then one picture end to
end, numbers in the computer's memory to scores there, as the package does it.

A way that fails is a row that says why; one whose scores are not those of eager float32 is wrong,
and has no figures. What each column means: docs/speed.md.
"""

from __future__ import annotations

import argparse
import copy
import faulthandler
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from contenders.device_clock import DeviceClock
from contenders.device_report import as_markdown, describe_device
from contenders.device_ways import AUTOTUNED, EAGER, WAYS, Way, feed, opened
from contenders.files import save_described
from figures_file import writable, write_figures
from roadfcn.model_card import ModelCard
from roadfcn.models.fcn import FCN, build_fcn

_TOLERANCE = {"float32": 0.02, "bfloat16": 0.1}
"""Largest difference of scores, as a share of the largest: TF32's rounding is in float32's."""


@dataclass(frozen=True)
class Effort:
    """How much is done: {(height, width): largest batch}, width of VGG16, side of the product."""

    sizes: dict[tuple[int, int], int] = field(
        default_factory=lambda: {(160, 576): 64, (384, 1248): 16}
    )
    width: float = 1.0
    side: int = 8192


QUICK = Effort({(64, 96): 2}, 1 / 16, 256)


@dataclass(frozen=True)
class Subject:
    """A network at a size, with what all ways to run it are compared by.

    Args:
        name: "vgg16" or the trained model's.
        network: On the CPU; it is copied before it is run.
        card: Its card.
        size: Height and width.
        pictures: One more than the largest batch, N,3,H,W float32 on the CPU.
        operations: Multiplications and additions for one picture.
    """

    name: str
    network: FCN
    card: ModelCard
    size: tuple[int, int]
    pictures: torch.Tensor
    operations: int


class Run:
    """One run of the script: its rows, and what rows share.

    Args:
        clock: Of the device.
        options: Of the command line.
        figures: Of the device; "rows" and "peak_flops" are put there.
    """

    def __init__(
        self, clock: DeviceClock, options: argparse.Namespace, figures: dict[str, Any]
    ) -> None:
        self._clock, self._options, self.figures = clock, options, figures
        self._end = time.monotonic() + options.limit
        self._references: dict[tuple[str, tuple[int, int]], torch.Tensor] = {}
        self._best: dict[tuple[str, tuple[int, int]], int] = {}
        figures |= {"rows": [], "peak_flops": 0.0}

    def peak(self, side: int) -> None:
        """Time the matrix product; the best of all times counts."""
        self._clock.forget()
        try:
            found = self._clock.peak(side, self._options.seconds)
            self.figures["peak_flops"] = max(self.figures["peak_flops"], found)
        except Exception as problem:  # the rest goes on without it
            self.figures["peak_problem"] = _in_words(problem)

    def row(self, subject: Subject, way: Way) -> None:
        """Measure one way to run a network, whatever happens, and write all figures so far."""
        row: dict[str, Any] = {"network": subject.name, "size": list(subject.size)}
        row |= {"way": way.title, "precision": way.precision, "batches": [], "problem": None}
        self.figures["rows"].append(row)
        begin = time.monotonic()
        try:
            self._measure(subject, way, row)
        except Exception as problem:  # a row says so, the others go on
            row["problem"] = _in_words(problem)
        row["took"] = time.monotonic() - begin
        self._share()
        speeds = [f"{one['batch']}: {1000 * one['seconds']:.3f} ms" for one in row["batches"]]
        _say(
            f"{subject.name} {subject.size}, {way.title}: {'; '.join(speeds)} "
            f"{row['problem'] or ''} ({row['took']:.1f} s)"
        )
        if self._options.json:
            write_figures(self._options.json, self.figures)

    def _share(self) -> None:
        """Put the share of the peak into all rows: the peak may have risen."""
        peak = self.figures["peak_flops"]
        for row in self.figures["rows"]:
            for one in row["batches"]:
                one["share_of_peak"] = one["flops"] / peak if peak else None

    def _measure(self, subject: Subject, way: Way, row: dict[str, Any]) -> None:
        if time.monotonic() > self._end:
            raise RuntimeError("not measured: --limit was reached")
        self._clock.forget()
        network = copy.deepcopy(subject.network)
        with opened(way, network, subject.card, self._clock.device) as run:
            # What float32 weights took before they were converted is not counted.
            self._clock.forget()
            for batch in self._batches(subject, way):
                if time.monotonic() > self._end:
                    raise RuntimeError(f"batches from {batch} not measured: --limit was reached")
                try:
                    row["batches"].append(self._speed(subject, way, run, batch))
                except Exception as problem:
                    # A climb ends where memory does.
                    raise RuntimeError(f"batch {batch}: {_in_words(problem)}") from None
                if way.climbs and way is not EAGER:
                    best = max(row["batches"], key=lambda one: float(one["per_second"]))
                    self._best[subject.name, subject.size] = best["batch"]

    def _batches(self, subject: Subject, way: Way) -> list[int]:
        if way.whole:
            return [1]
        most = len(subject.pictures) - 1
        if way.climbs:
            return [2**power for power in range(most.bit_length()) if 2**power <= most]
        return sorted({1, self._best.get((subject.name, subject.size), 1)})

    def _speed(self, subject: Subject, way: Way, run: Any, batch: int) -> dict[str, Any]:
        """Time one batch size.

        Raises:
            RuntimeError: Its scores are wrong.
        """
        device = self._clock.device
        inputs = [feed(way, subject.pictures[at : at + batch], device) for at in (0, 1)]
        apart = self._apart(subject, way, run, inputs)
        found = self._clock.seconds(run, inputs, self._options.seconds)
        seconds = median(found)
        return {
            "batch": batch,
            "seconds": seconds,
            "repeats": found,
            "per_second": batch / seconds,
            "flops": batch * subject.operations / seconds,
            "memory": self._clock.memory(),
            "apart": apart,
        }

    def _apart(self, subject: Subject, way: Way, run: Any, inputs: list[Any]) -> float:
        """Compare the scores of the first picture of both inputs with eager float32's.

        Raises:
            RuntimeError: They are others.
        """
        which = (subject.name, subject.size)
        # Thrice, as a CUDA graph of PyTorch's compiler is replayed from the third call on.
        for _ in range(3):
            scores = torch.stack([torch.as_tensor(run(one))[0].float().cpu() for one in inputs])
        if way is EAGER:
            self._references.setdefault(which, scores)
        if which not in self._references:
            raise RuntimeError("there are no scores of eager float32 to compare with")
        expected = self._references[which]
        apart = float((scores - expected).abs().max() / expected.abs().max())
        if not apart <= _TOLERANCE[way.precision]:
            raise RuntimeError(f"wrong: its scores differ by {apart:.3g} of the largest")
        return apart


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, ...; cpu to try the script")
    parser.add_argument("--model", default="slim-road", help="the trained model")
    parser.add_argument("--seconds", type=float, help="for each way and batch size; 0.5")
    parser.add_argument(
        "--limit", type=float, default=420, help="seconds after which no row begins"
    )
    parser.add_argument("--no-compile", action="store_true", help="leave out what is compiled")
    parser.add_argument("--autotune", action="store_true", help="add max-autotune: takes minutes")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it work?")
    parser.add_argument("--json", type=writable, help="also write the figures here, row by row")
    options = parser.parse_args()
    if options.seconds is None:
        options.seconds = 0.0 if options.quick else 0.5
    device = torch.device(options.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        parser.error(f"no CUDA device here for --device {options.device}; --device cpu tries it")
    if device.type == "cuda":
        torch.cuda.set_device(device.index or 0)
    # A compiler that hangs shall not hold a machine: rows until then are in --json.
    faulthandler.dump_traceback_later(options.limit + 120, exit=True, file=2)
    try:
        figures = _measure(options, device)
    finally:
        faulthandler.cancel_dump_traceback_later()
    print(as_markdown(figures))
    return 0


def _measure(options: argparse.Namespace, device: torch.device) -> dict[str, Any]:
    effort = QUICK if options.quick else Effort()
    figures = describe_device(device) | {"quick": options.quick, "seconds": options.seconds}
    ways = [way for way in WAYS if not (options.no_compile and way.mode)]
    ways += [AUTOTUNED] * options.autotune
    run = Run(DeviceClock(device), options, figures)
    run.peak(effort.side)
    subjects = _subjects(options.model, effort)
    for way in ways:
        if way in WAYS[1:3]:
            run.peak(effort.side)  # again, as clocks move
        for subject in subjects:
            run.row(subject, way)
    return figures


def _subjects(model: str, effort: Effort) -> list[Subject]:
    from roadfcn.checkpoints import load_model
    from roadfcn.weights.shipped_models import find_model

    _say("making the described network")
    with tempfile.TemporaryDirectory(prefix="roadfcn-gpu-") as folder:
        path = Path(folder) / "vgg16.safetensors"
        save_described(path, effort.width)
        networks = {"vgg16": load_model(path), model: load_model(find_model(model))}
    found = []
    chance = torch.Generator().manual_seed(0)
    for size, most in effort.sizes.items():
        pictures = torch.randn(most + 1, 3, *size, generator=chance)
        for name, (network, card) in networks.items():
            operations = _operations(network, size)
            found.append(Subject(name, network.eval(), card, size, pictures, operations))
    return found


def _operations(network: FCN, size: tuple[int, int]) -> int:
    """Count multiplications and additions of a network for a picture, without computing them."""
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        build_fcn(network.architecture).eval()(torch.empty(1, 3, *size))
    return int(counter.get_total_flops())


def _in_words(problem: Exception) -> str:
    if isinstance(problem, torch.OutOfMemoryError):
        return "out of memory"
    words = " ".join(str(problem).split())[:300]
    return words if type(problem) is RuntimeError else f"{type(problem).__name__}: {words}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
