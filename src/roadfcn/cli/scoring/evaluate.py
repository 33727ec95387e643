"""`roadfcn evaluate`: a model's scores on a data set."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roadfcn.cli.parts.choices import (
    MODEL_HELP,
    TARGET_HELP,
    EngineName,
    LayoutName,
    Precision,
    Split,
    Target,
)
from roadfcn.cli.parts.options import Device, Flip, Json, Scales, Threshold, make_views

if TYPE_CHECKING:
    from roadfcn.backends.protocol import Backend
    from roadfcn.datasets.file_pairs import FilePairDataset
    from roadfcn.evaluation.evaluate import Evaluation
    from roadfcn.prediction.network.predictor import Predictor

_Details = Annotated[
    bool,
    typer.Option(
        "--details", metavar="", help="Score outlines, confidence and intervals too; --report does."
    ),
]
_Engine = Annotated[
    EngineName,
    typer.Option(
        help="auto: what the model's file is for; PyTorch for models of ours. Another one scores "
        "the model as converted for it."
    ),
]


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL_HELP)],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="Data folder; its layout is found out.")
    ],
    split: Annotated[Split, typer.Option(help="Frames to score on.")] = "val",
    layout: Annotated[
        LayoutName | None, typer.Option(help="Layout of DATA, if it cannot be found out.")
    ] = None,
    target: Annotated[Target, typer.Option(help=TARGET_HELP)] = "road",
    json: Json = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT",
            help="Folder for metrics.json, per_image.npz (counts of each picture) and "
            "per_image.csv (scores of each).",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for report.html, one page that explains the scores."
        ),
    ] = None,
    details: _Details = False,
    flip: Flip = False,
    scales: Scales = "1",
    threshold: Threshold = None,
    engine: _Engine = "auto",
    device: Device = "auto",
    precision: Annotated[
        Precision,
        typer.Option(
            help="float32 gives the same scores on all machines; bfloat16 or auto may be faster."
        ),
    ] = "float32",
) -> None:
    """Score MODEL on DATA: pixel accuracy, IoU of each class, and MaxF and AP for road."""
    from roadfcn.datasets.layouts import open_dataset
    from roadfcn.prediction.network.decision import check_threshold
    from roadfcn.prediction.network.predictor import Predictor
    from roadfcn.weights.shipped_models import find_model

    # Scoring takes long: what cannot be written is refused before.
    _check(json, out, report)
    check_threshold(threshold)
    dataset = open_dataset(data, split, layout=layout, target=target)
    path = find_model(model)
    backend = _open(path, engine, device, precision)
    predictor = Predictor(backend, views=make_views(flip, scales), threshold=threshold)
    evaluation = _score(predictor, dataset, details or report is not None, json, out)
    if report is not None:
        _write_report(report, evaluation, dataset, predictor, path, precision)


def _open(path: Path, engine: EngineName, device: str, precision: Precision) -> Backend:
    """Open a model for scoring: the same call shall give the same scores on any machine.

    So a model is not converted, nor is a conversion taken, unless that is asked for.
    """
    if engine == "auto":
        from roadfcn.backends.opening import open_backend

        return open_backend(path, device=device, precision=precision)
    from roadfcn.cli.parts.json_output import tell
    from roadfcn.prediction.engines.choice import open_model

    return open_model(path, engine=engine, device=device, precision=precision, say=tell)


def _check(json: Path | None, out: Path | None, report: Path | None) -> None:
    from roadfcn.cli.parts.json_output import check_json
    from roadfcn.evaluation.evaluate import SCORES_NAME
    from roadfcn.output_files import check_writable

    check_json(json)
    if out is not None:
        check_writable(out / SCORES_NAME)
    if report is not None:
        from roadfcn.evaluation.report.page import PAGE_NAME

        check_writable(report / PAGE_NAME)


def _score(
    predictor: Predictor,
    dataset: FilePairDataset,
    details: bool,
    json: Path | None,
    out: Path | None,
) -> Evaluation:
    """Score, show the scores, and write what is asked for."""
    from roadfcn.cli.parts.json_output import is_standard_output, tell, write_json
    from roadfcn.cli.parts.progress import progress_bar
    from roadfcn.cli.parts.tables import show_scores
    from roadfcn.evaluation.evaluate import evaluate

    with progress_bar(f"Scoring {dataset.name} {dataset.split}") as progress:
        evaluation = evaluate(predictor, dataset, progress, details=details)
    scores = evaluation.to_scores()
    # Shown before anything is written: a disk that is full by now does not cost the scores.
    if not is_standard_output(json):
        show_scores(scores, evaluation.per_image.label_set)
    write_json(json, scores)
    if out is not None:
        evaluation.save(out)
        tell(f"scores and counts of each picture: {out}")
    return evaluation


def _write_report(
    folder: Path,
    evaluation: Evaluation,
    dataset: FilePairDataset,
    predictor: Predictor,
    model: Path,
    precision: str,
) -> None:
    from roadfcn.cli.parts.json_output import tell
    from roadfcn.evaluation.report.page import write_report

    page = write_report(
        *(folder, evaluation, dataset, predictor),
        model=model,
        precision=precision,
        command=shlex.join(["roadfcn", *sys.argv[1:]]),
    )
    tell(f"report: {page}")
