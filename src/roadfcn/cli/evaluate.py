"""`roadfcn evaluate`: a model's scores on a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    model: Annotated[Path, typer.Argument(help="Run folder, or .safetensors file.")],
    data: Annotated[Path, typer.Argument(help="Data folder; its layout is found out.")],
    split: Annotated[str, typer.Option(help="train, val, test or all.")] = "val",
    layout: Annotated[
        str | None, typer.Option(help="kitti-road or camvid, if it cannot be found out.")
    ] = None,
    target: Annotated[str, typer.Option(help="road or lane, for KITTI Road.")] = "road",
    json: Annotated[
        Path | None,
        typer.Option(help="Write the scores here, over an older file; - for standard output."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for metrics.json and per_image.npz (counts of each picture)."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps, ...")] = "auto",
    precision: Annotated[
        str,
        typer.Option(
            help="float32 gives the same scores on all machines; bfloat16 or auto may be faster."
        ),
    ] = "float32",
) -> None:
    """Score MODEL on DATA: pixel accuracy, IoU of each class, and MaxF and AP for road."""
    from roadfcn.backends.opening import open_backend
    from roadfcn.cli.progress import progress_bar
    from roadfcn.cli.tables import show_scores
    from roadfcn.datasets.layouts import open_dataset
    from roadfcn.evaluation.evaluate import evaluate as run_evaluation
    from roadfcn.evaluation.scores_json import scores_text, write_scores
    from roadfcn.prediction.predictor import Predictor

    dataset = open_dataset(data, split, layout=layout, target=target)
    predictor = Predictor(open_backend(model, device=device, precision=precision))
    with progress_bar(f"Scoring {dataset.name} {dataset.split}") as progress:
        evaluation = run_evaluation(predictor, dataset, progress)
    scores = evaluation.to_scores()
    if out is not None:
        evaluation.save(out)
    if json == Path("-"):
        print(scores_text(scores), end="")
        return
    show_scores(scores, evaluation.per_image.label_set)
    if json is not None:
        write_scores(json, scores)
        print(f"scores: {json}")
    if out is not None:
        print(f"scores and counts of each picture: {out}")
