from collections import Counter

import pytest

from roadfcn.training.frames.epoch_order import EpochOrder


def further(order, epoch):
    """Give an epoch's frames that are not of the main set, in their order, as numbers of frames."""
    total = order.frames + sum(count for count, _ in order.further)
    return [index % total for index in order.of(epoch) if index % total >= order.frames]


def test_a_single_set_comes_once_in_another_order_each_epoch():
    order = EpochOrder(30, seed=7)
    first, second = order.of(0), order.of(1)
    assert len(order) == 30
    assert sorted(first) == sorted(second) == list(range(30))
    assert first != second


def test_every_frame_of_the_main_set_comes_once_among_those_of_further_sets():
    order = EpochOrder(12, ((50, 4), (3, 2)))
    assert len(order) == 18
    for epoch in range(5):
        indices = order.of(epoch)
        assert len(indices) == len(set(indices)) == 18
        assert sorted(i for i in indices if i < 12) == list(range(12))
        assert sum(12 <= i % 65 < 62 for i in indices) == 4
        assert sum(62 <= i % 65 < 65 for i in indices) == 2


def test_further_frames_come_again_only_when_all_have_come():
    order = EpochOrder(5, ((10, 4),))
    seen = [index for epoch in range(5) for index in further(order, epoch)]  # two rounds of ten
    assert Counter(seen) == dict.fromkeys(range(5, 15), 2)
    epochs = [set(further(order, epoch)) for epoch in range(5)]
    assert len(epochs[0] | epochs[1]) == 8
    assert (epochs[0] | epochs[1]) | epochs[2] == set(range(5, 15))
    assert epochs[0] != set(range(5, 9))  # no order that was there before


def test_rounds_have_orders_of_their_own():
    order = EpochOrder(1, ((40, 20), (40, 20)))
    halves = [
        {frame - start for frame in further(order, epoch) if start <= frame < start + 40}
        for start in (1, 41)
        for epoch in (0, 2, 4)
    ]
    assert len({frozenset(half) for half in halves}) == 6


def test_a_frame_that_comes_again_in_an_epoch_has_another_number():
    order = EpochOrder(6, ((2, 5),))
    for epoch in range(4):
        indices = order.of(epoch)
        assert len(set(indices)) == 11
        often = Counter(further(order, epoch))
        assert set(often) == {6, 7}
        assert sorted(often.values()) == [2, 3]


@pytest.mark.parametrize("further_sets", [(), ((20, 6),)])
def test_order_depends_on_seed_and_epoch_only(further_sets):
    whole = [EpochOrder(9, further_sets, seed=3).of(epoch) for epoch in range(4)]
    assert EpochOrder(9, further_sets, seed=3).of(3) == whole[3]
    assert EpochOrder(9, further_sets, seed=4).of(0) != whole[0]


def test_seeds_draw_other_further_frames():
    draws = {frozenset(further(EpochOrder(3, ((100, 9),), seed), 0)) for seed in range(5)}
    assert len(draws) == 5
