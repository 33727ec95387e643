import subprocess
import sys

import numpy as np
import pytest
import torch

from colour_network import CARD, scores, write_onnx, write_openvino
from roadfcn.backends.onnx_engine import OnnxBackend
from roadfcn.backends.opening import open_backend
from roadfcn.backends.openvino_engine import OpenVinoBackend
from roadfcn.checkpoints import load_model, save_model
from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn

TINY = FCNArchitecture(2, width=0.02, fc_channels=4, fc_kernel=1, score_start="normal")


@pytest.fixture
def saved(tmp_path):
    """Save a tiny network as a run folder; gives (folder, network)."""
    torch.manual_seed(0)
    model = build_fcn(TINY)
    card = ModelCard(TINY.to_dict(), ROAD, InputFormat())
    save_model(tmp_path / "run" / "model.safetensors", model, card)
    return tmp_path / "run", model


@pytest.mark.parametrize("name", ["", "model.safetensors"])
def test_a_run_folder_and_the_file_in_it_open_as_the_same_model(saved, name):
    folder, model = saved
    backend = open_backend(folder / name, device="cpu", precision="float32")
    batch = np.random.default_rng(0).standard_normal((1, 3, 33, 40)).astype(np.float32)
    with torch.no_grad():
        expected = model.eval()(torch.from_numpy(batch)).numpy()
    np.testing.assert_allclose(backend.logits(batch), expected, atol=1e-6)
    assert backend.card.label_set == ROAD


def test_a_shipped_model_opens_by_its_name_in_float32():
    backend = open_backend("slim-camvid11", device="cpu", precision="float32")
    scores = backend.logits(np.zeros((1, 3, 40, 50), np.float32))
    assert (scores.shape, scores.dtype) == ((1, 11, 40, 50), np.float32)
    assert np.isfinite(scores).all()
    assert {tensor.dtype for tensor in load_model("slim-camvid11")[0].parameters()} == {
        torch.float32
    }


def test_a_missing_model_is_an_error(tmp_path):
    with pytest.raises(ModelFileError, match=r"there is no model .*nowhere"):
        open_backend(tmp_path / "nowhere")


def test_a_run_folder_without_a_model_is_an_error(tmp_path):
    with pytest.raises(ModelFileError, match=r"has no model\.safetensors in it"):
        open_backend(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("model.xml", b'<?xml version="1.0"?><net name="m"/>', "an XML file, but no OpenVINO"),
        ("last.ckpt", b"PK\x03\x04" + bytes(60), "a zip file, as PyTorch's"),
        ("vgg16.h5", b"\x89HDF\r\n\x1a\n" + bytes(60), "an HDF5 file"),
        ("empty.safetensors", b"", "empty"),
    ],
)
def test_other_kinds_of_models_are_named(tmp_path, name, content, found):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        open_backend(tmp_path / name)
    assert caught.value.found.startswith(f"{tmp_path / name} is {found}")


@pytest.mark.parametrize(
    ("write", "name", "kind"),
    [
        (write_onnx, "model.onnx", OnnxBackend),
        (write_onnx, "no ending", OnnxBackend),
        (write_openvino, "model.xml", OpenVinoBackend),
    ],
)
def test_converted_models_are_run_by_the_engine_they_are_for(tmp_path, write, name, kind):
    backend = open_backend(write(tmp_path / name), precision="float32")
    assert isinstance(backend, kind)
    assert backend.card == CARD
    batch = np.random.default_rng(0).standard_normal((1, 3, 5, 7)).astype(np.float32)
    np.testing.assert_allclose(backend.logits(batch), scores(batch), atol=1e-5)


@pytest.mark.parametrize(
    ("write", "name"), [(write_onnx, "model.onnx"), (write_openvino, "model.xml")]
)
@pytest.mark.parametrize(
    ("card", "found"),
    [
        (None, "has weights but no card: its classes and input format are unknown"),
        ("{", "the model's card cannot be read: JSONDecodeError"),
        (CARD.to_json().replace('"card_version": 1', '"card_version": 9'), "has version 9"),
    ],
)
def test_a_converted_model_without_a_card_of_this_version_is_refused(
    tmp_path, write, name, card, found
):
    with pytest.raises(ModelFileError) as caught:
        open_backend(write(tmp_path / name, card=card))
    assert found in caught.value.found


def test_the_weights_of_an_openvino_model_lead_to_its_graph(tmp_path):
    path = write_openvino(tmp_path / "model.xml")
    with pytest.raises(ModelFileError, match="is the weights of an OpenVINO model") as caught:
        open_backend(path.with_suffix(".bin"))
    assert caught.value.do == f"give {path}"


def test_an_engine_is_refused_for_the_file_of_another(saved, tmp_path):
    with pytest.raises(ConfigError, match="engine 'openvino' does not run") as caught:
        open_backend(saved[0], engine="openvino")
    assert caught.value.allowed == "auto or torch for this file"
    assert caught.value.do.endswith(
        "export the model that it came from for openvino: roadfcn export"
    )
    with pytest.raises(ConfigError, match="engine 'torch' does not run") as caught:
        open_backend(write_onnx(tmp_path / "model.onnx"), engine="torch")
    assert caught.value.do == (
        "leave the engine out, or give the .safetensors file or run that it was exported from"
    )
    with pytest.raises(ConfigError, match="engine 'tensorrt'"):
        open_backend(saved[0], engine="tensorrt")


def test_an_unknown_precision_is_refused(saved):
    with pytest.raises(ConfigError, match="precision 'double'"):
        open_backend(saved[0], precision="double")


def test_a_wrong_path_is_told_without_importing_torch(tmp_path):
    program = (
        "import sys\n"
        "from roadfcn.backends.opening import open_backend\n"
        "from roadfcn.errors import ModelFileError\n"
        "try:\n"
        f"    open_backend({str(tmp_path / 'nowhere')!r})\n"
        "except ModelFileError:\n"
        "    sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
