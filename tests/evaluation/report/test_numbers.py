import math

import pytest

from roadfcn.evaluation.report.numbers import amount, counted, percent, points, rough, span


def test_shares_are_written_in_per_cent():
    assert [percent(value) for value in (0.12345, 1.0, None, math.nan)] == [
        "12.35",
        "100.00",
        "\u2013",
        "\u2013",
    ]
    assert (rough(0.7021), rough(0.0316), rough(0.0996)) == ("70", "3.2", "10")


def test_intervals_and_differences():
    assert span((0.9494, 0.9677)) == "94.9 to 96.8"
    assert span(None) == "\u2013"
    assert [points(value) for value in (0.0123, -0.0123, -0.00001)] == [
        "+1.23",
        "\u22121.23",
        "0.00",
    ]
    assert points(None) == points(math.nan) == "\u2013"


@pytest.mark.parametrize(
    ("count", "text"),
    [(950, "950"), (12_400, "12,400"), (3_140_000, "3.1 million"), (31_400_000, "31 million")],
)
def test_large_counts_are_rounded(count, text):
    assert amount(count) == text


def test_nouns_follow_their_number():
    assert (counted(1, "picture"), counted(1200, "picture")) == ("1 picture", "1,200 pictures")
