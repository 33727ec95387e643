import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import DatasetError, ImageFileError, LabelSetError
from roadfcn.evaluation.evaluate import evaluate
from roadfcn.label_sets import CAMVID_11, EGO_LANE, ROAD, VOC_21
from roadfcn.prediction.network.predictor import Predictor

R, M, K = (255, 0, 0), (255, 0, 255), (0, 0, 0)  # truth: not road, road, void

KITTI = {
    # 2 of 3 road pixels are found, 1 of 2 others is called road; the last is void.
    "um_000000": ([[255, 204, 51, 153, 0, 255]], [[M, M, M, R, R, K]]),
    "uu_000000": ([[255, 0]], [[M, R]]),
}


def test_road_model_on_kitti_truth_gives_the_scores_worked_out_by_hand(write_kitti, red_road):
    scores = evaluate(red_road, write_kitti(KITTI)).to_scores()
    assert (scores["dataset"], scores["split"], scores["images"]) == ("kitti-road", "all", 2)
    # Truth road 4: 3 found. Truth background 3: 2 found.
    assert scores["pixel_accuracy"] == 5 / 7
    assert scores["mean_accuracy"] == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert scores["mean_iou"] == pytest.approx((3 / 5 + 2 / 4) / 2)
    assert scores["frequency_weighted_iou"] == pytest.approx((4 * 3 / 5 + 3 * 2 / 4) / 7)
    assert scores["per_class"] == {
        "background": {"iou": 2 / 4, "accuracy": pytest.approx(2 / 3), "pixels": 3},
        "road": {"iou": 3 / 5, "accuracy": 3 / 4, "pixels": 4},
    }


def test_road_is_scored_by_category_and_pooled(write_kitti, red_road):
    road = evaluate(red_road, write_kitti(KITTI)).to_scores()["road"]
    assert list(road) == ["image"]
    assert list(road["image"]) == ["urban_road", "um_road", "uu_road"]
    um, uu, pooled = (road["image"][name] for name in ("um_road", "uu_road", "urban_road"))
    # um: road at 255, 204, 51 and others at 153, 0. Best F1: from 1 on, 3 of 4 right, all found.
    assert um["threshold"] == 1 / 255
    assert um["MaxF"] == pytest.approx(2 * 0.75 * 1 / 1.75, abs=1e-9)
    assert (um["PRE"], um["REC"], um["FPR"], um["FNR"]) == (0.75, 1, 0.5, 0)
    # Recalls up to 0.6 at precision 1, above that at 3/4.
    assert um["AP"] == pytest.approx((7 * 1 + 4 * 0.75) / 11, abs=1e-9)
    assert uu["MaxF"] == pytest.approx(1, abs=1e-9)
    assert pooled["MaxF"] == pytest.approx(2 * 0.8 * 1 / 1.8, abs=1e-9)


def test_an_11_class_model_is_scored_on_road_truth(write_kitti, red_classes):
    road, sky, car = (CAMVID_11.index(name) for name in ("road", "sky", "car"))
    frames = {"umm_000000": ([[road, road, sky, car]], [[M, R, R, M]])}
    evaluation = evaluate(red_classes, write_kitti(frames))
    assert evaluation.confusion.label_set is ROAD
    assert evaluation.confusion.counts.tolist() == [[1, 1], [1, 1]]
    assert evaluation.to_scores()["road"]["image"]["umm_road"]["PRE"] == 0.5


def test_a_road_model_is_scored_on_11_class_truth(write_camvid, red_road):
    frames = {"a": ([[255, 255, 0, 0]], [[3, 4, 3, 11]])}  # road, pavement, road, void
    evaluation = evaluate(red_road, write_camvid(frames))
    scores = evaluation.to_scores()
    assert evaluation.confusion.counts.tolist() == [[0, 1], [1, 1]]
    assert list(scores["per_class"]) == ["background", "road"]
    assert list(scores["road"]["image"]) == ["urban_road"]


def test_11_classes_on_their_own_truth_keep_all_classes_and_score_road(write_camvid, red_classes):
    frames = {"a": ([[0, 1, 3, 3]], [[0, 1, 3, 8]]), "b": ([[8, 8]], [[8, 11]])}
    scores = evaluate(red_classes, write_camvid(frames)).to_scores()
    assert scores["per_class"]["car"] == {"iou": 1 / 2, "accuracy": 1 / 2, "pixels": 2}
    assert scores["per_class"]["tree"] == {"iou": None, "accuracy": None, "pixels": 0}
    assert scores["mean_iou"] == pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4)
    assert scores["road"]["image"]["urban_road"]["PRE"] == 0.5


def test_lane_truth_is_scored_as_um_lane_only(write_kitti, red_road):
    backend = red_road.backend
    backend.card = replace(backend.card, label_set=EGO_LANE)
    dataset = write_kitti({"um_000003": ([[255, 0]], [[M, R]])}, target="lane")
    scores = evaluate(Predictor(backend), dataset).to_scores()
    assert list(scores["road"]["image"]) == ["um_lane"]
    assert scores["road"]["image"]["um_lane"]["REC"] == 1


def test_scores_are_json_even_where_they_are_undefined(write_kitti, red_road):
    frames = {"um_000000": ([[0, 0]], [[R, R]]), "uu_000000": ([[0]], [[K]])}
    evaluation = evaluate(red_road, write_kitti(frames))
    scores = json.loads(json.dumps(evaluation.to_scores(), allow_nan=False))
    assert scores["per_class"]["road"] == {"iou": None, "accuracy": None, "pixels": 0}
    assert set(scores["road"]["image"]["um_road"].values()) == {None}
    assert scores["pixel_accuracy"] == 1


def test_without_a_single_pixel_of_truth_every_score_is_null(write_kitti, red_road):
    scores = evaluate(red_road, write_kitti({"uu_000000": ([[0]], [[K]])})).to_scores()
    assert scores["pixel_accuracy"] is None
    assert scores["mean_iou"] is None


def test_where_no_class_is_road_there_are_no_road_scores(write_camvid, constant_backend):
    dataset = write_camvid({"a": ([[0]], [[3]])})
    dataset = replace(dataset, label_set=VOC_21)
    predictor = Predictor(constant_backend(VOC_21, 7))
    evaluation = evaluate(predictor, dataset)
    assert "road" not in evaluation.to_scores()
    assert evaluation.per_image.road is None
    assert evaluation.per_image.road_by_distance is None


def test_the_probability_is_rounded_as_in_a_picture_file(write_kitti, red_road):
    dataset = write_kitti({"um_000000": ([[100, 101]], [[M, R]])})
    road, rest = evaluate(red_road, dataset).per_image.road[0]
    assert np.flatnonzero(road).tolist() == [100]
    assert np.flatnonzero(rest).tolist() == [101]


def test_the_example_in_the_documentation_is_what_comes_out(write_kitti, red_road):
    text = (Path(__file__).parents[2] / "docs" / "scores.md").read_text(encoding="utf-8")
    example = json.loads(text.partition("```json")[2].partition("```")[0])
    assert evaluate(red_road, write_kitti(KITTI)).to_scores() == example


def test_progress_is_called_after_each_picture(write_kitti, red_road):
    calls = []
    evaluate(red_road, write_kitti(KITTI), lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]


def test_saved_scores_and_counts_can_be_read_back(write_kitti, red_road, tmp_path):
    evaluation = evaluate(red_road, write_kitti(KITTI))
    evaluation.save(tmp_path / "run" / "evaluation")
    folder = tmp_path / "run" / "evaluation"
    assert sorted(path.name for path in folder.iterdir()) == [
        "metrics.json",
        "per_image.csv",
        "per_image.npz",
    ]
    assert (
        json.loads((folder / "metrics.json").read_text(encoding="utf-8")) == evaluation.to_scores()
    )
    with np.load(folder / "per_image.npz", allow_pickle=False) as rows:
        assert rows["names"].tolist() == ["um_000000", "uu_000000"]
        assert rows["categories"].tolist() == ["um", "uu"]
        assert rows["classes"].tolist() == ["background", "road"]
        assert rows["confusion"].tolist() == [[[1, 1], [1, 2]], [[1, 0], [0, 1]]]
        assert rows["road"].shape == (2, 2, 256)
        assert rows["road"].sum(axis=2).tolist() == [[3, 2], [1, 1]]
        assert rows["calibrated"].tolist() == [False, False]
        assert rows["road_birds_eye"].shape == (2, 2, 256)
        assert rows["road_birds_eye_by_distance"].shape == (2, 4, 2, 256)
        assert not rows["road_birds_eye"].any()


def test_a_road_model_cannot_be_scored_on_lane_truth(write_kitti, red_road):
    dataset = write_kitti({"um_000000": ([[255]], [[M]])}, target="lane")
    with pytest.raises(LabelSetError, match="have no common classes to score on"):
        evaluate(red_road, dataset)


def test_a_split_without_truth_is_refused(write_kitti, red_road):
    dataset = write_kitti(KITTI)
    bare = replace(dataset, frames=(replace(dataset.frames[0], mask_path=None),))
    with pytest.raises(DatasetError, match=r"the split 'all' of .* has no truth to score against"):
        evaluate(red_road, bare)


def test_a_broken_picture_stops_the_evaluation(write_kitti, red_road):
    dataset = write_kitti(KITTI)
    dataset.frames[0].image_path.write_bytes(b"no picture")
    with pytest.raises(ImageFileError, match="cannot be read as a picture"):
        evaluate(red_road, dataset)


@pytest.mark.real_data
@pytest.mark.skipif("ROADFCN_KITTI_SAMPLE" not in os.environ, reason="no ROADFCN_KITTI_SAMPLE")
def test_a_model_that_never_says_road_gets_the_defined_scores_on_real_frames(constant_backend):
    dataset = open_dataset(Path(os.environ["ROADFCN_KITTI_SAMPLE"]), "all")
    backend = constant_backend(ROAD, 0)
    scores = evaluate(Predictor(backend), dataset).to_scores()
    # Pixels of um_road_000000 and um_road_000001, counted independently.
    road, rest = 61316 + 69165, 398964 + 388113
    assert scores["per_class"]["road"] == {"iou": 0, "accuracy": 0, "pixels": road}
    assert scores["pixel_accuracy"] == rest / (road + rest)
    um_road = scores["road"]["image"]["um_road"]
    assert um_road["MaxF"] == pytest.approx(2 * road / (2 * road + rest), abs=1e-9)
    assert um_road["AP"] == pytest.approx(road / (road + rest), abs=1e-9)
    assert um_road["threshold"] == 0


def test_labels_from_the_best_threshold_on_have_the_best_f(write_kitti, red_road):
    plain = evaluate(red_road, write_kitti(KITTI)).to_scores()
    best = plain["road"]["image"]["urban_road"]
    assert "road_threshold" not in plain
    for given in (best["threshold"], float(f"{best['threshold']:.3f}")):
        scored = evaluate(Predictor(red_road.backend, threshold=given), write_kitti(KITTI))
        (_, false_alarms), (misses, hits) = scored.confusion.counts.tolist()
        assert 2 * hits / (2 * hits + misses + false_alarms) == pytest.approx(best["MaxF"])
        scores = scored.to_scores()
        assert scores["road_threshold"] == given
        # All thresholds are looked at whatever the labels are.
        assert scores["road"] == plain["road"]
