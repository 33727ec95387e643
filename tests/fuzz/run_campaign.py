"""The long fuzz campaign: every kind in a process of its own, with a limit on its memory.

    python tests/fuzz/run_campaign.py --cases 1000
    python tests/fuzz/run_campaign.py --kinds pictures models --cases 200
    python tests/fuzz/run_campaign.py --again FOLDER_OF_A_KEPT_CASE

Prints a table of what came of the cases. Inputs of violations are kept below --out.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Where small networks and data sets are made that tests of the readers have, too.
sys.path.extend(
    str(Path(__file__).parents[1] / room)
    for room in ("datasets/golden", "weights/golden", "backends/networks")
)

from fuzzing.campaign import kept_case, run_campaign
from fuzzing.cases import run_case

DATA_BYTES = 3 * 2**30
"""How much a process may ask for; that torch maps its libraries does not count."""


def _limit_memory():
    resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES, DATA_BYTES))
    os.nice(10)


def _run_one(name, cases, out):
    """Run one kind here, in this process; print its figures as JSON."""
    from fuzzing.kinds import KINDS

    start = time.perf_counter()
    tally = run_campaign(KINDS[name], cases, out)
    figures = {
        "kind": name,
        "cases": tally.cases,
        "outcomes": tally.outcomes,
        "violations": tally.violations,
        "slowest_s": tally.slowest_seconds,
        "most_growth_mib": tally.most_growth_bytes / 2**20,
        "seconds": time.perf_counter() - start,
    }
    print(json.dumps(figures))


def _run_all(names, cases, out):
    """Run each kind in a process of its own; give the number of kinds that went wrong."""
    bad = 0
    for name in names:
        words = [sys.executable, __file__, "--one", name, "--cases", str(cases), "--out", str(out)]
        done = subprocess.run(
            words,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            preexec_fn=_limit_memory,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        if done.returncode:
            print(f"{name}: the process ended with {done.returncode}")
            bad += 1
            continue
        bad += _show(json.loads(done.stdout.splitlines()[-1]))
    return bad


def _show(figures):
    print(
        f"{figures['kind']}: {figures['cases']} cases in {figures['seconds']:.0f} s; slowest "
        f"{figures['slowest_s']:.2f} s of processor time; most memory "
        f"{figures['most_growth_mib']:.0f} MiB"
    )
    for outcome, count in sorted(figures["outcomes"].items(), key=lambda pair: -pair[1]):
        print(f"  {count:6d}  {outcome}")
    for violation in figures["violations"]:
        print(f"  VIOLATION {violation}")
    sys.stdout.flush()
    return bool(figures["violations"])


def main():
    """Run what the command line asks for."""
    from fuzzing.kinds import KINDS

    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--cases", type=int, default=1000, help="of each kind")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "roadfcn-fuzz")
    parser.add_argument("--again", type=Path, help="folder of a kept case, run once more")
    parser.add_argument("--one", choices=list(KINDS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.again:
        kind, case = KINDS[options.again.parent.name], kept_case(options.again)
        with tempfile.TemporaryDirectory() as folder:
            print(run_case(kind, case, Path(folder)))
        return 0
    if options.one:
        _run_one(options.one, options.cases, options.out)
        return 0
    return _run_all(options.kinds, options.cases, options.out)


if __name__ == "__main__":
    sys.exit(main())
