"""Counts of each picture, and the scores beside them.

What opens has the file's numbers; and a model differs from itself in nothing, whatever they are.
"""

import json
from io import BytesIO
from pathlib import Path
from unittest import mock

import numpy as np
from hypothesis import strategies as st
from numpy.lib.npyio import NpzFile

from fuzzing.cases import Case, Kind
from fuzzing.mutations import LONG, damaged, damaged_tree, spliced
from fuzzing.npz import bombs, other_arrays, other_members
from roadfcn.evaluation.comparison import compare
from roadfcn.evaluation.details import Details
from roadfcn.evaluation.evaluate import PER_IMAGE_NAME, SCORES_NAME
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.report.comparison_page import write_comparison
from roadfcn.evaluation.saved_evaluations import open_evaluation
from roadfcn.label_sets import CAMVID_11, ROAD, LabelSet
from roadfcn.metrics.calibration_error import BINS
from roadfcn.metrics.trimap import RADII_PX

SCORES = {
    "dataset": "kitti-road",
    "origin": "",
    "split": "val",
    "road": {"image": {"um_lane": {"MaxF": 0.5}}},
}
_SIDES = LabelSet("sides", ("left", "right"), ((0, 0, 0), (9, 9, 9)))


def valid_counts(workshop):
    """List the bytes of files for road with all there is, street classes, and some of one's own."""
    made = [
        (ROAD, ("um_000000", "um_000001", "uu_000000"), True),
        (CAMVID_11, ("0016E5_07959", "0016E5_07961"), False),
        (_SIDES, ("left/a", "right/b"), True),
    ]
    contents = []
    for number, (label_set, names, detailed) in enumerate(made):
        path = workshop / f"{number}.npz"
        further = _details(len(names), len(label_set)).arrays() if detailed else None
        _rows(label_set, names).write(path, further)
        contents.append(path.read_bytes())
    return contents


def _rows(label_set, names):
    count, size, is_road = len(names), len(label_set), label_set is ROAD
    draw = np.random.default_rng(count).integers
    return PerImageCounts(
        names,
        tuple(name.partition("_")[0] if is_road else "" for name in names),
        label_set,
        draw(0, 99, (count, size, size)),
        draw(0, 99, (count, 2, 256)) if is_road else None,
        np.arange(count) % 2 == 0,
        draw(0, 99, (count, 4, 2, 256)) if is_road else None,
    )


def _details(count, size):
    draw = np.random.default_rng(size).integers
    return Details(
        # In both, the parts come before the wholes; of confidence the whole comes first.
        np.sort(draw(0, 99, (count, size, 2)), axis=-1),
        np.sort(draw(0, 99, (count, size, 4)), axis=-1),
        draw(0, 99, (count, len(RADII_PX), size, size)),
        np.sort(draw(0, 99, (count, BINS, 3)), axis=-1)[..., ::-1].astype(np.float64),
        draw(0, 99, count),
    )


def counts_bytes(files):
    """Give a strategy of bytes: `files` damaged in some way."""
    contents = st.sampled_from(files)
    arrays, members = other_arrays(contents), other_members(contents)
    ordinary = [damaged(contents), spliced(contents), arrays, arrays, arrays, members, members]
    return st.one_of(*ordinary * 7, st.sampled_from(bombs(files[0])))


def _cases(workshop):
    scores = st.one_of(
        st.just(json.dumps(SCORES)),
        damaged_tree(st.just(SCORES)).map(lambda tree: json.dumps(tree, default=str)[:LONG]),
        st.sampled_from(["", "{", "[]", "null", "[" * LONG, "9" * LONG, '{"dataset": "<script>"}']),
    )
    return st.builds(
        lambda content, text: Case(PER_IMAGE_NAME, content, (text,)),
        counts_bytes(valid_counts(workshop)),
        scores,
    )


def _check(case, folder):
    (text,) = case.words
    scores = text.encode("utf-8", "surrogatepass")
    runs = [folder / "first", folder / "second"]
    for run in runs:
        run.mkdir()
        (run / case.name).write_bytes(case.content)
        if scores:
            (run / SCORES_NAME).write_bytes(scores)
    try:
        evaluations = [open_evaluation(run) for run in runs]
    finally:
        assert not Path("PWNED").exists(), "the file has run a program"
    first = evaluations[0]
    _assert_as_stored(first, case.content)
    with mock.patch("roadfcn.evaluation.comparison.DRAWS", 20):  # more would only take longer
        comparison = compare(evaluations)
    page = write_comparison(folder / "page", comparison, evaluations)
    assert "<script" not in page.read_text(encoding="utf-8")
    json.dumps(comparison, allow_nan=False)
    assert comparison["images"] == len(first.rows)
    differences = [value for entry in comparison["scores"] for value in entry["differences"]]
    assert {difference["value"] for difference in differences} <= {0, None}
    for run in runs:
        assert (run / case.name).read_bytes() == case.content
        assert not scores or (run / SCORES_NAME).read_bytes() == scores


def _assert_as_stored(evaluation, content):
    """Compare with what NumPy alone reads."""
    rows, details = evaluation.rows, evaluation.details
    # np.load itself goes by the first bytes, where an archive may have others before it.
    with NpzFile(BytesIO(content), allow_pickle=False) as stored:
        assert list(rows.names) == stored["names"].tolist()
        assert list(rows.categories) == stored["categories"].tolist()
        assert list(rows.label_set.classes) == stored["classes"].tolist()
        found = {
            "confusion": rows.confusion,
            "road": rows.road,
            "road_birds_eye_by_distance": rows.road_by_distance,
            "calibrated": rows.calibrated,
            **(details.arrays() if details else {}),
        }
        for name, array in found.items():
            if name in stored.files:
                np.testing.assert_array_equal(array, stored[name])
            else:
                assert array is None or not array.any()


COUNTS = Kind("counts", _cases, _check)
