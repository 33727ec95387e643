import numpy as np
import openvino
import pytest
from openvino import opset13 as operators

from roadfcn.export.int8 import prepare_nncf
from roadfcn.export.int8_places import move_quantisers
from roadfcn.export.onnx import onnx_graph
from roadfcn.export.openvino import openvino_model


def pictures(*shape):
    return np.random.default_rng(0).uniform(-2, 2, shape).astype(np.float32)


def answers(model, batch):
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled(batch)[0]


def around(model, kind):
    """Give (kind of what comes before, type that is read) of every operation of a kind."""
    found = [one for one in model.get_ordered_ops() if one.get_type_name() == kind]
    return [
        (one.input_value(0).get_node().get_type_name(), one.get_input_element_type(0).to_string())
        for one in found
    ]


def test_pictures_are_padded_as_integers_and_no_answer_changes(tiny_network):
    network = tiny_network(head="4s", decoder_channels=4, batch_norm=True, upsampling="learned")
    nncf = prepare_nncf()
    data = nncf.Dataset([pictures(1, 3, 64, 96)])
    quantised = nncf.quantize(openvino_model(onnx_graph(network)), data, subset_size=1)
    batches = [pictures(1, 3, 75, 107), pictures(2, 3, 32, 64), pictures(1, 3, 1, 1)]
    before = [answers(quantised, batch) for batch in batches]
    assert around(quantised, "Pad") == [("Reshape", "f32")]
    assert ("FakeQuantize", "f32") in around(quantised, "MaxPool")

    move_quantisers(quantised)

    assert around(quantised, "Pad") == [("Reshape", "u8")]
    assert not {kind for kind, _ in around(quantised, "MaxPool")} & {"FakeQuantize"}
    for batch, expected in zip(batches, before, strict=True):
        assert np.ptp(expected) > 0.01
        # A number on the edge between two levels may fall to either side.
        np.testing.assert_allclose(
            answers(quantised, batch), expected, atol=0.02 * np.ptp(expected)
        )


@pytest.mark.parametrize(("channels", "first"), [(16, "Parameter"), (17, "FakeQuantize")])
def test_only_narrow_maps_are_pooled_first(channels, first):
    maps = operators.parameter([-1, channels, -1, -1], np.float32)
    limits = [operators.constant(np.float32(value)) for value in (0, 8, 0, 8)]
    quantiser = operators.fake_quantize(maps, *limits, 256)
    pooling = operators.max_pool(quantiser, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2])
    model = openvino.Model([pooling.output(0)], [maps])
    batch = 5 * pictures(1, channels, 4, 6)
    before = answers(model, batch)
    move_quantisers(model)
    assert around(model, "MaxPool") == [(first, "f32")]
    np.testing.assert_array_equal(answers(model, batch), before)


@pytest.mark.parametrize(("low", "kind"), [(-128 / 127, "u8"), (-0.71, "f32")])
def test_padding_stays_where_zero_is_no_level(low, kind):
    source = operators.parameter([-1, -1, -1, -1], np.float32)
    limits = [operators.constant(np.float32(value)) for value in (low, 1, low, 1)]
    quantiser = operators.fake_quantize(source, *limits, 256)
    planes = operators.reshape(quantiser, np.array([2, 3, 3]), special_zero=False)
    padded = operators.pad(planes, np.array([0, 0, 0]), np.array([0, 1, 2]), "constant", 0.0)
    out = operators.reshape(padded, np.array([1, 2, 4, 5]), special_zero=False)
    scores = operators.relu(out)
    model = openvino.Model([scores.output(0)], [source])
    batch = pictures(1, 2, 3, 3) / 2
    before = answers(model, batch)
    move_quantisers(model)
    assert around(model, "Pad") == [("Reshape", kind)]
    np.testing.assert_allclose(answers(model, batch), before, atol=1e-6)
