"""Records as a table (CSV): one row for each picture or frame.

    name               what its results are called
    time_s             of a frame, when it is shown in its video, to the microsecond
    height, width      in px
    CLASS_share        share of its pixels that were labelled so, 0..1
    CLASS_probability  mean probability of that over all pixels, 0..1
    seconds            the model's time for it
    problem            why it was skipped; such a row has nothing else but a name

CLASS is road, else lane, else the one asked for; without any the two columns are left out.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from heapq import merge
from operator import itemgetter
from pathlib import Path

from roadfcn.output_files import atomic_output
from roadfcn.prediction.results.record import Record


def write_record_table(
    path: Path,
    records: Iterable[Record],
    measured: str | None,
    skipped: Iterable[tuple[str, str]] = (),
) -> None:
    """Write one line for each record, and for each that was skipped, over an older file.

    Args:
        path: The CSV file; UTF-8, commas, a header.
        records: Sorted by name, as the lines are.
        measured: The class whose share and probability the records hold, or None.
        skipped: Names, in any order, each with what was wrong.

    Raises:
        OutputError: The file cannot be written.
    """
    class_columns = [] if measured is None else [f"{measured}_share", f"{measured}_probability"]
    with (
        atomic_output(path) as part,
        # A file's name may be any bytes; what is no text of them is written as \udce9, as in JSON.
        part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        table = csv.writer(file, lineterminator="\n")
        columns = ["name", "time_s", "height", "width", *class_columns, "seconds", "problem"]
        table.writerow(columns)
        blanks = [""] * (len(columns) - 2)
        without_figures = [[name, *blanks, problem] for name, problem in sorted(skipped)]
        with_figures = (_row(record, measured) for record in records)
        rows = merge(with_figures, without_figures, key=itemgetter(0))
        table.writerows(rows)


def _row(record: Record, measured: str | None) -> list[str]:
    numbers = [] if measured is None else [record.share, record.probability]
    return [
        record.name,
        "" if record.time_s is None else f"{record.time_s:.6f}".rstrip("0").rstrip("."),
        str(record.height),
        str(record.width),
        *map(_cell, numbers),
        _cell(record.seconds),
        "",
    ]


def _cell(number: float | None) -> str:
    return "" if number is None else f"{number:.6g}"
