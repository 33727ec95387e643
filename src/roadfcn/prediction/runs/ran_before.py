"""What labelled the results that a folder holds already, so that the rest is labelled by the same.

`auto` depends on what the cache holds and on what is installed, which may have changed between
the call that began a folder and one that goes on with it, or by the time another share begins.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from roadfcn.backends.protocol import Running
from roadfcn.output_files import writing
from roadfcn.prediction.runs.journal import journals_in
from roadfcn.prediction.runs.journal_lines import parse_line

_log = logging.getLogger(__name__)

_LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class Asked:
    """What was asked for of the three that `Running` gives, in words of the command line."""

    engine: str
    device: str
    precision: str

    def pinned_to(self, ran: Running | None) -> Asked:
        """Give the same with what was left to be chosen as it was chosen before."""
        if ran is None:
            return self
        engine = ran.engine if self.engine == "auto" else self.engine
        known = ran.precision in ("float32", "bfloat16")
        precision = ran.precision if self.precision == "auto" and known else self.precision
        return Asked(engine, self.device, precision)


def ran_before(
    out: Path, asked: Asked, model: str, *, besides: Path | None = None
) -> Running | None:
    """Tell what labelled what is in a folder; where that is several, the first, and it is logged.

    Args:
        out: Folder of results, with the journals of a run's processes.
        asked: What is asked for now: who asked for something else is none of this run.
        model: Its hash, see `run_settings.model_hash`: another one's engine may not run this one.
        besides: A journal that is going to be begun anew.

    Raises:
        OutputError: A journal cannot be read.
    """
    found: list[Running] = []
    for path in journals_in(out):
        if path == besides:
            continue
        with writing(path), path.open("rb") as file:
            # What ran is noted down before what it labelled, so right after the settings.
            head, first = (parse_line(file.readline(_LONGEST_LINE)) or {} for _ in range(2))
        ran = _running(first.get("ran"))
        settings = head.get("settings")
        if ran is None or ran in found or _asked(settings) != asked:
            continue
        if isinstance(settings, dict) and settings.get("model") == model:
            found.append(ran)
    if len(found) > 1:
        _log.warning(
            "the results in %s were labelled by several engines, so a few labels may differ by "
            "that alone: %s",
            *(out, "; ".join(f"{one.engine} on {one.device} in {one.precision}" for one in found)),
        )
    return found[0] if found else None


def _running(values: object) -> Running | None:
    words = _words(values)
    return None if words is None else Running(*words)


def _asked(settings: object) -> Asked | None:
    words = _words(settings)
    return None if words is None else Asked(*words)


def _words(values: object) -> tuple[str, str, str] | None:
    """Read engine, device and precision; None if they are not words."""
    if not isinstance(values, dict):
        return None
    engine, device, precision = (values.get(key) for key in ("engine", "device", "precision"))
    if isinstance(engine, str) and isinstance(device, str) and isinstance(precision, str):
        return engine, device, precision
    return None
