"""What a graph's way with pictures says about a network's input; no TensorFlow is needed."""

import logging
from pathlib import Path

import numpy as np
import pytest

from roadfcn.errors import ModelFileError
from roadfcn.input_format import CAFFE_BGR, IMAGENET_RGB, VGG_BGR, InputFormat
from roadfcn.weights.tensorflow_input_format import input_format_of, told_format

BGR = [(2, 103.939), (1, 116.779), (0, 123.68)]
COLOURS_ONLY = [(2, 0.0), (1, 0.0), (0, 0.0)]
NET = Path("net")


def as_float32(preparation):
    return [(channel, float(np.float32(mean))) for channel, mean in preparation]


def test_a_mean_that_a_graph_rounded_is_told_as_it_was_written():
    caffe = [(2, 104.00698793), (1, 116.66876762), (0, 122.67891434)]
    assert told_format(as_float32(BGR)) == told_format(BGR) == VGG_BGR
    assert told_format(as_float32(caffe)) == told_format(caffe) == CAFFE_BGR
    own = told_format(as_float32([(0, 90.1), (1, 0.0), (2, 7.3)]))
    assert own == InputFormat("rgb", 1.0, (90.1, 0.0, 7.3), (1.0, 1.0, 1.0))


def test_vggs_mean_in_another_order_is_not_its_format():
    told = told_format([(0, 103.939), (1, 116.779), (2, 123.68)])
    assert told == InputFormat("rgb", 1.0, VGG_BGR.mean, (1.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("preparation", "why"),
    [
        (None, "prepares pictures in a way that is not understood"),
        ([(0, 0.0), (1, 0.0), (2, 0.0)], "takes pictures as they come, prepared by another"),
        (COLOURS_ONLY, "changes the order of colours and subtracts no mean"),
        ([(1, 103.0), (0, 116.0), (2, 123.0)], "mixes colours up"),
        ([(0, 103.0), (0, 116.0), (0, 123.0)], "mixes colours up"),
    ],
)
def test_a_graph_that_does_not_tell_needs_somebody_who_does(preparation, why):
    with pytest.raises(ModelFileError, match=why) as caught:
        input_format_of(NET, preparation, has_graph=True, stated=None)
    for place in ("--input-format", "model.input_format", "input_format in Python"):
        assert place in caught.value.do
    assert input_format_of(NET, preparation, has_graph=True, stated=CAFFE_BGR) == CAFFE_BGR


def test_what_contradicts_the_graph_is_refused_in_numbers():
    assert input_format_of(NET, BGR, has_graph=True, stated=VGG_BGR) == VGG_BGR
    with pytest.raises(ModelFileError) as caught:
        input_format_of(NET, BGR, has_graph=True, stated=IMAGENET_RGB)
    assert caught.value.found == (
        "net is said to want (RGB * 0.00392157 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225), "
        "but its graph makes BGR * 1 - (103.939, 116.779, 123.68) of pictures"
    )


def test_a_checkpoint_is_fed_as_the_projects_programs_do_unless_stated(caplog):
    caplog.set_level(logging.INFO)
    assert input_format_of(NET, None, has_graph=False, stated=CAFFE_BGR) == CAFFE_BGR
    assert not caplog.text
    assert input_format_of(NET, None, has_graph=False, stated=None) == VGG_BGR
    assert "net: no graph tells how pictures are prepared" in caplog.text
