"""What a page says of the model: where it comes from, and nothing that its card does not know."""

from pathlib import Path

import pytest

from roadfcn.evaluation.report.facts import model_facts
from roadfcn.input_format import IMAGENET_RGB
from roadfcn.label_sets import ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.named_architectures import slim_fcn


def facts(provenance):
    card = ModelCard(slim_fcn(2).to_dict(), ROAD, IMAGENET_RGB, provenance)
    return model_facts(Path("no-such-file"), card)


def test_what_it_started_from_and_who_taught_it_is_named():
    found = facts({"weights": {"source": "slim-road"}, "teacher": {"source": "runs/wide"}})
    assert found["started from"] == "slim-road"
    assert found["taught by"] == "runs/wide"


@pytest.mark.parametrize("provenance", [{}, {"weights": None}, {"teacher": "somebody"}])
def test_what_is_not_known_is_left_out(provenance):
    assert not {"started from", "taught by", "SHA-256"} & facts(provenance).keys()
