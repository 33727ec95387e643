import subprocess
import sys

import pytest
import torch
from torch import nn

from roadfcn.models.initialisation import bilinear_kernel, fill_bilinear, fill_he, fill_score


def test_the_bilinear_kernel_of_size_4_is_an_outer_product_of_quarters():
    ramp = torch.tensor([0.25, 0.75, 0.75, 0.25])
    assert torch.equal(bilinear_kernel(4), torch.outer(ramp, ramp))


def test_the_bilinear_kernel_of_size_3_is_centred():
    ramp = torch.tensor([0.5, 1.0, 0.5])
    assert torch.equal(bilinear_kernel(3), torch.outer(ramp, ramp))


@pytest.mark.parametrize(("size", "total"), [(4, 4), (16, 64), (32, 256), (64, 1024)])
def test_a_bilinear_kernel_sums_to_its_stride_squared(size: int, total: int):
    kernel = bilinear_kernel(size)
    assert kernel.sum().item() == total
    factor, centre = size / 2, (size - 1) / 2
    for row, column in ((0, 0), (1, size - 2), (size // 2, 3)):
        expected = (1 - abs(row - centre) / factor) * (1 - abs(column - centre) / factor)
        assert kernel[row, column].item() == pytest.approx(expected, rel=1e-6)


def test_bilinear_weights_do_not_mix_channels():
    weight = torch.full((3, 3, 4, 4), 9.0)
    fill_bilinear(weight)
    for i in range(3):
        for j in range(3):
            expected = bilinear_kernel(4) if i == j else torch.zeros(4, 4)
            assert torch.equal(weight[i, j], expected)


def test_he_start_has_twice_the_variance_over_fan_in():
    torch.manual_seed(0)
    layer = nn.Conv2d(64, 128, 3)
    fill_he(layer.weight, layer.bias)
    assert layer.weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert not layer.bias.any()


def test_scores_start_at_zero_or_with_a_deviation_of_a_hundredth():
    torch.manual_seed(0)
    layer = nn.Conv2d(512, 21, 1)
    fill_score(layer.weight, layer.bias, normal=True)
    assert layer.weight.std().item() == pytest.approx(0.01, rel=0.03)
    assert not layer.bias.any()
    fill_score(layer.weight, layer.bias, normal=False)
    assert not layer.weight.any()


def test_a_network_without_numbers_is_built_without_torchs_compiler():
    """It is how a saved model is opened; the compiler alone takes longer to load than it to run."""
    code = (
        "import sys, torch\n"
        "from roadfcn.models.fcn import build_fcn\n"
        "from roadfcn.models.named_architectures import named_architecture\n"
        "with torch.device('meta'):\n"
        "    build_fcn(named_architecture('slim', 2))\n"
        "    build_fcn(named_architecture('slim', 2, {'head': '4s', 'decoder_channels': 8}))\n"
        "    build_fcn(named_architecture('tensorflow', 2))\n"
        "print('torch._dynamo' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n", done.stderr
