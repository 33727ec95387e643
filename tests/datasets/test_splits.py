import hashlib

import pytest

from roadfcn.datasets.splits import held_out


@pytest.mark.parametrize(
    ("frames", "expected"),
    # 95, 96 and 98 are KITTI Road's categories: 16 each, 48 of 289. A lone frame is for training.
    [(0, 0), (1, 0), (2, 1), (3, 1), (8, 1), (9, 2), (12, 2), (95, 16), (96, 16), (98, 16)],
)
def test_a_sixth_is_held_out_and_at_least_one_of_two(frames, expected):
    assert len(held_out(f"um_{index:06d}" for index in range(frames))) == expected


def test_the_smallest_hashes_are_chosen_in_any_order_of_names():
    names = [f"uu_{index:06d}" for index in range(18)]
    smallest = sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())[:3]
    assert held_out(names) == held_out(reversed(names)) == set(smallest)
