import numpy as np
import onnx
import pytest
import torch

from roadfcn.backends.opening import open_backend
from roadfcn.errors import ExportError, OutputError
from roadfcn.export.onnx import OPSET, onnx_graph, with_half_kernels, write_onnx
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn

NETWORKS = {
    "32s": {"head": "32s"},
    "16s": {"head": "16s"},
    "8s": {"head": "8s", "skip_scales": (0.01, 0.0001)},
    "8s, batch norm": {"batch_norm": True, "upsampling": "learned"},
    "8s, biases": {"upsampling": "random", "upsampling_bias": True},
    "32s, pad-100": {"head": "32s", "alignment": "pad-100"},
    "16s, pad-100": {"head": "16s", "alignment": "pad-100"},
    "8s, pad-100": {"head": "8s", "alignment": "pad-100"},
    "16s, features joined": {"head": "16s", "decoder_channels": 4},
    "4s, features joined": {"head": "4s", "decoder_channels": 4, "batch_norm": True},
    "8s, fc6 spread": {"fc_kernel": 3, "fc_dilation": 3},
}
SHAPES = [(1, 1, 1), (1, 3, 70), (2, 75, 107), (1, 64, 96), (3, 33, 2)]


def logits_of(network, batch):
    with torch.no_grad():
        return network(torch.from_numpy(batch)).numpy()


def noise(count, height, width):
    random = np.random.default_rng(height)
    return random.standard_normal((count, 3, height, width)).astype(np.float32)


@pytest.mark.parametrize("changes", NETWORKS.values(), ids=NETWORKS)
def test_one_graph_answers_as_the_network_for_every_number_and_size(
    tmp_path, tiny_network, card_of_network, changes
):
    network = tiny_network(**changes)
    card = card_of_network(network)
    write_onnx(onnx_graph(network), card, tmp_path / "m.onnx")
    backend = open_backend(tmp_path / "m.onnx")
    assert backend.card == card
    for shape in SHAPES:
        expected = logits_of(network, noise(*shape))
        assert np.abs(expected).max() > 1e-4
        np.testing.assert_allclose(
            backend.logits(noise(*shape)), expected, atol=1e-5 * np.abs(expected).max() + 1e-7
        )


def test_the_graph_names_what_may_vary_and_keeps_to_its_operators(tiny_network):
    model = onnx.load_from_string(onnx_graph(tiny_network()))
    onnx.checker.check_model(model, full_check=True)
    (pictures,), (logits,) = model.graph.input, model.graph.output
    sizes = [
        [axis.dim_param or axis.dim_value for axis in port.type.tensor_type.shape.dim]
        for port in (pictures, logits)
    ]
    assert sizes == [["batch", 3, "height", "width"], ["batch", 2, "height", "width"]]
    assert [(one.domain, one.version) for one in model.opset_import] == [("", OPSET)]


def test_half_kernels_halve_the_file_and_keep_the_scores(tmp_path, tiny_network, card_of_network):
    network = tiny_network(width=0.1, batch_norm=True)
    graph = onnx_graph(network)
    half = with_half_kernels(graph)
    kernels = sum(weight.numel() for weight in network.parameters() if weight.ndim > 1)
    saved = len(graph) - len(half)
    assert 1.9 * kernels < saved < 2.1 * kernels  # two bytes of four, less what casts take
    write_onnx(half, card_of_network(network), tmp_path / "m.onnx")
    expected = logits_of(network, noise(1, 40, 50))
    found = open_backend(tmp_path / "m.onnx").logits(noise(1, 40, 50))
    apart = np.abs(found - expected).max()
    assert 0 < apart < 0.01 * np.abs(expected).max()


def test_a_kernel_beyond_float16_is_refused(tiny_network):
    network = tiny_network()
    with torch.no_grad():
        network.head.score_fr.weight[0, 0] = 70000
    with pytest.raises(ExportError, match=r"holds values beyond 65504, float16's largest"):
        with_half_kernels(onnx_graph(network))


def test_a_network_beyond_two_gigabytes_is_refused_without_making_it():
    with torch.device("meta"):
        network = build_fcn(FCNArchitecture(2, width=4.0))
    with pytest.raises(ExportError, match=r"weights take 2\.5 GiB") as refused:
        onnx_graph(network)
    assert "up to 2 GiB" in refused.value.allowed


def test_a_full_disk_leaves_the_older_file(mount_tmpfs, tiny_network, card_of_network):
    disk = mount_tmpfs("size=64k")
    (disk / "m.onnx").write_bytes(b"older")
    network = tiny_network(fc_channels=40)
    with pytest.raises(OutputError, match="the disk is full"):
        write_onnx(onnx_graph(network), card_of_network(network), disk / "m.onnx")
    assert [path.name for path in disk.iterdir()] == ["m.onnx"]
    assert (disk / "m.onnx").read_bytes() == b"older"
