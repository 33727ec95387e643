import math

import numpy as np
import pytest

from direct_scores import direct_counts, direct_scores
from golden_frame import golden_frame
from roadfcn.errors import MaskError
from roadfcn.kitti.scores import RoadCounts, count_thresholds, road_scores


def counts_of(values, truth, valid=None):
    """Count a picture of one row."""
    valid = np.ones(len(values), bool) if valid is None else np.array(valid)
    return count_thresholds(np.array([values], np.uint8), np.array([truth]), valid[None])


def test_counts_equal_those_of_the_development_kit():
    counts = count_thresholds(*golden_frame())
    assert (counts.positives, counts.negatives) == (75153, 376197)
    some = [0, 1, 64, 128, 192, 255]
    assert counts.false_negatives[some].tolist() == [0, 0, 0, 103, 25505, 72074]
    assert counts.false_positives[some].tolist() == [376197, 312888, 206278, 91576, 6417, 0]
    assert (counts.false_negatives[178], counts.false_positives[178]) == (15220, 17347)


def test_scores_equal_those_of_the_development_kit_to_the_last_digit():
    scores = road_scores(count_thresholds(*golden_frame()))
    assert scores.max_f == 0.7863520365824967
    assert scores.average_precision == 0.8694857259659234
    assert scores.threshold == 178 / 255
    assert scores.precision == 0.7755305171012878
    assert scores.recall == 0.7974798083305359
    assert scores.false_positive_rate == 0.04611147940158844
    assert scores.false_negative_rate == 0.2025201916694641


@pytest.mark.parametrize("seed", range(5))
def test_counts_and_scores_equal_a_slow_second_implementation(seed):
    random = np.random.default_rng(seed)
    road = random.random((23, 31)) < 0.3
    valid = random.random((23, 31)) < 0.9
    quantised = (road * 90 + random.integers(0, 166, road.shape)).astype(np.uint8)
    counts = count_thresholds(quantised, road, valid)
    misses, alarms = direct_counts(quantised, road, valid)
    assert counts.false_negatives.tolist() == misses
    assert counts.false_positives.tolist() == alarms
    scores = road_scores(counts)
    expected = direct_scores(misses, alarms, counts.positives, counts.negatives)
    assert (scores.max_f, scores.average_precision, scores.threshold) == expected


def test_counts_of_pictures_add_up_to_those_of_one_large_picture():
    quantised, road, valid = golden_frame()
    halves = [np.s_[:200], np.s_[200:]]
    total = RoadCounts.none()
    for half in halves:
        total += count_thresholds(quantised[half], road[half], valid[half])
    whole = count_thresholds(quantised, road, valid)
    np.testing.assert_array_equal(total.road, whole.road)
    np.testing.assert_array_equal(total.rest, whole.rest)


def test_what_is_not_valid_counts_nowhere():
    counts = counts_of([255, 0, 255], [True, True, False], [False, False, False])
    assert (counts.positives, counts.negatives) == (0, 0)


def test_a_pixel_is_called_road_if_its_value_reaches_the_threshold():
    counts = counts_of([7, 7], [True, False])
    assert counts.false_negatives[[7, 8]].tolist() == [0, 1]
    assert counts.false_positives[[7, 8]].tolist() == [1, 0]


def test_an_all_zero_map_calls_everything_road():
    # Threshold 0 is always reached: MaxF = 2P/(2P+N), AP = P/(P+N).
    scores = road_scores(counts_of([0] * 10, [True] * 3 + [False] * 7))
    assert scores.max_f == pytest.approx(2 * 3 / (2 * 3 + 7), abs=1e-9)
    assert scores.average_precision == pytest.approx(3 / 10, abs=1e-9)
    assert scores.threshold == 0
    assert (scores.recall, scores.false_positive_rate) == (1, 1)


def test_a_binary_map_has_one_operating_point_beside_everything():
    # 10 road pixels of which 7 are found, 10 others of which 1 is called road. For recalls above
    # 0.7 everything has to be called road: precision 10/20.
    values = [255] * 7 + [0] * 3 + [255] + [0] * 9
    scores = road_scores(counts_of(values, [True] * 10 + [False] * 10))
    steps = sum(step * 0.1 <= 0.7 for step in range(11))
    assert steps == 7  # 7 * 0.1 is 0.7000000000000001
    expected = (steps * 7 / 8 + (11 - steps) * 10 / 20) / 11
    assert scores.average_precision == pytest.approx(expected, abs=1e-9)
    assert scores.threshold == 1 / 255
    assert scores.precision == np.float32(7 / 8)


def test_a_perfect_map_reaches_1_and_the_lowest_of_the_tied_thresholds():
    scores = road_scores(counts_of([200, 200, 90], [True, True, False]))
    assert scores.max_f == pytest.approx(1, abs=1e-9)
    assert scores.threshold == 91 / 255
    assert (scores.false_positive_rate, scores.false_negative_rate) == (0, 0)


def test_without_road_every_score_is_nan():
    scores = road_scores(counts_of([3, 200], [False, False]))
    assert all(math.isnan(value) for value in vars(scores).values())


def test_where_all_is_road_only_the_false_positive_rate_is_nan():
    scores = road_scores(counts_of([3, 200], [True, True]))
    assert math.isnan(scores.false_positive_rate)
    assert scores.max_f == pytest.approx(1, abs=1e-9)
    assert scores.recall == 1


def test_maps_of_different_sizes_are_refused():
    with pytest.raises(MaskError, match=r"a probability map of size \(2, 3\), road truth of size"):
        count_thresholds(np.zeros((2, 3), np.uint8), np.zeros((3, 2), bool), np.ones((3, 2), bool))
