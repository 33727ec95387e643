"""A new file is compared in every precision in which it would be run, and only then taken so."""

import numpy as np
import pytest
import torch

from roadfcn.backends.opening import open_backend
from roadfcn.backends.openvino_engine import OpenVinoBackend
from roadfcn.checkpoints import save_model
from roadfcn.errors import ImageFileError
from roadfcn.export import gate
from roadfcn.export.bounds import BOUNDS, Bounds
from roadfcn.export.exporting import export_model
from roadfcn.export.parity import ParityError, measure_parity
from roadfcn.export.pictures import Picture, PictureSet, scene_pictures
from roadfcn.export.plan import Plan
from roadfcn.label_sets import ROAD
from roadfcn.machine import read_processor

bfloat16_machine = pytest.mark.skipif(
    not read_processor().has_bfloat16, reason="this processor has no bfloat16"
)
NOTHING_PASSES = Bounds(None, 0.0, 1.0, -2.0)


@bfloat16_machine
def test_a_file_is_compared_as_it_is_opened_by_default(tmp_path):
    # Of an untrained network, or far from streets, more labels turn over.
    scenes = scene_pictures(ROAD, 2, seed=11, size=(100, 330))
    exported = export_model("slim-road", tmp_path / "m.xml", Plan("openvino"), pictures=scenes)
    opened = open_backend(tmp_path / "m.xml")
    assert opened.running.precision == "bfloat16"
    reference = open_backend("slim-road", device="cpu", precision="float32")
    assert exported.gated.bfloat16 == measure_parity(reference, opened, scenes)
    assert exported.gated.bfloat16.sizes[0].largest_logit_difference > 1e-3
    assert exported.parity.sizes[0].largest_logit_difference < 1e-3
    facts = opened.card.provenance["export"]
    assert facts["compared_in"] == ["float32", "bfloat16"]
    assert facts["bfloat16"]["passed"]
    assert facts["bfloat16"]["reasons"] == []


@bfloat16_machine
@pytest.mark.parametrize("kernels", ["float32", "int8"])
def test_what_fails_in_bfloat16_only_is_kept_and_run_in_float32(
    tmp_path, tiny_run, streets, monkeypatch, kernels
):
    before = gate.Plan.bounds
    monkeypatch.setattr(
        *(gate.Plan, "bounds"),
        lambda plan, precision: NOTHING_PASSES if precision == "bfloat16" else before(plan),
    )
    out = tmp_path / "m.xml"
    plan = Plan("openvino", kernels, max_drop=0.9)
    if kernels == "int8":
        monkeypatch.setitem(BOUNDS, "int8", Bounds(None, 0.0, 1.0, 1.0))
    exported = export_model(tiny_run, out, plan, pictures=streets, calibration=streets)
    assert exported.gated.compared_in == ("float32",)
    assert len(exported.gated.reasons) == 3  # one for each size
    assert "the IoU of road against truth loses" in exported.gated.reasons[0]
    backend = open_backend(out)
    assert backend.running.precision == "float32"
    facts = backend.card.provenance["export"]
    assert facts["bfloat16"]["passed"] is False
    assert facts["bfloat16"]["reasons"] == list(exported.gated.reasons)
    # Who insists on it gets it.
    assert open_backend(out, precision="bfloat16").running.precision == "bfloat16"


def test_float32_is_insisted_on(tmp_path, tiny_run, streets, monkeypatch):
    monkeypatch.setitem(BOUNDS, "f32", NOTHING_PASSES)
    with pytest.raises(ParityError, match="does not answer as the one it came from"):
        export_model(tiny_run, tmp_path / "m.xml", Plan("openvino"), pictures=streets)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["onnx", "openvino"])
def test_where_bfloat16_is_not_fast_it_is_neither_compared_nor_taken(
    tmp_path, tiny_run, streets, monkeypatch, form
):
    monkeypatch.setattr(gate, "usual_precision", lambda: "float32")
    out = tmp_path / {"onnx": "m.onnx", "openvino": "m.xml"}[form]
    exported = export_model(tiny_run, out, Plan(form), pictures=streets)
    assert exported.gated.bfloat16 is None
    assert exported.gated.to_dict()["bfloat16"] is None
    assert open_backend(out).card.provenance["export"]["compared_in"] == ["float32"]
    # Carried to a processor that is fast at it, it stays in what was compared.
    assert open_backend(out).running.precision == "float32"


@pytest.mark.parametrize("said", [None, "bfloat16", {"bfloat16": 1}, [["bfloat16"]], 3])
def test_a_card_without_a_comparison_means_float32(
    tmp_path, tiny_network, card_of_network, said, monkeypatch
):
    from roadfcn.export.onnx import onnx_graph
    from roadfcn.export.openvino import openvino_model, openvino_output, save_network

    network = tiny_network()
    card = card_of_network(network)
    with openvino_output(tmp_path / "m.xml") as part:
        save_network(openvino_model(onnx_graph(network)), part, half=False)
    card.provenance["export"] = "x" if said is None else {"compared_in": said}
    backend = OpenVinoBackend(tmp_path / "m.xml", card)
    assert backend.running.precision == "float32"


def test_pictures_too_small_to_show_a_difference_are_refused_before_work(
    tmp_path, tiny_run, monkeypatch
):
    monkeypatch.setattr("roadfcn.export.exporting.onnx_graph", None)  # called, it fails
    image = np.zeros((99, 101, 3), np.uint8)
    for pictures, words in (((image[:1, :1],), "1 pixel in all"), ((image,), "9999 pixels in all")):
        one = PictureSet("one", tuple(map(Picture, pictures)))
        with pytest.raises(ImageFileError, match=words) as caught:
            export_model(tiny_run, tmp_path / "m.onnx", Plan("onnx"), pictures=one)
        assert caught.value.allowed.startswith("at least 10,000,")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def seeing_nothing(tmp_path, tiny_network, card_of_network):
    """Give a run whose model finds no road, whatever comes."""
    network = tiny_network(batch_norm=True)
    with torch.no_grad():
        for score in (part for part in network.modules() if isinstance(part, torch.nn.Conv2d)):
            if score.out_channels == 2 and score.bias is not None:
                score.bias += torch.tensor([1e3, -1e3])
    run = tmp_path / "run"
    save_model(run / "model.safetensors", network, card_of_network(network))
    return run


def test_eight_bits_are_refused_where_the_model_finds_nothing_and_floats_are_not(
    tmp_path, seeing_nothing, streets
):
    plan = Plan("openvino", "int8")
    with pytest.raises(ParityError, match="finds no road in any of the pictures") as caught:
        export_model(
            seeing_nothing, tmp_path / "m.xml", plan, pictures=streets, calibration=streets
        )
    assert "--pictures" in caught.value.do
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    exported = export_model(seeing_nothing, tmp_path / "m.onnx", Plan("onnx"), pictures=streets)
    assert exported.parity.blind != ""


@bfloat16_machine
def test_what_finds_nothing_in_the_pictures_is_not_run_in_bfloat16(
    tmp_path, seeing_nothing, streets
):
    exported = export_model(seeing_nothing, tmp_path / "m.xml", Plan("openvino"), pictures=streets)
    assert exported.gated.compared_in == ("float32",)
    assert "finds no road in any of the pictures" in exported.gated.reasons[-1]
