"""All charts of one report, out of its counts and scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roadfcn.evaluation.data_names import shown_names
from roadfcn.evaluation.detail_scores import LIKELIEST, reliability, trimap_matrices
from roadfcn.evaluation.details import Details
from roadfcn.evaluation.evaluate import Evaluation
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.report.charts import Chart, reliability_chart, trimap_chart
from roadfcn.evaluation.report.road_charts import (
    distance_chart,
    precision_recall_chart,
    threshold_chart,
)
from roadfcn.evaluation.scores_json import BY_DISTANCE, pool_names, road_pools
from roadfcn.kitti.scores import RoadCounts
from roadfcn.metrics.trimap import RADII_PX


def report_charts(
    evaluation: Evaluation, details: Details, scores: Mapping[str, Any]
) -> dict[str, list[Chart]]:
    """Draw the charts about road ("road"), and about outlines and confidence ("edges").

    Args:
        evaluation: What was counted.
        details: The further counts.
        scores: As the evaluation gives them.
    """
    rows, whole = evaluation.per_image, evaluation.confusion
    bands = [
        (radius, matrix.pixel_accuracy, matrix.mean_iou)
        for radius, matrix in zip(RADII_PX, trimap_matrices(rows, details), strict=True)
    ]
    asked = {LIKELIEST: "Is the label right?"}
    return {
        "road": _road_charts(evaluation, rows, scores),
        "edges": [
            trimap_chart("trimap", bands, (whole.pixel_accuracy, whole.mean_iou)),
            *(
                reliability_chart(f"reliability{index}", asked.get(key, f"Is it {key}?"), diagram)
                for index, (key, diagram) in enumerate(reliability(rows, details).items())
            ),
        ],
    }


def _road_charts(
    evaluation: Evaluation, rows: PerImageCounts, scores: Mapping[str, Any]
) -> list[Chart]:
    if rows.road is None or "road" not in scores:
        return []
    names = shown_names(evaluation.dataset, evaluation.origin)
    chosen = road_pools(pool_names(rows.categories, evaluation.target))
    pools = {
        names.get(name, name): RoadCounts(*rows.road[pool].sum(axis=0))
        for name, pool in chosen.items()
    }
    charts = [precision_recall_chart("pr", pools), threshold_chart("thresholds", pools)]
    if BY_DISTANCE in scores["road"]:
        categories = {
            names.get(name, name): {band: values["MaxF"] for band, values in row.items()}
            for name, row in scores["road"][BY_DISTANCE].items()
        }
        of_first = next(iter(scores["details"]["intervals"]["road"][BY_DISTANCE].values()))
        ends = {band: values["MaxF"] for band, values in of_first.items()}
        charts.append(distance_chart("distance", categories, ends))
    return charts
