"""What is asked of a network in another engine's form."""

from pathlib import Path

import numpy as np
import pytest

from roadfcn.backends.converted_network import Port, check_ports, checked_scores
from roadfcn.errors import ModelFileError

PATH = Path("model.onnx")


def logits(*shape, dtype="float32"):
    return Port("logits", dtype, shape)


PICTURES = Port("pictures", "float32", (None, 3, None, None))


def test_one_channel_for_each_class_is_asked_for_if_the_file_tells_how_many_there_are():
    check_ports(PATH, [PICTURES], [logits(None, 2, None, None)], 2)
    check_ports(PATH, [PICTURES], [logits(None, None, None, None)], 2)
    with pytest.raises(ModelFileError, match="gives 3 channels, and its card has 2 classes"):
        check_ports(PATH, [PICTURES], [logits(None, 3, None, None)], 2)


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ([], [logits(None, 2, None, None)]),
        ([PICTURES, PICTURES], [logits(None, 2, None, None)]),
        ([PICTURES], [logits(None, 2, None, None), Port("aux", "float32", (None,))]),
        ([PICTURES], [logits(None, 2, None)]),
        ([PICTURES], [logits(None, 2, None, None, dtype="int64")]),
        ([Port("pictures", "float32", (None, None, None, 3))], [logits(None, 2, None, None)]),
        ([Port("pictures", "float32", (None, 1, None, None))], [logits(None, 2, None, None)]),
    ],
)
def test_other_inputs_and_outputs_are_told_beside_the_right_ones(inputs, outputs):
    with pytest.raises(ModelFileError) as caught:
        check_ports(PATH, inputs, outputs, 2)
    assert caught.value.found.startswith("model.onnx takes ")
    assert caught.value.allowed.startswith("pictures (?,3,?,? float32) in and logits")
    assert "roadfcn export" in caught.value.do


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((1, 2, 5, 8), r"gives \(1, 2, 5, 8\) for pictures of shape \(1, 3, 5, 7\)"),
        ((2, 2, 5, 7), r"gives \(2, 2, 5, 7\) for pictures"),
        ((1, 2, 35), r"gives \(1, 2, 35\) for pictures"),
        ((1, 4, 5, 7), r"gives 4 channels, and its card has 2 classes"),
    ],
)
def test_scores_of_another_shape_are_refused(shape, found):
    with pytest.raises(ModelFileError, match=found):
        checked_scores(PATH, np.zeros(shape, np.float32), (1, 3, 5, 7), 2)


def test_scores_of_the_right_shape_pass_as_they_are():
    scores = np.zeros((1, 2, 5, 7), np.float32)
    assert checked_scores(PATH, scores, (1, 3, 5, 7), 2) is scores
