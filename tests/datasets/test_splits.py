import hashlib

import pytest

from roadfcn.datasets.splits import drive_of, held_out, held_out_by_drive


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


@pytest.mark.parametrize(
    ("name", "drive"),
    [
        ("monday/000012", "monday"),
        ("a/b/000012", "a/b"),
        ("monday_000012", "monday"),
        ("2024-05-01 frame 7", "2024-05-01 frame"),
        ("000012", ""),
        ("street", "street"),
    ],
)
def test_a_drive_is_a_folder_or_what_stands_before_the_last_number(name, drive):
    assert drive_of(name) == drive


def test_no_drive_is_on_both_sides():
    names = [f"{drive}/{number}" for drive in "abcdefghij" for number in range(1 + ord(drive) % 7)]
    held = held_out_by_drive(names)
    kept = set(names) - held
    assert {drive_of(name) for name in held}.isdisjoint(map(drive_of, kept))
    assert len(names) / 12 < len(held) < len(names) / 4
    assert held_out_by_drive(reversed(names)) == held


def test_of_two_long_drives_the_smaller_one_is_held_out():
    names = [f"a/{number}" for number in range(50)] + [f"b/{number}" for number in range(60)]
    assert held_out_by_drive(names) == set(names[:50])


def test_of_one_drive_the_end_is_held_out_in_the_order_of_its_numbers():
    names = [f"frame_{number}" for number in range(1, 13)]
    assert held_out_by_drive(reversed(names)) == {"frame_11", "frame_12"}


@pytest.mark.parametrize(("count", "held"), [(0, 0), (1, 0), (2, 1), (6, 1), (9, 2)])
def test_a_sixth_of_one_drive_is_rounded_and_at_least_one_of_two(count, held):
    assert len(held_out_by_drive(str(number) for number in range(count))) == held


def test_names_in_no_encoding_are_dealt_out_like_others():
    """Linux gives names of any bytes; Python shows those that are no text as lone surrogates."""
    names = [f"{drive}/{index}" for drive in ("a", "\udcff") for index in range(6)]
    assert held_out_by_drive(names) in (set(names[:6]), set(names[6:]))
