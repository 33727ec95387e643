"""The tables of `roadfcn predict`, written once all is predicted: CSV and COCO, or `-`."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from roadfcn.cli.parts.json_output import is_standard_output
from roadfcn.cli.predicting.predict_options import PredictOptions

if TYPE_CHECKING:
    from roadfcn.cli.predicting.predict_report import Named
    from roadfcn.prediction.network.predictor import Predictor
    from roadfcn.prediction.results.outputs import Outputs
    from roadfcn.prediction.runs.files import PredictedFiles
    from roadfcn.prediction.runs.journal import Journal


def write_tables(
    given: PredictOptions,
    journal: Journal,
    result: PredictedFiles,
    predictor: Predictor,
    outputs: Outputs,
    named: Named,
) -> None:
    """Write the tables that were asked for, out of the journal's records.

    Raises:
        OutputError: One cannot be written.
    """
    from roadfcn.prediction.results.coco_file import write_coco
    from roadfcn.prediction.results.record_table import write_record_table

    names = result.names()
    if given.csv is not None:
        measured = outputs.measured(predictor.label_set)
        skipped = [(source.stem.as_posix(), problem.found) for source, problem in result.skipped]
        with _place(given.csv) as path:
            write_record_table(path, journal.records(*names), measured, skipped)
    if given.coco is not None:
        description = f"labels by {named.name}"
        with _place(given.coco) as path:
            write_coco(path, lambda: journal.records(*names), predictor.label_set, description)


@contextlib.contextmanager
def _place(path: Path) -> Iterator[Path]:
    """Give the path to write a table to; of `-` what is written is printed afterwards."""
    if not is_standard_output(path):
        yield path
        return
    # Not written straight to standard output: a table may be large, and is made whole first.
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table"
        yield table
        with table.open(encoding="utf-8") as text:
            shutil.copyfileobj(text, sys.stdout)
