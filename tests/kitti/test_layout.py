"""Names in a KITTI Road tree."""

import pytest

from roadfcn.kitti.layout import (
    CATEGORIES,
    OFFICIAL_TESTING_COUNTS,
    OFFICIAL_TRAINING_COUNTS,
    FrameId,
    parse_frame_name,
    parse_truth_name,
)


@pytest.mark.parametrize("category", CATEGORIES)
def test_frame_names_survive_the_round_trip(category):
    frame = FrameId(category, 12)
    assert str(frame) == f"{category}_000012"
    assert parse_frame_name(str(frame)) == frame
    assert parse_truth_name(frame.truth_stem("road")) == (frame, "road")


def test_lane_truth_is_told_from_road_truth():
    assert parse_truth_name("um_lane_000003") == (FrameId("um", 3), "lane")


@pytest.mark.parametrize(
    "stem",
    [
        "um_12",
        "um_0000012",
        "xx_000012",
        "um_road_000012",
        "um_000012_x",
        "UM_000012",
        "",
        "um_٠٠٠٠١٢",
    ],
)
def test_other_names_are_no_frames(stem):
    assert parse_frame_name(stem) is None


@pytest.mark.parametrize("stem", ["um_000012", "um_kerb_000012", "um_road_12", "um_road_000012 "])
def test_other_names_are_no_truth(stem):
    assert parse_truth_name(stem) is None


def test_frames_sort_by_category_then_number():
    frames = [FrameId("uu", 0), FrameId("um", 10), FrameId("um", 2), FrameId("umm", 1)]
    assert [str(frame) for frame in sorted(frames)] == [
        "um_000002",
        "um_000010",
        "umm_000001",
        "uu_000000",
    ]


def test_official_counts_add_up_to_the_published_totals():
    assert sum(OFFICIAL_TRAINING_COUNTS.values()) == 289
    assert sum(OFFICIAL_TESTING_COUNTS.values()) == 290
