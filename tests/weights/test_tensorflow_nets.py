"""Which of a decoder's numbered layers is which; no TensorFlow is needed to tell."""

import itertools
import re
from pathlib import Path

import pytest

from roadfcn.errors import ModelFileError
from roadfcn.weights.tensorflow_nets import decoder_table

ENCODER = {"fc7/biases": (4096,), "conv4_3/biases": (512,), "conv3_3/biases": (256,)}
SCORES = {"score_fr": 4096, "score_pool4": 512, "score_pool3": 256}


def decoder(scores=("", "_1", "_2"), scope=""):
    """Give shapes of a decoder of 2 classes, its scores numbered in the order fc7, pool4, pool3."""
    shapes = {}
    for number, channels in zip(scores, SCORES.values(), strict=True):
        shapes[f"{scope}conv2d{number}/kernel"] = (1, 1, channels, 2)
        shapes[f"{scope}conv2d{number}/bias"] = (2,)
    for number, edge in (("", 4), ("_1", 4), ("_2", 16)):
        shapes[f"{scope}conv2d_transpose{number}/kernel"] = (edge, edge, 2, 2)
        shapes[f"{scope}conv2d_transpose{number}/bias"] = (2,)
    return shapes


@pytest.mark.parametrize("numbers", list(itertools.permutations(["", "_1", "_2"])))
def test_scores_are_told_apart_by_their_channels_in_whatever_order_they_were_made(numbers):
    table = {e.theirs: e.ours for e in decoder_table(Path("net"), ENCODER | decoder(numbers))}
    for number, score in zip(numbers, SCORES, strict=True):
        assert table[f"conv2d{number}/kernel"] == f"head.{score}.weight"
        assert table[f"conv2d{number}/bias"] == f"head.{score}.bias"
    assert table["conv2d_transpose/kernel"] == "head.upscore2.weight"
    assert table["conv2d_transpose_1/kernel"] == "head.upscore_pool4.weight"
    assert table["conv2d_transpose_2/kernel"] == "head.upscore8.weight"
    assert len(table) == 12


def test_where_channels_leave_a_choice_numbers_decide_and_not_letters():
    alike = {"fc7/biases": (256,), "conv4_3/biases": (512,), "conv3_3/biases": (256,)}
    shapes = {
        f"conv2d_{number}/kernel": (1, 1, channels, 2)
        for number, channels in ((10, 256), (9, 256), (11, 512))
    } | {
        f"conv2d_transpose_{at}/kernel": (edge, edge, 2, 2)
        for at, edge in ((3, 4), (4, 4), (5, 16))
    }
    table = {entry.theirs: entry.ours for entry in decoder_table(Path("net"), alike | shapes)}
    assert table["conv2d_9/kernel"] == "head.score_fr.weight"
    assert table["conv2d_10/kernel"] == "head.score_pool3.weight"
    assert table["conv2d_11/kernel"] == "head.score_pool4.weight"


def test_an_encoder_has_no_decoder_and_slots_of_an_optimizer_make_none():
    assert decoder_table(Path("net"), ENCODER) == []
    slots = {f"{name}/Adam": shape for name, shape in decoder().items()}
    assert len(decoder_table(Path("net"), ENCODER | decoder() | slots)) == 12


@pytest.mark.parametrize(
    "more",
    [
        decoder(scope="second/"),
        {"conv2d_3/kernel": (1, 1, 512, 2)},
    ],
)
def test_a_decoder_that_was_made_twice_is_refused(more):
    with pytest.raises(ModelFileError, match="net has the layers conv2d, conv2d_1") as caught:
        decoder_table(Path("net"), ENCODER | decoder() | more)
    assert re.search("the decoder is made once only", caught.value.do)
