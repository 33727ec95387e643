import openvino

from roadfcn.backends.opening import open_backend
from roadfcn.backends.torch_engine import TorchBackend
from roadfcn.checkpoints import load_model
from roadfcn.export import int8
from roadfcn.export.exporting import export_model
from roadfcn.export.onnx import onnx_graph
from roadfcn.export.openvino import openvino_model
from roadfcn.export.pictures import Picture, PictureSet, scene_pictures
from roadfcn.export.plan import Plan
from roadfcn.label_sets import ROAD

SIZE = (100, 330)


def kinds(path):
    return [one.get_type_name() for one in openvino.Core().read_model(path).get_ops()]


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
    assert exported.card.provenance["export"]["quantisation"] == made
    # Kernels take a byte each: 1.5 million weights in half the bytes of float16.
    assert exported.size_bytes < 2_200_000
    assert kinds(out).count("FakeQuantize") > 20
    open_backend(out)


def test_layers_get_their_floats_back_until_the_drop_is_allowed(tmp_path, tiny_run, streets):
    # Without truth the labels before are the truth: whatever turns over is lost.
    bare = PictureSet("bare", tuple(Picture(one.image) for one in streets.pictures))
    network, card = load_model(tiny_run)
    model = openvino_model(onnx_graph(network))
    reference = TorchBackend(network, card, device="cpu", precision="float32")

    def feed(image):
        return card.input_format.normalise(image)[None]

    made = {}
    for allowed in (0.0, 0.9):
        quantised, made[allowed] = int8.quantise(model, reference, bare, feed, allowed)
        openvino.save_model(quantised, tmp_path / f"{allowed}.xml")
    assert made[0.0]["iou_before"] == made[0.9]["iou_before"] == 1
    assert made[0.9]["iou_after"] < made[0.0]["iou_after"] == 1
    assert kinds(tmp_path / "0.9.xml").count("FakeQuantize") > kinds(tmp_path / "0.0.xml").count(
        "FakeQuantize"
    )


def test_one_or_two_pictures_serve_for_both():
    assert int8._divide((1, 2)) == ((1, 2), (1, 2))
    assert int8._divide((1, 2, 3)) == ((1, 2), (3,))
    assert int8._divide(tuple(range(7))) == ((0, 1, 3, 4, 6), (2, 5))
