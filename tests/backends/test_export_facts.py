from dataclasses import replace

import pytest

from colour_network import CARD
from roadfcn.backends.export_facts import compared_in, export_facts


def test_facts_are_read_from_the_provenance():
    facts = {"compared_in": ["float32", "bfloat16"], "kernels": "int8"}
    card = replace(CARD, provenance={"recipe": "slim", "export": facts})
    assert export_facts(card) == facts
    assert compared_in(card) == {"float32", "bfloat16"}


@pytest.mark.parametrize("facts", [None, "x", 3, ["compared_in"]])
def test_what_is_no_facts_counts_as_none(facts):
    card = replace(CARD, provenance={"export": facts})
    assert export_facts(card) == {}
    assert compared_in(card) == frozenset()
    assert export_facts(CARD) == {}


@pytest.mark.parametrize(
    ("said", "precisions"),
    [("bfloat16", set()), ({"bfloat16": True}, set()), ([["bfloat16"], 3, "float32"], {"float32"})],
)
def test_precisions_are_words_in_a_list(said, precisions):
    # A version before this one wrote a word, when nothing but that was compared.
    card = replace(CARD, provenance={"export": {"compared_in": said}})
    assert compared_in(card) == precisions
