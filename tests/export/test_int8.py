import numpy as np
import openvino
import pytest

from roadfcn.backends.converted_network import OUTPUT
from roadfcn.backends.opening import open_backend
from roadfcn.backends.torch_engine import TorchBackend
from roadfcn.checkpoints import load_model
from roadfcn.errors import ExportError
from roadfcn.export import int8
from roadfcn.export.exporting import export_model
from roadfcn.export.onnx import onnx_graph
from roadfcn.export.openvino import openvino_model
from roadfcn.export.pictures import Picture, PictureSet, scene_pictures
from roadfcn.export.plan import Plan
from roadfcn.export.yardstick import Yardstick
from roadfcn.label_sets import CAMVID_11, ROAD

SIZE = (100, 330)


def kinds(path):
    return [one.get_type_name() for one in openvino.Core().read_model(path).get_ops()]


def is_padding(operation):
    return operation.get_type_name() == "Pad"


@pytest.fixture
def quantised(tmp_path, tiny_run, streets):
    """Give a function that quantises a tiny network: quantised(max_drop) -> its file, the facts.

    Without truth the labels before are the truth: whatever turns over is lost.
    """
    bare = PictureSet("bare", tuple(Picture(one.image) for one in streets.pictures))
    network, card = load_model(tiny_run)
    model = openvino_model(onnx_graph(network))
    reference = TorchBackend(network, card, device="cpu", precision="float32")

    def feed(image):
        return card.input_format.normalise(image)[None]

    def quantise(max_drop):
        made, facts = int8.quantise(model, reference, bare, feed, max_drop)
        openvino.save_model(made, tmp_path / f"{max_drop}.xml")
        return tmp_path / f"{max_drop}.xml", facts

    return quantise


def test_a_network_is_quantised_and_scored_on_other_pictures(quantised, capfd):
    path, facts = quantised(0.9)
    assert kinds(path).count("FakeQuantize") > 20
    assert 10 < facts["layers_in_int8"] <= facts["layers"]
    # Padded as integers: see `int8_places`.
    (padding,) = (one for one in openvino.Core().read_model(path).get_ops() if is_padding(one))
    assert padding.get_input_element_type(0).to_string() == "u8"
    assert (facts["pictures"], facts["calibration"], facts["control"]) == ("bare", 2, 1)
    assert (facts["measured"], facts["max_drop"]) == ("IoU of road", 0.9)
    assert facts["iou_before"] == 1
    assert 0.1 <= facts["iou_after"] < 1
    assert capfd.readouterr().out == ""  # which may be the JSON of a command


@pytest.mark.slow
def test_layers_get_their_floats_back_until_the_drop_is_allowed(quantised):
    path, facts = quantised(0.9)
    exact_path, exact = quantised(0.0)
    assert exact["iou_after"] > facts["iou_after"]
    assert 0 < exact["layers_in_int8"] < facts["layers_in_int8"]
    assert kinds(exact_path).count("FakeQuantize") < kinds(path).count("FakeQuantize")


@pytest.mark.slow
def test_a_trained_model_loses_at_most_half_a_point_in_eight_bits(tmp_path):
    out = tmp_path / "m.xml"
    exported = export_model(
        *("slim-road", out, Plan("openvino", "int8")),
        pictures=scene_pictures(ROAD, 3, seed=11, size=SIZE),
        calibration=scene_pictures(ROAD, 6, seed=12, size=SIZE),
    )
    whole = exported.parity.sizes[0]
    assert whole.largest_logit_difference > 0.01  # it does compute otherwise
    assert whole.truth_iou_lost <= 0.005
    assert whole.equal_labels > 0.99
    made = exported.quantisation
    assert (made["pictures"], made["calibration"], made["control"]) == ("generated scenes", 4, 2)
    assert made["measured"] == "IoU of road"
    assert made["iou_before"] - made["iou_after"] <= made["max_drop"] == 0.005
    assert made["compared_again"] == 0
    assert exported.card.provenance["export"]["quantisation"] == made
    # Kernels take a byte each: 1.5 million weights in half the bytes of float16.
    assert exported.size_bytes < 2_200_000
    assert kinds(out).count("FakeQuantize") > 20
    open_backend(out)


@pytest.mark.parametrize(("is_told", "weight"), [(True, 1), (False, 0.25)])
def test_control_holds_on_to_the_worse_of_two_drops(is_told, weight):
    # Ten pixels of each of 11 classes; road, then pole turn into others.
    truth = np.arange(11, dtype=np.uint8).repeat(10)[None]
    road, pole, tree = (CAMVID_11.index(name) for name in ("road", "pole", "tree"))
    yardstick = Yardstick(CAMVID_11)
    item = int8._Control(truth, yardstick.scored(truth), truth, is_told)

    def turned(count, which):
        labels = truth.copy()
        labels[0, np.flatnonzero(truth[0] == which)[:count]] = tree
        return lambda batch: {OUTPUT: np.eye(11, dtype=np.float32)[labels].transpose(2, 0, 1)[None]}

    score = int8._Score(yardstick, [item])
    assert score.start(turned(0, road), [item]) == (1, 1)
    assert score(turned(0, road), [item]) == 1
    assert score(turned(5, road), [item]) == pytest.approx(1 - 0.5)  # the mean sinks by less
    lost = (1 - 5 / 10) + (1 - 10 / 15)  # pole's and tree's
    assert score(turned(5, pole), [item]) == pytest.approx(1 - weight * lost / 11)


def test_one_or_two_pictures_serve_for_both():
    assert int8._divide((1, 2)) == ((1, 2), (1, 2))
    assert int8._divide((1, 2, 3)) == ((1, 2), (3,))
    assert int8._divide(tuple(range(7))) == ((0, 1, 3, 4, 6), (2, 5))


def test_where_all_layers_get_their_floats_back_there_is_no_int8(quantised, monkeypatch):
    monkeypatch.setattr(int8, "_quantised", lambda model, *_: model)
    with pytest.raises(ExportError, match=r"none of the model's \d+ layers can be computed in 8"):
        quantised(0.0)
