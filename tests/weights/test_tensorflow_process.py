"""What is made of graphs of operations in which no picture's preparation can be recognised."""

from types import SimpleNamespace

import pytest

from roadfcn.weights.tensorflow_process import preparation_in

PICTURE = SimpleNamespace(op="Placeholder", input=[])


def graph(**nodes):
    """Give operations by name, and a first convolution of the one called `last`."""
    first = SimpleNamespace(op="Conv2D", input=["last", "conv1_1/filter"])
    return {"picture": PICTURE, "conv1_1/Conv2D": first, **nodes}


def operation(kind, *inputs):
    return SimpleNamespace(op=kind, input=list(inputs))


def test_colours_are_followed_through_splitting_and_joining():
    nodes = graph(
        split=operation("Split", "axis", "picture"),
        passed=operation("Identity", "split:1"),
        last=operation("ConcatV2", "split:2", "passed", "split", "axis"),
    )
    assert preparation_in(None, nodes) == [(2, 0.0), (1, 0.0), (0, 0.0)]


def test_joins_of_joins_are_not_followed_without_end():
    """Each of 60 joins takes the one before twice: 2^60 channels, if one would count them."""
    joins = {f"join{at}": operation("ConcatV2", *[f"join{at - 1}"] * 2, "axis") for at in range(60)}
    nodes = graph(**joins, last=operation("Identity", "join59"))
    nodes["join-1"] = PICTURE
    assert preparation_in(None, nodes) is None


@pytest.mark.parametrize(
    "nodes",
    [
        {},
        graph(),
        graph(last=operation("Identity", "last")),
        graph(last=operation("Mul", "picture", "scale")),
        graph(last=operation("Split", "axis", "picture")),
        graph(last=operation("Identity")),
    ],
    ids=["empty", "broken off", "a circle", "unknown", "one channel", "no input"],
)
def test_what_cannot_be_followed_is_unclear(nodes):
    assert preparation_in(None, nodes) is None
