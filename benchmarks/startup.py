"""How long `roadfcn --help` takes, against an empty Python and against importing torch.

    python benchmarks/startup.py

Whole processes, the three in turn, medians. Ratios hold on a busy machine; seconds do not.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "roadfcn --help": [sys.executable, "-m", "roadfcn", "--help"],
    "python -c 'import torch'": [sys.executable, "-c", "import torch"],
}
RUNS = 11


def main() -> None:
    """Measure and print."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(RUNS + 1):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if turn:  # the first turn fills the disk cache
                times[name].append(time.perf_counter() - start)
    empty = statistics.median(times["python -c pass"])
    for name, seconds in times.items():
        median = statistics.median(seconds)
        print(
            f"{name:26s} median {median:6.3f} s  (min {min(seconds):.3f}, max {max(seconds):.3f})"
            f"  {median / empty:6.1f} x an empty Python"
        )


if __name__ == "__main__":
    main()
