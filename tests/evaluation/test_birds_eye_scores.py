"""Road scores from above out of a model: the development kit's, and what has no calibration."""

import json
from dataclasses import replace

import numpy as np
import pytest

from golden_frame import golden_frame, golden_truth
from roadfcn.errors import CalibrationError
from roadfcn.evaluation.evaluate import evaluate, read_calibrations
from roadfcn.kitti.scores import RoadCounts, road_scores
from roadfcn.label_sets import EGO_LANE
from roadfcn.prediction.network.predictor import Predictor

GOLDEN = (golden_frame()[0], golden_truth())
M, R = (255, 0, 255), (255, 0, 0)
SMALL = ([[255, 0]], [[M, R]])

# Printed by the benchmark's development kit for this frame.
IMAGE = {
    "MaxF": 0.7863520365824967,
    "AP": 0.8694857259659234,
    "PRE": 0.7755305171012878,
    "REC": 0.7974798083305359,
    "FPR": 0.04611147940158844,
    "FNR": 0.2025201916694641,
    "threshold": 178 / 255,
}
BIRDS_EYE = {
    "MaxF": 0.7077352436927478,
    "AP": 0.7537800580610887,
    "PRE": 0.6489759683609009,
    "REC": 0.7781941294670105,
    "FPR": 0.21715649962425232,
    "FNR": 0.22180584073066711,
    "threshold": 149 / 255,
}


def test_a_models_scores_are_those_of_the_development_kit_in_both_views(write_kitti, red_road):
    dataset = write_kitti({"um_000000": GOLDEN}, calibrated=["um_000000"])
    scores = evaluate(red_road, dataset).to_scores()
    assert scores["road"]["image"] == {"urban_road": IMAGE, "um_road": IMAGE}
    assert scores["road"]["birds_eye"] == {"urban_road": BIRDS_EYE, "um_road": BIRDS_EYE}
    assert scores["images_without_calibration"] == 0


def test_frames_without_calibration_are_left_out_and_counted(write_kitti, red_road):
    frames = {"um_000000": GOLDEN, "um_000001": GOLDEN, "uu_000000": SMALL}
    evaluation = evaluate(red_road, write_kitti(frames, calibrated=["um_000001"]))
    scores = evaluation.to_scores()
    assert scores["images_without_calibration"] == 2
    assert list(scores["road"]["image"]) == ["urban_road", "um_road", "uu_road"]
    assert scores["road"]["birds_eye"] == {"urban_road": BIRDS_EYE, "um_road": BIRDS_EYE}
    assert list(scores["road"]["birds_eye_by_distance"]) == ["urban_road", "um_road"]
    assert evaluation.per_image.calibrated.tolist() == [False, True, False]
    assert not evaluation.per_image.road_by_distance[[0, 2]].any()


def test_bands_of_distance_are_scored_each_for_itself(write_kitti, red_road):
    evaluation = evaluate(red_road, write_kitti({"um_000000": GOLDEN}, calibrated=["um_000000"]))
    bands = evaluation.to_scores()["road"]["birds_eye_by_distance"]["um_road"]
    assert list(bands) == ["6-16 m", "16-26 m", "26-36 m", "36-46 m"]
    counts = evaluation.per_image.road_by_distance
    assert counts.shape == (1, 4, 2, 256)
    # Of the nearest band, the picture's lower edge hides some; the others are seen whole.
    seen = counts.sum(axis=(0, 2, 3)).tolist()
    assert seen == [307362 - 3 * 80000, 80000, 80000, 80000]
    for (name, values), (road, rest) in zip(bands.items(), counts[0], strict=True):
        assert values["MaxF"] == road_scores(RoadCounts(road, rest)).max_f, name
    assert values["MaxF"] < bands["16-26 m"]["MaxF"]


def test_void_stays_void_from_above(write_kitti, red_road):
    prediction, truth = GOLDEN
    dark = truth.copy()
    dark[:230] = 0  # the kit reads black as neither road nor not road
    dataset = write_kitti({"um_000000": (prediction, dark)}, calibrated=["um_000000"])
    counts = evaluate(red_road, dataset).per_image.road_by_distance[0]
    assert not counts[3].any()  # 36 to 46 m is all above row 230
    assert counts[0].sum() == 307362 - 3 * 80000


def test_counts_from_above_can_be_read_back(write_kitti, red_road, tmp_path):
    evaluation = evaluate(red_road, write_kitti({"um_000000": GOLDEN}, calibrated=["um_000000"]))
    evaluation.save(tmp_path)
    scores = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert scores == evaluation.to_scores()
    with np.load(tmp_path / "per_image.npz", allow_pickle=False) as rows:
        assert rows["calibrated"].tolist() == [True]
        assert rows["road_birds_eye"].sum(axis=2).tolist() == [[104605, 202757]]
        bands = rows["road_birds_eye_by_distance"]
    assert bands.shape == (1, 4, 2, 256)
    assert bands.sum(axis=(0, 1, 3)).tolist() == [104605, 202757]


def test_an_own_lane_is_scored_from_above_too(write_kitti, red_road):
    backend = red_road.backend
    backend.card = replace(backend.card, label_set=EGO_LANE)
    dataset = write_kitti({"um_000000": GOLDEN}, target="lane", calibrated=["um_000000"])
    scores = evaluate(Predictor(backend), dataset).to_scores()
    assert scores["road"]["birds_eye"] == {"um_lane": BIRDS_EYE}


def test_a_calibration_of_another_size_is_refused_before_anything_is_predicted(
    write_kitti, red_road
):
    dataset = write_kitti({"um_000000": GOLDEN, "uu_000000": SMALL}, calibrated=["uu_000000"])
    done = []
    with pytest.raises(CalibrationError, match=r"uu_000000.txt puts the road .* of 1 x 2 pixels"):
        evaluate(red_road, dataset, lambda *numbers: done.append(numbers))
    assert not done


def test_a_damaged_calibration_is_refused(write_kitti, red_road):
    dataset = write_kitti({"um_000000": GOLDEN}, calibrated=["um_000000"])
    dataset.frames[0].calibration_path.write_text("P2: 1 2 3\n")
    with pytest.raises(CalibrationError, match="lacks R0_rect, Tr_cam_to_road"):
        read_calibrations(dataset)
    with pytest.raises(CalibrationError, match="lacks R0_rect, Tr_cam_to_road"):
        evaluate(red_road, dataset)
