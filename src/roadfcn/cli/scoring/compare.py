"""`roadfcn compare`: runs side by side, and whether what differs is more than chance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from roadfcn.cli.parts.options import Json


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN RUN ...",
            help="Run folders, or folders given to evaluate --out; the first is compared with.",
        ),
    ],
    json: Json = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for comparison.html, one page.")
    ] = None,
) -> None:
    """Compare models that were scored on the same pictures: scores, differences, significance."""
    from roadfcn.cli.parts.json_output import check_json, is_standard_output, tell, write_json
    from roadfcn.cli.scoring.compare_tables import show_comparison
    from roadfcn.evaluation.comparison import compare as run_comparison
    from roadfcn.evaluation.report.comparison_page import PAGE_NAME, write_comparison
    from roadfcn.evaluation.saved_evaluations import open_evaluation
    from roadfcn.output_files import check_writable

    check_json(json)
    if report is not None:
        check_writable(report / PAGE_NAME)
    evaluations = [open_evaluation(run) for run in runs]
    comparison = run_comparison(evaluations)
    if not is_standard_output(json):
        show_comparison(comparison)
    write_json(json, comparison)
    if report is not None:
        tell(f"report: {write_comparison(report, comparison, evaluations)}")
