"""Whether models were scored on the same pictures, classes and truth; in the same order then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import DatasetError
from roadfcn.evaluation.details import Details
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.saved_evaluations import SavedEvaluation

_NAMED = 3


def same_pictures(evaluations: Sequence[SavedEvaluation]) -> list[SavedEvaluation]:
    """Bring evaluations into the order of the first one's pictures, and give each a name.

    Args:
        evaluations: At least two.

    Raises:
        DatasetError: They are fewer, or differ in pictures, classes, or the truth of a picture.
    """
    if len(evaluations) < 2:
        raise DatasetError(
            f"{len(evaluations)} evaluation{'' if len(evaluations) == 1 else 's'} to compare",
            allowed="two or more",
            do="give the folders of two runs, the one to compare with first",
        )
    first = evaluations[0]
    ordered = [first]
    for other in evaluations[1:]:
        _check_classes(first, other)
        _check_names(first, other)
        place = {name: index for index, name in enumerate(other.rows.names)}
        order = np.array([place[name] for name in first.rows.names])
        sorted_rows = _reordered(other.rows, order)
        _check_truth(first, other, sorted_rows)
        details = None if other.details is None else _details_reordered(other.details, order)
        ordered.append(replace(other, rows=sorted_rows, details=details))
    return _named_apart(ordered)


def _check_classes(first: SavedEvaluation, other: SavedEvaluation) -> None:
    classes, others = first.rows.label_set.classes, other.rows.label_set.classes
    if classes != others:
        raise DatasetError(
            f"{first.folder} was scored in the classes {', '.join(classes)}, and {other.folder} "
            f"in {', '.join(others)}",
            allowed="the same classes in the same order",
            do="score both models on the same data: roadfcn evaluate MODEL DATA --out OUT",
        )


def _check_names(first: SavedEvaluation, other: SavedEvaluation) -> None:
    here, there = set(first.rows.names), set(other.rows.names)
    found = [
        f"{len(names)} of its {len(of)} pictures are not in {place}: {_some(names)}"
        for names, of, place in (
            (sorted(here - there), here, other.folder),
            (sorted(there - here), there, first.folder),
        )
        if names
    ]
    if found:
        whose = first.folder if here - there else other.folder
        raise DatasetError(
            f"{whose} was scored on other pictures{_split(first)} than "
            f"{other.folder if whose is first.folder else first.folder}{_split(other)}: "
            + "; ".join(found),
            allowed="evaluations of the same pictures",
            do="score both models on the same split: roadfcn evaluate MODEL DATA --split SPLIT "
            "--out OUT",
        )


def _check_truth(first: SavedEvaluation, other: SavedEvaluation, rows: PerImageCounts) -> None:
    differs = (first.rows.confusion.sum(axis=2) != rows.confusion.sum(axis=2)).any(axis=1)
    if differs.any():
        names = [first.rows.names[index] for index in np.flatnonzero(differs)]
        raise DatasetError(
            f"{first.folder} and {other.folder} were scored against different truth: of "
            f"{len(names)} of {len(first.rows)} pictures, such as {_some(names)}, the classes "
            "have other numbers of pixels",
            allowed="evaluations on the same pictures with the same truth",
            do="score both models on the same data, split and target",
        )


def _reordered(rows: PerImageCounts, order: NDArray[np.intp]) -> PerImageCounts:
    return PerImageCounts(
        tuple(rows.names[index] for index in order),
        tuple(rows.categories[index] for index in order),
        rows.label_set,
        rows.confusion[order],
        None if rows.road is None else rows.road[order],
        rows.calibrated[order],
        None if rows.road_by_distance is None else rows.road_by_distance[order],
    )


def _details_reordered(details: Details, order: NDArray[np.intp]) -> Details:
    return Details(**{name: counts[order] for name, counts in details.arrays().items()})


def _named_apart(evaluations: list[SavedEvaluation]) -> list[SavedEvaluation]:
    """Call by their folder those that have one name."""
    often = Counter(run.name for run in evaluations)
    return [
        replace(run, name=str(run.folder)) if often[run.name] > 1 else run for run in evaluations
    ]


def _split(run: SavedEvaluation) -> str:
    return f" ({run.split})" if run.split else ""


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
