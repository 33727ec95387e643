"""Records as a table (CSV): one row for each picture or frame.

    name               what its results are called
    time_s             of a frame, when it is shown in its video
    height, width      in px
    CLASS_share        share of its pixels that were labelled so, 0..1
    CLASS_probability  mean probability of that over all pixels, 0..1
    seconds            the model's time for it

CLASS is road, else lane, else the one asked for; without any the two columns are left out.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from roadfcn.output_files import atomic_output
from roadfcn.prediction.record import Record


def write_record_table(path: Path, records: Iterable[Record], measured: str | None) -> None:
    """Write one line for each record, over an older file.

    Args:
        path: The CSV file; UTF-8, commas, a header.
        records: In the order of the lines.
        measured: The class whose share and probability the records hold, or None.

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
        table.writerow(["name", "time_s", "height", "width", *class_columns, "seconds"])
        for record in records:
            numbers = [] if measured is None else [record.share, record.probability]
            table.writerow(
                [
                    record.name,
                    _cell(record.time_s),
                    record.height,
                    record.width,
                    *map(_cell, numbers),
                    _cell(record.seconds),
                ]
            )


def _cell(number: float | None) -> str:
    return "" if number is None else f"{number:.6g}"
