"""How long one waits for `roadfcn --help`, and for the road in one picture, from a cold start.

    python benchmarks/startup.py

Whole processes, in turn, medians; an empty Python and one that imports torch stand beside them.
The picture is a JPEG of KITTI's size (375 x 1242), labelled by the model that comes with roadfcn.
On a busy machine seconds say little: look at the processor's seconds, and at the ratios.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from roadfcn.image_files import write_image

SIZE = (375, 1242)
RUNS = 11


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "street.jpg"
        write_image(picture, _street())
        commands = {
            "python -c pass": ["-c", "pass"],
            "roadfcn --help": ["-m", "roadfcn", "--help"],
            "python -c 'import torch'": ["-c", "import torch"],
            "roadfcn predict street.jpg": [
                *("-m", "roadfcn", "predict", str(picture)),
                *("--out", str(Path(folder) / "out"), "--overwrite"),
            ],
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for turn in range(RUNS + 1):
            for name, command in commands.items():
                seconds = _run(command)
                if turn:  # the first turn fills the disk cache
                    times[name].append(seconds)
    empty = statistics.median(seconds for seconds, _ in times["python -c pass"])
    print(f"{'median of ' + str(RUNS):28s} {'s':>7s} {'min':>7s} {'max':>7s} {'cpu s':>7s}")
    for name, pairs in times.items():
        walls, processor = zip(*pairs, strict=True)
        median = statistics.median(walls)
        print(
            f"{name:28s} {median:7.2f} {min(walls):7.2f} {max(walls):7.2f} "
            f"{statistics.median(processor):7.2f}  {median / empty:6.1f} x an empty Python"
        )


def _run(arguments: list[str]) -> tuple[float, float]:
    """Run a Python; give seconds by the clock, and of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _street() -> np.ndarray:
    """Make a picture that a JPEG has something to do with: coarse noise, 375,1242,3 uint8."""
    noise = np.random.default_rng(0).integers(0, 256, (15, 50, 3), np.uint8)
    return np.asarray(cv2.resize(noise, SIZE[::-1], interpolation=cv2.INTER_CUBIC))


if __name__ == "__main__":
    main()
