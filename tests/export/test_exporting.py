import json
from dataclasses import replace

import numpy as np
import onnx
import openvino
import pytest
import torch
from onnx import numpy_helper

from roadfcn.backends.opening import open_backend
from roadfcn.backends.openvino_core import openvino_core
from roadfcn.backends.torch_engine import TorchBackend
from roadfcn.checkpoints import load_model
from roadfcn.downloads.hashes import sha256_of
from roadfcn.errors import ExportError, ModelFileError, OutputError
from roadfcn.export import exporting
from roadfcn.export.eight_bit_input import EightBitBackend, denormalise
from roadfcn.export.exporting import export_model
from roadfcn.export.plan import Plan
from roadfcn.input_format import CAFFE_BGR, IMAGENET_RGB, VGG_BGR

FILES = {"onnx": "m.onnx", "openvino": "m.xml"}


@pytest.fixture
def spoiled(monkeypatch):
    """Make every graph a little wrong: one kernel of its decoder is turned over."""

    def spoil(network):
        model = onnx.load_from_string(original(network))
        kernel = next(one for one in model.graph.initializer if "score" in one.name)
        values = numpy_helper.to_array(kernel)
        kernel.CopyFrom(numpy_helper.from_array(-values, kernel.name))
        return model.SerializeToString()

    original = exporting.onnx_graph
    monkeypatch.setattr(exporting, "onnx_graph", spoil)


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("kernels", ["float32", "float16"])
def test_the_exported_model_is_within_bounds_and_says_so_in_its_card(
    tmp_path, tiny_run, streets, form, kernels
):
    out, told = tmp_path / "new" / FILES[form], []
    exported = export_model(
        *(tiny_run, out, Plan(form, kernels)),
        pictures=streets,
        progress=lambda done, total, what: told.append((what, done, total)),
    )
    assert exported.path == out
    assert sorted(path.name for path in out.parent.iterdir()) == sorted(
        path.name for path in exported.files
    )
    assert told[-1] == ("comparing", 9, 9)
    assert ("converting", 0, 1) in told
    backend = open_backend(out, precision="float32")
    assert backend.card == exported.card
    before = load_model(tiny_run)[1]
    facts = backend.card.provenance["export"]
    assert {**backend.card.provenance, "export": None} == {**before.provenance, "export": None}
    assert backend.card.label_set == before.label_set
    assert (facts["format"], facts["kernels"]) == (form, kernels)
    assert facts["source_sha256"] == sha256_of(tiny_run / "model.safetensors")
    assert facts["parity"] == json.loads(json.dumps(exported.parity.to_dict()))
    assert facts["compared_in"] == list(exported.gated.compared_in)
    for size in exported.parity.sizes:
        # Kernels in float16 do change the scores, if little.
        assert (size.largest_logit_difference > 1e-5 * size.largest_logit) == (kernels == "float16")
        assert size.equal_labels > 0.999
        assert size.reference_iou is not None


@pytest.mark.parametrize("form", FILES)
def test_an_export_that_answers_otherwise_leaves_what_was_there(
    tmp_path, tiny_run, streets, form, spoiled
):
    out = tmp_path / FILES[form]
    out.write_bytes(b"older")
    with pytest.raises(
        ExportError, match=r"at 50 x 90 pixels scores differ by up to .* at 25 x 45"
    ):
        export_model(tiny_run, out, Plan(form), pictures=streets)
    assert list(tmp_path.iterdir()) == [out]
    assert out.read_bytes() == b"older"


@pytest.mark.parametrize("form", FILES)
def test_preprocessing_inside_takes_pictures_as_they_are(
    tmp_path, tiny_run, streets, form, monkeypatch
):
    openvino_core()
    monkeypatch.setattr(openvino, "Core", None)  # called, it fails: no second one is made
    out = tmp_path / FILES[form]
    exported = export_model(tiny_run, out, Plan(form, eight_bit_input=True), pictures=streets)
    assert exported.eight_bit_input
    network, card = load_model(tiny_run)
    image = streets.pictures[0].image
    run = EightBitBackend(out, card)._run
    expected = TorchBackend(network, card, device="cpu", precision="float32").logits(
        np.stack([card.input_format.normalise(one) for one in (image, 255 - image)])
    )
    np.testing.assert_allclose(run(np.stack([image, 255 - image])), expected, atol=1e-5)
    assert run(image[:1, :1][None]).shape == (1, 2, 1, 1)
    with pytest.raises(ModelFileError, match="takes 8-bit pictures"):
        open_backend(out)


@pytest.mark.parametrize("input_format", [IMAGENET_RGB, VGG_BGR, CAFFE_BGR])
def test_normalising_is_undone_exactly(input_format):
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    image[0, :3] = [[0, 0, 0], [255, 255, 255], [1, 254, 128]]
    batch = input_format.normalise(image)[None]
    np.testing.assert_array_equal(denormalise(batch, input_format), image[None])


def test_a_bgr_network_with_preprocessing_inside_takes_rgb(
    tmp_path, tiny_network, card_of_network, streets
):
    from roadfcn.checkpoints import save_model

    network = tiny_network()
    save_model(
        tmp_path / "bgr.safetensors", network, card_of_network(network, input_format=VGG_BGR)
    )
    plan = Plan("onnx", eight_bit_input=True)
    source = tmp_path / "bgr.safetensors"
    export_model(source, tmp_path / "m.onnx", plan, pictures=streets)
    card = load_model(source)[1]
    image = streets.pictures[0].image
    with torch.no_grad():
        bgr = torch.from_numpy(image[..., ::-1].astype(np.float32)).permute(2, 0, 1)
        expected = network((bgr - torch.tensor(VGG_BGR.mean).reshape(3, 1, 1))[None]).numpy()
    found = EightBitBackend(tmp_path / "m.onnx", card)._run(image[None])
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_a_converted_model_is_no_source(tmp_path, tiny_run, streets):
    export_model(tiny_run, tmp_path / "m.onnx", Plan("onnx"), pictures=streets)
    with pytest.raises(ModelFileError, match="is an ONNX model") as refused:
        export_model(tmp_path / "m.onnx", tmp_path / "n.onnx", Plan("onnx"), pictures=streets)
    assert "give the .safetensors file it was exported from" in refused.value.do


def test_a_full_disk_leaves_nothing(mount_tmpfs, tiny_run, streets):
    disk = mount_tmpfs("size=16k")
    for form, name in FILES.items():
        with pytest.raises(OutputError, match="the disk is full"):
            export_model(tiny_run, disk / name, Plan(form), pictures=streets)
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize(("shared", "again"), [(0, 0), (2, 2)])
def test_it_is_told_how_many_of_the_compared_pictures_took_part_before(
    tmp_path, tiny_run, streets, monkeypatch, shared, again
):
    """Only what is counted is tried here: the model stays as it is."""
    monkeypatch.setattr(exporting, "quantise", lambda model, *_: (model, {"measured": "road"}))
    places = [
        frozenset((tmp_path, "val", place) for place in range(4 * part, 4 * part + 4))
        for part in (0, 1)
    ]
    taken = frozenset(sorted(places[0])[:shared]) | places[1]
    exported = export_model(
        *(tiny_run, tmp_path / "m.xml", Plan("openvino", "int8", max_drop=0.9)),
        pictures=replace(streets, places=places[0]),
        calibration=replace(streets, places=taken),
    )
    assert exported.quantisation == {"measured": "road", "compared_again": again}
