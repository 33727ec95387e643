"""A short campaign over every kind of file; ROADFCN_FUZZ_CASES=1000 makes it a long one.

`make fuzz` runs the long one with a limit on memory. A violation is kept as a file and told with
the folder that `run_campaign.py --again` takes.
"""

import os
import time

import numpy as np
import pytest
from hypothesis import strategies as st

from fuzzing.campaign import kept_case, run_campaign
from fuzzing.cases import RIGHT, Case, Kind, run_case
from fuzzing.kinds import KINDS
from roadfcn.errors import ImageFileError, RoadfcnError

CASES = int(os.environ.get("ROADFCN_FUZZ_CASES", "30"))


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_damaged_file_ends_in_a_clear_error_or_a_right_answer(kind, tmp_path_factory):
    kept = tmp_path_factory.mktemp("kept")
    tally = run_campaign(kind, CASES, kept)
    assert not tally.violations, "\n".join(tally.violations)
    assert tally.cases == CASES
    assert any(outcome.startswith(RIGHT) for outcome in tally.outcomes), "no case got through"
    assert len(tally.outcomes) > 1, "no case was refused"


def kind_that(check):
    return Kind("planted", lambda _workshop: st.builds(Case, st.just("x"), st.binary()), check)


def refuse(message):
    def check(case, folder):
        raise RoadfcnError(message, allowed="other things", do="bring them")

    return check


def fail(case, folder):
    raise KeyError(case.name)


def answer_wrongly(case, folder):
    assert case.content == folder


def compute_for_ever(case, folder):
    while True:
        try:
            np.sort(np.random.default_rng(0).random(10_000))
        except Exception as problem:
            raise ImageFileError("taken for damage", allowed="-", do="-") from problem


def eat_memory(case, folder):
    np.ones(2**24)


@pytest.mark.parametrize(
    ("check", "outcome"),
    [
        (fail, "violation: KeyError"),
        (answer_wrongly, "violation: wrong answer"),
        (compute_for_ever, "violation: too slow"),
        (eat_memory, "violation: memory"),
        (refuse("it is red"), "RoadfcnError"),
        (lambda case, folder: None, RIGHT),
        (lambda case, folder: "right answer: nearly", "right answer: nearly"),
    ],
)
def test_what_comes_of_a_case_is_seen(tmp_path, monkeypatch, check, outcome):
    monkeypatch.setattr("fuzzing.cases.CPU_SECONDS", 0.5)
    monkeypatch.setattr("fuzzing.cases.GROWTH_BYTES", 2**26)
    result = run_case(kind_that(check), Case("x", b""), tmp_path)
    assert result.outcome == outcome
    assert (result.violation is None) == (not outcome.startswith("violation"))


def test_the_clock_does_not_count_only_the_processor(tmp_path, monkeypatch):
    monkeypatch.setattr("fuzzing.cases.CPU_SECONDS", 0.05)
    result = run_case(kind_that(lambda case, folder: time.sleep(0.2)), Case("x", b""), tmp_path)
    assert result.violation is None


def test_a_message_that_helps_nobody_is_a_violation(tmp_path):
    result = run_case(kind_that(refuse(" ")), Case("x", b""), tmp_path)
    assert "an empty part" in result.violation


def test_campaigns_have_the_same_cases_and_keep_those_that_went_wrong(tmp_path):
    told = [run_campaign(kind_that(fail), 20, tmp_path).violations for _ in range(2)]
    assert told[0] == told[1]
    assert len(told[0]) == 20
    folders = sorted((tmp_path / "planted").iterdir())
    assert len(folders) == 20
    again = run_case(kind_that(fail), kept_case(folders[0]), tmp_path)
    assert again.outcome == "violation: KeyError"
