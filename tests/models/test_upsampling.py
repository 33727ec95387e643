import numpy as np
import pytest
import torch
from torch.nn import functional

from roadfcn.models.alignment import Window
from roadfcn.models.upsampling import Upsampling


def tensorflow_same(scores: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """Do conv2d_transpose(padding='same') element by element: h,w,I and K,K,O,I to s*h,s*w,O.

    Every input element adds its kernel to a canvas at stride steps; the canvas is cut so that
    floor((K - stride) / 2) rows and columns are dropped before, and stride * n are left.
    """
    height, width, _ = scores.shape
    size, _, channels_out, _ = kernel.shape
    canvas = np.zeros(((height - 1) * stride + size, (width - 1) * stride + size, channels_out))
    for row in range(height):
        for column in range(width):
            for i in range(size):
                for j in range(size):
                    canvas[row * stride + i, column * stride + j] += (
                        kernel[i, j] @ scores[row, column]
                    )
    before = (size - stride) // 2
    return canvas[before : before + stride * height, before : before + stride * width]


@pytest.mark.parametrize("stride", [2, 8, 16])
def test_padded_upsampling_is_tensorflows_same_transposed_convolution(stride: int):
    rng = np.random.default_rng(stride)
    window = Window(2 * stride, stride, stride // 2)
    layer = Upsampling(2, window, "random", bias=True).double()
    kernel = rng.normal(size=(2 * stride, 2 * stride, 2, 2))
    scores = rng.normal(size=(2, 3, 2))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(kernel.transpose(3, 2, 0, 1)))
        layer.bias.copy_(torch.tensor([0.5, -1.0]))
        ours = layer(torch.from_numpy(scores.transpose(2, 0, 1))[None])[0].numpy()
    theirs = tensorflow_same(scores, kernel, stride) + np.array([0.5, -1.0])
    np.testing.assert_allclose(ours.transpose(1, 2, 0), theirs, atol=1e-13)


@pytest.mark.parametrize("stride", [2, 8, 16, 32])
def test_unpadded_upsampling_is_larger_by_kernel_minus_stride(stride: int):
    layer = Upsampling(1, Window(2 * stride, stride), "fixed", bias=False)
    assert layer(torch.zeros(1, 1, 3, 5)).shape == (1, 1, 4 * stride, 6 * stride)


@pytest.mark.parametrize("stride", [2, 8, 16, 32])
def test_bilinear_upsampling_interpolates_away_from_the_border(stride: int):
    layer = Upsampling(2, Window(2 * stride, stride, stride // 2), "learned", bias=False)
    scores = torch.rand(1, 2, 5, 6, generator=torch.Generator().manual_seed(0))
    expected = functional.interpolate(scores, scale_factor=stride, mode="bilinear")
    inner = (..., slice(stride, -stride), slice(stride, -stride))
    torch.testing.assert_close(layer(scores)[inner], expected[inner])


def test_fixed_kernels_are_saved_and_not_trained():
    layer = Upsampling(2, Window(4, 2, 1), "fixed", bias=False)
    assert list(layer.parameters()) == []
    assert list(layer.state_dict()) == ["weight"]


def test_learned_kernels_start_bilinear_and_random_ones_at_a_hundredth():
    fixed = Upsampling(4, Window(16, 8, 4), "fixed", bias=False)
    learned = Upsampling(4, Window(16, 8, 4), "learned", bias=False)
    torch.manual_seed(0)
    random = Upsampling(4, Window(16, 8, 4), "random", bias=True)
    assert torch.equal(learned.weight, fixed.weight)
    assert learned.weight.requires_grad
    assert random.weight.std().item() == pytest.approx(0.01, rel=0.05)
    assert random.bias is not None
    assert not random.bias.any()
