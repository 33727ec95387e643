"""The report of one evaluation: what was measured, what goes wrong, what to fix first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.evaluation.data_names import data_name, shown_names
from roadfcn.evaluation.details import Details
from roadfcn.evaluation.drives import drawn_by, some_too_few, too_few
from roadfcn.evaluation.evaluate import Evaluation
from roadfcn.evaluation.picture_table import picture_scores
from roadfcn.evaluation.report import error_map
from roadfcn.evaluation.report.chart_set import report_charts
from roadfcn.evaluation.report.facts import data_facts, machine_facts, model_facts
from roadfcn.evaluation.report.frames import Shown, choose_frames, show_frames
from roadfcn.evaluation.report.hints import find_hints
from roadfcn.evaluation.report.numbers import counted, percent
from roadfcn.evaluation.report.pictures_chart import pictures_chart
from roadfcn.evaluation.report.rendering import write_page
from roadfcn.evaluation.report.summary import summary
from roadfcn.evaluation.report.tables import (
    class_rows,
    confusion,
    picture_measure,
    picture_rows,
    road_rows,
)
from roadfcn.evaluation.scores_json import BIRDS_EYE
from roadfcn.label_sets import drivable_class
from roadfcn.prediction.network.predictor import Predictor

PAGE_NAME = "report.html"
_TEMPLATE = "page.html.jinja"
_COLOURS = {
    "missed": error_map.MISSED,
    "called": error_map.FALSE_ALARM,
    "mixed": error_map.MIXED_UP,
}
_APART = 8  # frames of a drive that lie closer show the same
_STRETCH = 20  # and of a single drive, which may be seconds of a video, one of so many is shown
_LONG_NAME = 16  # of a picture: with longer ones their table needs the whole width


def write_report(
    folder: Path,
    evaluation: Evaluation,
    dataset: FilePairDataset,
    predictor: Predictor,
    *,
    model: Path,
    precision: str = "",
    command: str = "",
) -> Path:
    """Write `report.html` into a folder, over an older one; a few pictures are predicted again.

    Args:
        folder: Is made if needed.
        evaluation: Made with `details=True`.
        dataset: What was scored.
        predictor: The model that was scored.
        model: Where it lies.
        precision: What it ran in, such as "float32".
        command: The command line that made it; "" without one.

    Returns:
        The page.

    Raises:
        ValueError: The evaluation has no details.
        ImageFileError, MaskError: A picture that is to be shown has changed since.
        OutputError: The page cannot be written.
    """
    if evaluation.details is None:
        raise ValueError("a report needs an evaluation with details=True")
    content = _content(evaluation, evaluation.details, dataset, predictor, Path(model))
    running = predictor.backend.running
    content["facts"] = {
        "Model": model_facts(Path(model), predictor.backend.card),
        "Data": data_facts(dataset),
        "Run": machine_facts(
            *(running.device, precision, command, evaluation.views),
            engine=running.engine,
            threshold=evaluation.threshold,
        ),
    }
    path = Path(folder) / PAGE_NAME
    write_page(path, _TEMPLATE, content)
    return path


def _content(
    evaluation: Evaluation,
    details: Details,
    dataset: FilePairDataset,
    predictor: Predictor,
    model: Path,
) -> dict[str, Any]:
    """Give everything that the page names but the facts."""
    rows, scores = evaluation.per_image, evaluation.to_scores()
    measure, key = picture_measure(rows)
    columns, road = picture_scores(rows), drivable_class(rows.label_set)
    values = columns[key]
    drawn = drawn_by(evaluation.dataset, rows.names)
    apart = _APART if drawn.groups is not None or drawn.single_drive else 1
    chosen = choose_frames(values, apart, _STRETCH if drawn.single_drive else 1)
    shown = show_frames(chosen, dataset, predictor, rows.label_set)
    name, head = _model_name(model), str(predictor.backend.card.architecture.get("head"))
    return {
        "title": f"{name} on {data_name(dataset.name, dataset.origin)}, {dataset.split}",
        "name": name,
        "scores": scores,
        "pictures": counted(len(rows), "picture"),
        "too_few": too_few(drawn.unit, drawn.count),
        "some_too_few": some_too_few(drawn.unit) if _has_dashes(scores) else "",
        "void": percent(details.void.sum() / max(1, details.void.sum() + rows.confusion.sum())),
        "tiles": summary(scores, road),
        "hints": find_hints(rows, details, drawn, head),
        "frames": [_captioned(frame, columns, measure, road) for frame in shown],
        "colours": {key: "#{:02x}{:02x}{:02x}".format(*rgb) for key, rgb in _COLOURS.items()},
        "road": road,
        "classes": class_rows(scores, rows.label_set),
        "confusion": confusion(rows.pooled_confusion()),
        "road_tables": _road_tables(scores),
        "charts": report_charts(evaluation, details, scores),
        "measure": measure,
        "apart": apart > 1,
        "picture_chart": pictures_chart("pictures", measure, values, rows.names),
        "picture_table": picture_rows(rows),
        "long_names": max(map(len, rows.names)) > _LONG_NAME,
    }


def _has_dashes(scores: Mapping[str, Any]) -> bool:
    """Tell whether a class has a score, but no interval."""
    ends = scores["details"]["intervals"]["per_class"]
    known = scores["per_class"]
    return any(known[name]["iou"] is not None and ends[name] is None for name in ends)


def _model_name(model: Path) -> str:
    """Call a model by its run folder, whose weights have the same name in every run."""
    path = Path(model).absolute()
    return path.parent.name if path.name == "model.safetensors" else path.name


def _captioned(
    frame: Shown, columns: Mapping[str, NDArray[np.float64]], measure: str, road: str | None
) -> dict[str, Any]:
    """Give a frame with its scores in words, first the one that it was chosen by."""
    shown = {"mean IoU": "mean_iou", "pixel accuracy": "pixel_accuracy"}
    if road is not None:
        shown = {f"IoU of {road}": f"iou_{road}"} | shown
    names = sorted(shown, key=lambda name: name != measure)
    scores = [f"{name} {percent(float(columns[shown[name]][frame.index]))} %" for name in names]
    return {"frame": frame, "caption": ", ".join(scores)}


def _road_tables(scores: Mapping[str, Any]) -> dict[str, list[tuple[str, ...]]]:
    views = {"image": "In the picture", BIRDS_EYE: "In bird's-eye view"}
    road = scores.get("road", {})
    return {
        title: road_rows(
            road[view],
            scores["details"]["intervals"]["road"][view],
            shown_names(scores["dataset"], scores.get("origin", "")),
        )
        for view, title in views.items()
        if view in road
    }
