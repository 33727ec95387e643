"""Scores as tables on the terminal, the same for every command that shows some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadfcn.cli.parts.table_parts import (
    UNDEFINED,
    class_name,
    counted,
    number_table,
    percent,
    span,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from roadfcn.label_sets import LabelSet

_BENCHMARK, _POOLED, _ROAD_NAMES = "kitti-road", "urban_road", ("road", "lane")
_BIRDS_EYE, _BY_DISTANCE = "birds_eye", "birds_eye_by_distance"
_LIKELIEST = "likeliest_class"
_WORTH_A_THRESHOLD = 0.03
"""By so much MaxF is above the labels' own F1 where a threshold is recommended."""
_SPACES = {"image": "Road in the image", _BIRDS_EYE: "Road in bird's-eye view"}


def show_scores(
    scores: dict[str, Any], label_set: LabelSet | None = None, console: Console | None = None
) -> None:
    """Print the scores of one evaluation: overall, by class, for road by category, and details.

    Args:
        scores: As `evaluation.scores_json` lays them out.
        label_set: Gives the classes their colours.
        console: Where to print; standard output if None.
    """
    from rich.console import Console

    console = console or Console(highlight=False)
    origin = scores.get("origin")
    layout = f"{origin} in {scores['dataset']}'s layout" if origin else scores["dataset"]
    console.print(
        f"\n[bold]{layout}[/bold], split {scores['split']}, "
        f"{counted(scores['images'], 'picture')}{_looked_at(scores)}\n"
    )
    console.print(_class_table(scores, label_set))
    pooled = _POOLED
    if "road" in scores:
        # KITTI's name for all its road pictures says nothing about another data set.
        is_kittis = scores["dataset"] == _BENCHMARK and not origin
        pooled = _POOLED if is_kittis else "all pictures"
        show_road_scores(scores["road"], pooled, console)
        console.print(_explained(scores), soft_wrap=True)
    if "details" in scores:
        console.print(_detail_table(scores["details"], label_set))
        if "road" in scores:
            console.print(_max_f_table(scores["details"]["intervals"], pooled))
        console.print(_details_explained(scores["details"]), soft_wrap=True)
    bare = scores.get("images_without_calibration", 0)
    if bare and (scores["dataset"] == _BENCHMARK or _BIRDS_EYE in scores["road"]):
        console.print(
            f"{bare} of {counted(scores['images'], 'picture')} without calibration: not scored in "
            "bird's-eye view.",
            soft_wrap=True,
        )


def _looked_at(scores: dict[str, Any]) -> str:
    """Tell of test-time augmentation and of a threshold, if they were used."""
    from roadfcn.prediction.network.decision import threshold_in_words
    from roadfcn.prediction.network.views import Views

    used, threshold = scores.get("test_time_augmentation"), scores.get("road_threshold")
    told = "" if threshold is None else f", road {threshold_in_words(threshold)}"
    if used is None:
        return told
    return f", test-time augmentation ({Views(used['flip'], tuple(used['scales']))}){told}"


def without_details(scores: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a page shows better, where there is one."""
    return {name: part for name, part in scores.items() if name != "details"}


def show_road_scores(
    road: dict[str, Any], pooled: str = _POOLED, console: Console | None = None
) -> None:
    """Print road scores by category: in the image, in bird's-eye view, and MaxF by distance.

    Args:
        road: As `evaluation.scores_json` lays it out.
        pooled: What all road pictures together are called.
        console: Where to print; standard output if None.
    """
    from rich.console import Console

    console = console or Console(highlight=False)
    for space, title in _SPACES.items():
        if space in road:
            console.print(_road_table(title, _named(road[space], pooled)))
    if _BY_DISTANCE in road:
        console.print(_distance_table(_named(road[_BY_DISTANCE], pooled)))
    for kind in _ROAD_NAMES:
        # Only the pools of own lanes end in "_lane".
        named = [
            name
            for name, row in _named(road["image"], pooled).items()
            if row["MaxF"] is None and name.endswith("_lane") == (kind == "lane")
        ]
        if named:
            console.print(
                f"no {kind} pixel in the truth: undefined ({', '.join(named)})", soft_wrap=True
            )


def _class_table(scores: dict[str, Any], label_set: LabelSet | None) -> Table:
    table = number_table("Classes, in %", "class", "IoU", "accuracy", "pixels")
    colours = dict(zip(label_set.classes, label_set.colours, strict=True)) if label_set else {}
    for name, values in scores["per_class"].items():
        table.add_row(
            class_name(name, colours.get(name)),
            percent(values["iou"]),
            percent(values["accuracy"]),
            f"{values['pixels']:,}",
        )
    table.add_section()
    table.add_row("mean", percent(scores["mean_iou"]), percent(scores["mean_accuracy"]), "")
    table.add_row("by frequency", percent(scores["frequency_weighted_iou"]), "", "")
    table.add_row("all pixels", "", percent(scores["pixel_accuracy"]), "")
    return table


def _detail_table(details: dict[str, Any], label_set: LabelSet | None) -> Table:
    """Lay out intervals, and the scores of outlines."""
    intervals, iou, f1 = details["intervals"], details["boundary_iou"], details["boundary_f1"]
    title = f"Outlines, and {100 * intervals['level']:.0f} % intervals of IoU, in %"
    table = number_table(title, "class", "interval", "boundary IoU", "boundary F1")
    colours = dict(zip(label_set.classes, label_set.colours, strict=True)) if label_set else {}
    for name, ends in intervals["per_class"].items():
        numbers = percent(iou["per_class"][name]), percent(f1["per_class"][name])
        table.add_row(class_name(name, colours.get(name)), span(ends), *numbers)
    table.add_section()
    table.add_row("mean", span(intervals["mean_iou"]), percent(iou["mean"]), percent(f1["mean"]))
    of_means = span(intervals["boundary_iou"]), span(intervals["boundary_f1"])
    table.add_row("its interval", "", *of_means)
    table.add_row("by frequency", span(intervals["frequency_weighted_iou"]), "", "")
    table.add_row("pixel accuracy", span(intervals["pixel_accuracy"]), "", "")
    return table


def _max_f_table(intervals: dict[str, Any], pooled: str) -> Table:
    """Lay out the intervals of MaxF, a column for each view."""
    views = {"image": "in the image", _BIRDS_EYE: "in bird's-eye view"}
    shown = {title: intervals["road"].get(space) for space, title in views.items()}
    known = {title: _named(found, pooled) for title, found in shown.items() if found}
    title = f"{100 * intervals['level']:.0f} % intervals of MaxF, in %"
    table = number_table(title, "category", *known)
    for category in known[views["image"]]:
        ends = (found.get(category, {}).get("MaxF") for found in known.values())
        table.add_row(category, *map(span, ends))
    return table


def _details_explained(details: dict[str, Any]) -> str:
    """Say how sure the model is, and what the intervals are made from."""
    from roadfcn.evaluation.drives import some_too_few, too_few

    drawn = details["intervals"]
    errors = ", ".join(
        f"{percent(found['expected_error'])} ({what})"
        for name, found in details["calibration"].items()
        for what in ["of the likeliest class" if name == _LIKELIEST else f"of {name}"]
    )
    made = too_few(drawn["drawn"], drawn["of"])
    if made:
        made = f"No intervals: {made}"
    else:
        made = f"Intervals from {drawn['draws']} draws of {drawn['of']} {drawn['drawn']}"
        made += ", which say nothing about other drives." if drawn["single_drive"] else "."
        if None in drawn["per_class"].values():
            made += f"\n{some_too_few(drawn['drawn'])}"
    return f"Expected calibration error, in %: {errors}.\n{made}"


def _named(categories: dict[str, Any], pooled: str) -> dict[str, Any]:
    return {pooled if name == _POOLED else name: row for name, row in categories.items()}


def _distance_table(categories: dict[str, dict[str, dict[str, float | None]]]) -> Table:
    bands = next(iter(categories.values()))
    table = number_table("MaxF by distance, from above, in %", "category", *bands)
    for category, scores in categories.items():
        table.add_row(category, *(percent(values["MaxF"]) for values in scores.values()))
    return table


def _road_table(title: str, categories: dict[str, dict[str, float | None]]) -> Table:
    names = ("MaxF", "AP", "PRE", "REC", "FPR", "FNR")
    table = number_table(f"{title}, in %", "category", *names, "t")
    for category, values in categories.items():
        table.add_row(
            category,
            *(percent(values[name]) for name in names),
            UNDEFINED if values["threshold"] is None else f"{values['threshold']:.3f}",
        )
    return table


def _explained(scores: dict[str, Any]) -> str:
    """Say where these scores are read, and why one may be high while the IoU above is not."""
    text = (
        "MaxF, PRE, REC, FPR and FNR are read at the threshold t on the probability of\n"
        "road at which F1 is highest; "
    )
    if "road_threshold" in scores:
        text += f"IoU and accuracy take road from {scores['road_threshold']:g} on."
    else:
        text += "IoU and accuracy take each pixel's likeliest class."
    name = next((name for name in _ROAD_NAMES if name in scores["per_class"]), None)
    found = name is not None and scores["per_class"][name]["pixels"] > 0
    if found and scores["per_class"][name]["iou"] == 0:
        text += (
            f"\nNo pixel was rightly labelled {name}, so its IoU is 0; MaxF is not, as at a low\n"
            f"t more is called {name}, in the end everything, which alone gives\n"
            "F1 = 2P / (2P + N)."
        )
    return text + _better_threshold(scores, name)


def _better_threshold(scores: dict[str, Any], name: str | None) -> str:
    """Name the threshold that gives better labels of these pictures, where it does by far."""
    iou = None if name is None else scores["per_class"][name]["iou"]
    best = scores["road"].get("image", {}).get(_POOLED, {})
    if not iou or best.get("MaxF") is None or "road_threshold" in scores:
        return ""
    f1 = 2 * iou / (1 + iou)  # of the same pixels: 2TP / (2TP + FP + FN)
    if best["MaxF"] - f1 < _WORTH_A_THRESHOLD:
        return ""
    chosen = f"--threshold {best['threshold']:.3f}"
    return (
        f"\nLabels have an F1 of {100 * f1:.1f} here; 'roadfcn predict' and 'evaluate' with\n"
        f"{chosen} would give them {100 * best['MaxF']:.1f}. Other pictures may want\n"
        "another one: choose it on some, score it on others."
    )
