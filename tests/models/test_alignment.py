from fractions import Fraction

import pytest
import torch

from roadfcn.models.alignment import Window, align, direct_offset
from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import vgg16_fcn


@pytest.mark.parametrize(
    ("skips", "skip_offsets", "output_offset"), [(0, (), 19), (1, (5,), 27), (2, (5, 9), 31)]
)
def test_derived_crops_are_those_of_the_caffe_networks(
    skips: int, skip_offsets: tuple[int, ...], output_offset: int
):
    alignment = align("pad-100", 7, skips)
    assert alignment.skip_offsets == skip_offsets
    assert alignment.output_offset == output_offset


@pytest.mark.parametrize("fc_kernel", [1, 3, 5, 7])
@pytest.mark.parametrize("skips", [0, 1, 2])
def test_same_alignment_crops_nothing_from_the_left_or_top(fc_kernel: int, skips: int):
    alignment = align("same", fc_kernel, skips)
    assert alignment.skip_offsets == (0,) * skips
    assert alignment.output_offset == 0


@pytest.mark.parametrize(
    ("height", "width", "padding"),
    [(32, 64, (0, 0, 0, 0)), (1, 33, (0, 31, 0, 31)), (375, 1242, (0, 6, 0, 9))],
)
def test_same_alignment_pads_right_and_bottom_to_a_multiple_of_32(
    height: int, width: int, padding: tuple[int, ...]
):
    assert align("same", 7, 2).input_padding(height, width) == padding


def test_window_maps_are_inverse_to_each_other():
    window = Window(16, 8, 4)
    position = Fraction(7, 3)
    assert window.forward(window.transposed(position)) == position


def test_a_window_that_leaves_the_grids_out_of_step_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Window, "forward", lambda self, position: position / self.stride)
    with pytest.raises(ValueError, match="out of step"):
        align("pad-100", 7, 2)


# What Caffe computes for pictures of 500 px, 375 px and 1242 px.
CAFFE_SIZES = {
    500: ([349, 175, 88, 44, 22], 16, (544, 560, 568)),
    375: ([287, 144, 72, 36, 18], 12, (416, 432, 440)),
    1242: ([720, 360, 180, 90, 45], 39, (1280, 1296, 1304)),
}


@pytest.mark.parametrize("edge", CAFFE_SIZES)
def test_map_sizes_are_those_that_caffe_computes(edge: int):
    pools, fc, outputs = CAFFE_SIZES[edge]
    with torch.device("meta"):
        for head, output in zip(("32s", "16s", "8s"), outputs, strict=True):
            model = build_fcn(vgg16_fcn(21, head))
            padding = model.alignment.input_padding(edge, edge)
            images = torch.empty(1, 3, edge + padding[0] + padding[1], edge + padding[2] * 2)
            sizes = {}
            for name, layer in model.encoder.named_children():
                images = layer(images)
                sizes[name] = list(images.shape[-2:])
            assert [sizes[f"pool{number}"] for number in range(1, 6)] == [
                [size, size] for size in pools
            ]
            assert sizes["fc7"] == [fc, fc]
            features = model.encoder(torch.empty(1, 3, edge + 198, edge + 198))
            assert list(model.head(features).shape[-2:]) == [output, output]


@pytest.mark.parametrize("fc_kernel", [5, 7])
def test_every_crop_of_the_pad_100_alignment_fits_every_picture(fc_kernel: int):
    """Follows sizes by Caffe's own rules, up to 2999 px."""
    alignments = [align("pad-100", fc_kernel, skips) for skips in range(3)]
    for edge in range(1, 3000):
        pools = [edge + 198]
        for _ in range(5):
            pools.append(-(-(pools[-1] - 2) // 2) + 1)
        for skips, alignment in enumerate(alignments):
            size = pools[5] - fc_kernel + 1
            for pool, offset in zip(pools[4:2:-1], alignment.skip_offsets, strict=False):
                size = 2 * size + 2
                assert offset + size <= pool
            stride = 32 >> skips
            assert alignment.output_offset + edge <= (size - 1) * stride + 2 * stride


@pytest.mark.parametrize("name", ["same", "pad-100"])
@pytest.mark.parametrize("fc_extent", [5, 7])
@pytest.mark.parametrize("stride", [16, 32])
def test_the_direct_crop_is_where_the_pixels_that_cells_see_say(name, fc_extent, stride):
    """Follows the first and the last pixel that a cell sees back through every layer."""
    first = last = 2  # any cell
    if stride == 32:
        padding = fc_extent // 2 if name == "same" else 0
        first, last = first - padding, last - padding + fc_extent - 1
    for convolutions in (3, 3, 3, 2, 2)[stride == 16 :]:
        first, last = 2 * first - convolutions, 2 * last + 1 + convolutions
    middle = Fraction(first + last, 2) - (0 if name == "same" else 99)  # of the picture's pixels
    enlarged = 2 * stride + Fraction(stride - 1, 2)  # the cell's middle after interpolation
    assert direct_offset(name, fc_extent, stride) == enlarged - middle
