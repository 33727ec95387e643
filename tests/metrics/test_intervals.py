import numpy as np
import pytest

from roadfcn.errors import DatasetError
from roadfcn.label_sets import ROAD
from roadfcn.metrics import intervals
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.metrics.intervals import difference, interval


def share(counts):
    """Score counts (right, all), as pixel accuracy does."""
    return counts[0] / counts[1]


def rows_of(random, pictures):
    every = random.integers(50, 150, pictures)
    return np.stack([random.binomial(every, 0.7), every], axis=1)


def test_an_interval_equals_a_loop_over_draws():
    rows = rows_of(np.random.default_rng(0), 9)
    found = interval(rows, share, resamples=200, seed=5, level=0.8)
    random, scores = np.random.default_rng(5), []
    for chosen in random.integers(9, size=(200, 9)).tolist():
        drawn = [rows[index].tolist() for index in chosen]
        scores.append(sum(right for right, _ in drawn) / sum(every for _, every in drawn))
    scores.sort()
    # Quantiles 0.1 and 0.9 lie between neighbours of the sorted scores: at 19.9 and 179.1.
    assert found.low == pytest.approx(0.1 * scores[19] + 0.9 * scores[20])
    assert found.high == pytest.approx(0.9 * scores[179] + 0.1 * scores[180])
    assert found.estimate == rows[:, 0].sum() / rows[:, 1].sum()


def test_the_interval_of_a_share_has_the_quantiles_of_the_binomial_distribution():
    # Ten pictures of 20 right: a draw has Binomial(20, 1/2) right ones, whose distribution
    # function is 0.021 at 5, 0.058 at 6, 0.942 at 13 and 0.979 at 14.
    rows = np.array([[1, 1], [0, 1]] * 10)
    found = interval(rows, share, resamples=10_000)
    assert (found.low, found.high) == (6 / 20, 14 / 20)


def test_counts_stay_whole_numbers():
    rows = np.array([[[3, 1], [0, 2**40 + 1]], [[1, 1], [2, 2]]] * 3)
    seen = []
    interval(rows, lambda counts: seen.append(counts) or 0.0, resamples=5)
    assert all(counts.dtype == np.int64 for counts in seen)
    assert seen[0].tolist() == [[12, 6], [6, 3 * (2**40 + 3)]]
    assert all(int(counts[1, 1]) % (2**40 + 1) in range(0, 13, 2) for counts in seen)


def test_a_score_may_be_an_array():
    random = np.random.default_rng(1)
    rows = random.integers(1, 50, (12, 2, 2))
    found = interval(rows, lambda counts: ConfusionMatrix(ROAD, counts).iou)
    alone = interval(rows, lambda counts: ConfusionMatrix(ROAD, counts).iou[1])
    assert found.low.shape == found.high.shape == found.estimate.shape == (2,)
    assert (found.low[1], found.high[1]) == (alone.low, alone.high)
    assert (found.low < found.estimate).all()
    assert (found.estimate < found.high).all()


def test_frames_of_one_drive_are_drawn_together():
    rows = rows_of(np.random.default_rng(2), 8)
    drives = interval(rows, share)
    frames = np.repeat(rows, 5, axis=0)  # each drive has five frames, all alike
    grouped = interval(frames, share, groups=np.repeat(list("abcdefgh"), 5).tolist())
    assert (grouped.low, grouped.high) == (drives.low, drives.high)
    apart = interval(frames, share)
    assert apart.high - apart.low < 0.6 * (grouped.high - grouped.low)


def test_draws_do_not_depend_on_the_blocks_they_come_in(monkeypatch):
    rows = rows_of(np.random.default_rng(3), 11)
    whole = interval(rows, share)
    monkeypatch.setattr(intervals, "_BLOCK", 40)
    parts = interval(rows, share)
    assert (parts.low, parts.high) == (whole.low, whole.high)


def test_another_seed_draws_anew():
    rows = rows_of(np.random.default_rng(4), 11)
    assert interval(rows, share, seed=1).low != interval(rows, share, seed=2).low


@pytest.mark.parametrize("groups", [None, ["a", "a", "a"]])
def test_one_picture_or_one_drive_has_no_interval(groups):
    rows = np.array([[1, 2]] if groups is None else [[1, 2]] * 3)
    found = interval(rows, share, groups=groups)
    assert found.estimate == 0.5
    assert np.isnan(found.low)
    assert np.isnan(found.high)
    assert np.isnan(difference(rows, rows, share, groups=groups).p_value)


def test_draws_without_the_class_are_left_out():
    # Of 206 pictures 6 show the class, so in 1 of 400 draws none does.
    rows = np.array([[1, 2]] * 6 + [[0, 0]] * 200)
    with np.errstate(invalid="ignore"):
        found = interval(rows, lambda counts: [share(counts), np.nan])
    np.testing.assert_array_equal([found.low, found.high], [[0.5, np.nan], [0.5, np.nan]])


@pytest.mark.parametrize("groups", [None, "abcdefgh"])
def test_below_six_nothing_is_said_though_all_agree(groups):
    rows, better = np.array([[5, 10]] * 8), np.array([[7, 10]] * 8)
    for units in range(1, 9):
        few = slice(8 if groups else units)
        named = None if groups is None else [groups[n % units] for n in range(8)]
        found = difference(better[few], rows[few], share, groups=named)
        assert found.estimate == pytest.approx(0.2)
        if units < 6:
            assert np.isnan([found.low, found.high, found.p_value]).all()
        else:
            assert (found.low, found.high) == pytest.approx((0.2, 0.2))
            # That n coins all fall on the same side, whichever it is.
            assert found.p_value == 2 * 0.5**units


def test_of_a_class_only_those_pictures_speak_that_show_it():
    # Road is in all twenty; the second class in five, then in six of them.
    for showing, is_known in ((5, False), (6, True)):
        rows = np.array([[8, 10, 3, 4]] * showing + [[8, 10, 0, 0]] * (20 - showing))

        def both(counts):
            return [share(counts[:2]), share(counts[2:])]

        with np.errstate(invalid="ignore"):
            found = interval(rows, both)
            against = difference(rows + np.array([1, 0, 0, 0]), rows, both)
        assert found.estimate.tolist() == [0.8, 0.75]
        assert np.isfinite(found.low).tolist() == [True, is_known]
        assert np.isfinite(against.p_value).tolist() == [True, is_known]


def test_a_class_must_be_shown_by_as_many_with_both_models():
    seen, unseen = np.array([[3, 4]] * 8), np.array([[3, 4]] * 5 + [[0, 0]] * 3)
    with np.errstate(invalid="ignore"):
        for first, second in ((seen, unseen), (unseen, seen)):
            assert np.isnan(difference(first, second, share).p_value)
        assert difference(seen, seen, share).p_value == 1


def test_a_difference_is_told_though_the_intervals_overlap():
    random = np.random.default_rng(6)
    rows = rows_of(random, 60)
    rows[:30, 0] //= 3  # half of the pictures are hard for both
    better = rows + np.array([1, 0])
    found = difference(better, rows, share)
    assert interval(better, share).low < interval(rows, share).high
    assert found.estimate == pytest.approx(60 / rows[:, 1].sum())
    assert 0 < found.low < found.estimate < found.high < 0.02
    assert found.p_value == 2 / 1001


def test_the_p_value_is_that_of_the_binomial_distribution():
    # 15 of 20 pictures are one better and 5 one worse. A draw is not ahead if at most 10 of its
    # pictures are better ones: Binomial(20, 3/4) is at most 10 with probability 0.01386.
    other = np.full((20, 2), 5)
    rows = other.copy()
    rows[:15, 0] += 1
    rows[15:, 0] -= 1
    found = difference(rows, other, share, resamples=20_000)
    assert found.p_value == pytest.approx(2 * 0.01386, abs=0.004)
    assert difference(other, rows, share, resamples=20_000).p_value == found.p_value


def test_the_same_model_twice_shows_no_difference():
    rows = rows_of(np.random.default_rng(7), 10)
    found = difference(rows, rows, share)
    assert (found.low, found.estimate, found.high, found.p_value) == (0, 0, 0, 1)


def test_counts_of_other_pictures_are_refused():
    with pytest.raises(DatasetError, match=r"shape \(3, 2\) to be compared with .* \(4, 2\)"):
        difference(np.ones((3, 2)), np.ones((4, 2)), share)


def test_groups_for_other_pictures_are_refused():
    with pytest.raises(DatasetError, match="2 groups for 3 pictures"):
        interval(np.ones((3, 2)), share, groups=["a", "b"])
