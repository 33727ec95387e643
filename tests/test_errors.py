"""Errors: three parts, one tree, and safe passage between processes."""

import copy
import pickle

import pytest

from roadfcn import errors
from roadfcn.errors import ImageFileError, RoadfcnError, shown

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, RoadfcnError)
]


def test_message_says_found_allowed_and_what_to_do():
    problem = RoadfcnError("the mask has 3 rows", allowed="2 rows", do="resize it")
    assert str(problem) == "the mask has 3 rows\n  allowed: 2 rows\n  do this: resize it"
    assert (problem.found, problem.allowed, problem.do) == (
        "the mask has 3 rows",
        "2 rows",
        "resize it",
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_error_survives_pickling_and_copying(kind):
    problem = kind("a", allowed="b", do="c")
    for twin in (pickle.loads(pickle.dumps(problem)), copy.copy(problem)):
        assert type(twin) is kind
        assert str(twin) == str(problem)


def test_the_drawn_tree_names_every_error():
    drawn = {
        line.split("── ")[1].split()[0] for line in errors.__doc__.splitlines() if "── " in line
    }
    assert drawn == {kind.__name__ for kind in KINDS if kind is not RoadfcnError}


def test_every_error_is_caught_as_roadfcn_error():
    with pytest.raises(RoadfcnError, match="no picture"):
        raise ImageFileError("no picture", allowed="one", do="bring one")


def test_what_a_terminal_would_obey_or_cannot_show_is_spelled_out():
    problem = RoadfcnError("\x1b[31mred\0 \ud800 in\n  two lines", allowed="Straße ✓", do="\t")
    assert problem.found == r"\x1b[31mred\x00 \ud800 in" + "\n  two lines"
    assert (problem.allowed, problem.do) == ("Straße ✓", r"\t")


def test_a_message_ends_however_long_what_was_found_is():
    problem = RoadfcnError("a" * 1_000_000, allowed="b", do="c")
    assert problem.found.endswith("a... (994000 more characters)")
    assert len(problem.found) < 6100
    assert len(RoadfcnError("\0" * 1_000_000, allowed="b", do="c").found) < 6100


def test_values_are_shown_in_short():
    assert shown("Straße") == "'Straße'"
    assert shown(list(range(1000))) == repr(list(range(1000)))[:120] + "..."
    assert shown(10**5000) == "a value too long to show (int)"
