import subprocess
import sys

import numpy as np
import pytest
import torch

from roadfcn.backends.opening import open_backend
from roadfcn.converted_files.inspecting import inspect_any_model
from roadfcn.converted_files.openvino_header import check_weights
from roadfcn.errors import ModelFileError, OutputError
from roadfcn.export.onnx import onnx_graph
from roadfcn.export.openvino import openvino_model, openvino_output, put_card, save_network
from roadfcn.label_sets import LabelSet
from roadfcn.model_card import card_of

SHAPES = [(1, 1, 1), (1, 3, 70), (2, 75, 107)]


def write(network, card, path, half=False):
    with openvino_output(path) as part:
        save_network(openvino_model(onnx_graph(network)), part, half=half)
        put_card(part, card)


@pytest.mark.parametrize(
    "changes",
    [
        {"head": "8s", "batch_norm": True},
        {"head": "8s", "alignment": "pad-100"},
        {"head": "4s", "decoder_channels": 4, "batch_norm": True},
    ],
    ids=lambda changes: ", ".join(map(str, changes.values())),
)
def test_one_model_answers_as_the_network_for_every_number_and_size(
    tmp_path, tiny_network, card_of_network, changes
):
    network = tiny_network(**changes)
    card = card_of_network(network)
    write(network, card, tmp_path / "m.xml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.bin", "m.xml"]
    backend = open_backend(tmp_path / "m.xml", precision="float32")
    assert backend.card == card
    for count, height, width in SHAPES:
        batch = np.random.default_rng(0).standard_normal((count, 3, height, width))
        batch = batch.astype(np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(batch)).numpy()
        bound = 1e-5 * np.abs(expected).max() + 1e-7
        np.testing.assert_allclose(backend.logits(batch), expected, atol=bound)


def test_a_card_of_any_words_is_read_without_torch_and_without_openvino(
    tmp_path, tiny_network, card_of_network
):
    network = tiny_network()
    names = ('say "road" & <ride>\n\ttwice', "straße")
    card = card_of_network(network, LabelSet("odd", names, ((1, 2, 3), (4, 5, 6))))
    write(network, card, tmp_path / "m.xml")
    assert card_of(inspect_any_model(tmp_path / "m.xml")) == card
    program = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(['torch', 'openvino', 'onnx', 'onnxruntime']))\n"
        "from pathlib import Path\n"
        "from roadfcn.converted_files.inspecting import inspect_any_model\n"
        "from roadfcn.model_card import card_of\n"
        "print(ascii(card_of(inspect_any_model(Path(sys.argv[1]))).label_set.classes))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "m.xml"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ascii(names)


def test_the_card_can_be_put_in_again_and_the_weights_keep_their_hash(
    tmp_path, tiny_network, card_of_network
):
    network = tiny_network()
    first, second = card_of_network(network), card_of_network(network)
    second.provenance["export"] = "compared"
    path = tmp_path / "m.xml"
    write(network, first, path)
    weights = path.with_suffix(".bin").read_bytes()
    put_card(path, second)
    assert card_of(inspect_any_model(path)) == second
    assert path.with_suffix(".bin").read_bytes() == weights
    check_weights(inspect_any_model(path))
    assert path.read_text("utf-8").count("<roadfcn>") == 1


def test_half_weights_halve_the_weights_file(tmp_path, tiny_network, card_of_network):
    network = tiny_network(fc_channels=40)
    for name, half in (("whole", False), ("half", True)):
        write(network, card_of_network(network), tmp_path / f"{name}.xml", half)
    whole, half = ((tmp_path / f"{name}.bin").stat().st_size for name in ("whole", "half"))
    assert half < 0.6 * whole


@pytest.mark.parametrize("at", ["while writing", "between the names"])
def test_after_a_break_no_graph_lies_beside_other_weights(
    tmp_path, tiny_network, card_of_network, monkeypatch, at
):
    path = tmp_path / "m.xml"
    older, newer = tiny_network(), tiny_network(fc_channels=6)
    write(older, card_of_network(older), path)

    class Killed(BaseException):
        pass

    def replace(self, target):
        if self.suffix == ".xml":
            raise Killed
        return original(self, target)

    original = type(path).replace
    with pytest.raises(Killed), openvino_output(path) as part:  # noqa: PT012 - the break is inside
        save_network(openvino_model(onnx_graph(newer)), part, half=False)
        put_card(part, card_of_network(newer))
        if at == "while writing":
            raise Killed
        monkeypatch.setattr(type(path), "replace", replace)
    left = sorted(one.name for one in tmp_path.iterdir())
    if at == "while writing":
        assert left == ["m.bin", "m.xml"]
        assert open_backend(path).logits(np.zeros((1, 3, 5, 5), np.float32)).shape == (1, 2, 5, 5)
    else:
        assert left == ["m.bin"]
        with pytest.raises(ModelFileError, match="there is no model"):
            inspect_any_model(path)


def test_a_full_disk_is_told_and_leaves_nothing(mount_tmpfs, tiny_network, card_of_network):
    disk = mount_tmpfs("size=128k")
    network = tiny_network(fc_channels=60)
    with pytest.raises(OutputError, match="the disk is full"):
        write(network, card_of_network(network), disk / "m.xml")
    assert list(disk.iterdir()) == []
