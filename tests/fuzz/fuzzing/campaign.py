"""Runs many cases of one kind, the same ones every time, and keeps those that went wrong."""

import ast
import hashlib
import shutil
import tempfile
import warnings
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from fuzzing.cases import Case, Kind, Tally, run_case


def run_campaign(kind: Kind, cases: int, kept: Path) -> Tally:
    """Run `cases` different cases; write the inputs of violations below `kept`.

    Hypothesis draws the cases from a fixed seed, so a second campaign has the same ones.
    """
    tally = Tally(kind.name)
    seen = set()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name, warnings.catch_warnings():
        # As in a program of a user, where a warning is no error.
        warnings.simplefilter("ignore")
        workshop = Path(name) / "workshop"
        workshop.mkdir()

        @settings(
            max_examples=4 * cases,  # enough of which differ
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],  # a violation is kept, not reduced: the campaign goes on
            suppress_health_check=list(HealthCheck),
        )
        @given(kind.cases(workshop))
        def campaign(case):
            if _key(case) not in seen and tally.cases < cases:
                seen.add(_key(case))
                tally.add(_run(kind, case, Path(name) / "case", kept))

        campaign()
    return tally


def _run(kind: Kind, case: Case, folder: Path, kept: Path):
    target = kept / kind.name / _key(case).hex()[:12]
    target.mkdir(parents=True, exist_ok=True)  # now: a case may end the process
    (target / "content").write_bytes(case.content)
    words = ascii((case.name, case.words))
    (target / "words").write_text(words, encoding="ascii")
    folder.mkdir()
    try:
        result = run_case(kind, case, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if result.violation is None:
        shutil.rmtree(target)
    else:
        told = f"{target}: {result.violation}"
        return type(result)(result.outcome, result.seconds, result.growth_bytes, told)
    return result


def kept_case(folder: Path) -> Case:
    """Read a case that went wrong, to run it again."""
    name, words = ast.literal_eval((folder / "words").read_text(encoding="ascii"))
    return Case(name, (folder / "content").read_bytes(), words)


def _key(case: Case) -> bytes:
    told = ascii((case.name, case.words)).encode("ascii")
    return hashlib.sha256(told + b"\0" + case.content).digest()
