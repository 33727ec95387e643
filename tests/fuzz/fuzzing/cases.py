"""One case of a campaign: what it is, how it is run within its limits, what came of it."""

import contextlib
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roadfcn.errors import RoadfcnError

CPU_SECONDS = 5.0
TRACED = 4 if sys.gettrace() is not None else 1
"""How much longer a case may take while coverage is measured: every line of Python is counted."""
GROWTH_BYTES = 512 * 2**20
LONGEST_MESSAGE = 10_000  # characters
RIGHT = "right answer"


@dataclass(frozen=True)
class Case:
    """What is handed to roadfcn: a file's name and bytes, and words for the kind's own use."""

    name: str
    content: bytes
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    `cases(workshop)` gives a strategy of cases, with the workshop folder to make valid files in;
    `check(case, folder)` hands a case to roadfcn in an empty folder. It raises RoadfcnError for
    a clear error, AssertionError for a wrong answer, and gives None for a right one, or a text
    that tells more exactly what came of it.
    """

    name: str
    cases: Callable[[Path], Any]
    check: Callable[[Case, Path], str | None]


@dataclass(frozen=True)
class Result:
    """What came of a case; `violation` is None, or what should never have happened."""

    outcome: str
    seconds: float
    growth_bytes: int
    violation: str | None = None


@dataclass
class Tally:
    """What came of a campaign over one kind."""

    kind: str
    cases: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    most_growth_bytes: int = 0

    def add(self, result: Result) -> None:
        self.cases += 1
        self.outcomes[result.outcome] = self.outcomes.get(result.outcome, 0) + 1
        self.slowest_seconds = max(self.slowest_seconds, result.seconds)
        self.most_growth_bytes = max(self.most_growth_bytes, result.growth_bytes)
        if result.violation is not None:
            self.violations.append(result.violation)


class TooSlowError(BaseException):
    """Not an Exception, lest the code under test takes it for a damaged file."""


def run_case(kind: Kind, case: Case, folder: Path) -> Result:
    """Hand a case to roadfcn in `folder`, and judge what comes of it."""
    before = _fresh_peak()
    start = time.process_time()
    violation = None
    try:
        with _cpu_limit(TRACED * CPU_SECONDS):
            outcome = kind.check(case, folder) or RIGHT
    except RoadfcnError as problem:
        outcome, violation = type(problem).__name__, _unclear(problem)
        if violation is not None:
            outcome = "violation: unclear message"
    except TooSlowError:
        outcome = "violation: too slow"
        violation = f"more than {CPU_SECONDS:g} s of processor time"
    except AssertionError as problem:
        outcome, violation = "violation: wrong answer", _told(problem)
    except Exception as problem:
        outcome, violation = f"violation: {type(problem).__name__}", _told(problem)
    seconds, growth = time.process_time() - start, _peak_bytes() - before
    if violation is None and growth > GROWTH_BYTES:
        outcome, violation = "violation: memory", f"memory grew by {growth / 2**20:.0f} MiB"
    return Result(outcome, seconds, growth, violation)


def _told(problem: BaseException) -> str:
    lines = "".join(traceback.format_exception(problem)).splitlines()
    return "\n".join(line[:300] for line in lines[-12:])


def _unclear(problem: RoadfcnError) -> str | None:
    """Say why a message would not help: empty parts, endless ones, or a terminal's commands."""
    text = str(problem)
    if not (problem.found.strip() and problem.allowed.strip() and problem.do.strip()):
        return f"a message with an empty part: {text!r}"
    if len(text) > LONGEST_MESSAGE:
        return f"a message of {len(text)} characters: {text[:200]!r} ..."
    if any(letter != "\n" and not letter.isprintable() for letter in text):
        return f"a message with unprintable characters: {text[:500]!r}"
    return None


@contextlib.contextmanager
def _cpu_limit(seconds: float):
    """Stop after this much processor time: unlike that of the clock it is fair on busy machines."""

    def stop(_signal, _frame):
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, stop)
    # Again and again: an exception that falls into a destructor is lost.
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _fresh_peak() -> int:
    """Let the peak of resident memory start anew, where Linux allows; give what is resident."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak_bytes()


def _peak_bytes() -> int:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
