import onnx
import pytest
import torch

from roadfcn.export.engine_form import EngineForm, Subpixel
from roadfcn.export.onnx import onnx_graph
from roadfcn.models.alignment import Window
from roadfcn.models.upsampling import Upsampling


@pytest.mark.parametrize("stride", [2, 4, 8, 32])
def test_a_subpixel_convolution_is_the_transposed_one_up_to_the_border(stride):
    torch.manual_seed(stride)
    upsampling = Upsampling(3, Window(2 * stride, stride, stride // 2), "random", bias=True)
    with torch.no_grad():
        upsampling.weight.normal_()
        upsampling.bias.normal_()
        scores = torch.randn(2, 3, 2, 5)
        expected, found = upsampling(scores), Subpixel(upsampling)(scores)
    assert found.shape == (2, 3, 2 * stride, 5 * stride)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_only_few_channels_and_whole_enlargements_become_subpixels():
    def suits(channels, window):
        return Subpixel.suits(Upsampling(channels, window, "fixed", bias=False))

    assert suits(16, Window(16, 8, 4))
    assert not suits(17, Window(16, 8, 4))
    assert not suits(2, Window(16, 8, 0))


def test_the_network_that_is_written_down_stays_as_it_is(tiny_network):
    network = tiny_network(head="4s", decoder_channels=4, batch_norm=True)
    names, kinds = list(network.state_dict()), [type(one) for one in network.modules()]
    form = EngineForm(network)
    assert not any(module.training for module in form.modules())
    assert any(isinstance(module, Subpixel) for module in form.modules())
    assert list(network.state_dict()) == names
    assert [type(one) for one in network.modules()] == kinds


def test_the_graph_pads_planes_and_has_few_operators_for_sizes(tiny_network):
    network = tiny_network(head="4s", decoder_channels=4, batch_norm=True)
    graph = onnx.load_from_string(onnx_graph(network)).graph
    kinds = [node.op_type for node in graph.node if node.op_type != "Constant"]
    assert kinds[kinds.index("Pad") - 1 : kinds.index("Pad")] == ["Reshape"]
    assert "ConvTranspose" not in kinds
    assert kinds.count("DepthToSpace") == 1
    assert not {"Gather", "Unsqueeze", "ConstantOfShape"} & set(kinds)
