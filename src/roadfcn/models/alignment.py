"""Keeping input and output grids in step: padding, and crop offsets derived from the layers.

Two alignments share one path: zeros around the picture, convolutions, upsampling, then a crop
of each finer map to the coarser one and of the last map to the picture.

- "same": zeros right and bottom up to a multiple of 32; every layer keeps its grid's centre, so
  that all offsets come out as 0. What TensorFlow calls 'same' padding.
- "pad-100": 100 zeros on every side of the first convolution and none at fc6 and the upsampling
  layers (Long, Shelhamer and Darrell, CVPR 2015, and their Caffe networks).

A layer maps positions on an axis of its input to positions on its output by a straight line.
Following the lines from the picture down to a map says where each of its cells looks, and two
maps of one stride differ by a whole number of cells: the crop offset. All numbers are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from roadfcn.models.architecture import AlignmentName

STRIDE = 32
"""Pixels per cell of pool5, fc6 and fc7."""


@dataclass(frozen=True)
class Window:
    """Kernel, stride and zero padding of a convolution, pooling or transposed convolution, in px.

    The maps follow from the centre of a kernel of k elements being at (k-1)/2.
    """

    kernel: int
    stride: int = 1
    padding: int = 0

    def forward(self, position: Fraction) -> Fraction:
        """Map a position on the input of a convolution or pooling to its output."""
        return (position + self.padding - Fraction(self.kernel - 1, 2)) / self.stride

    def transposed(self, position: Fraction) -> Fraction:
        """Map a position on the input of a transposed convolution to its output."""
        return position * self.stride + Fraction(self.kernel - 1, 2) - self.padding


@dataclass(frozen=True)
class Alignment:
    """How one network pads and crops.

    Args:
        border: Zeros on every side of the normalised picture, in px.
        multiple: The picture is then padded right and bottom to a multiple of this.
        fc_padding: Zero padding of fc6.
        trimmed: Whether transposed convolutions drop (kernel - stride) / 2 px on every side.
        skip_offsets: Where pool4, pool3 and pool2 are cropped, in cells from top and left; as
            many as the head has skips.
        output_offset: Where the last map is cropped to the picture, in px.
    """

    border: int
    multiple: int
    fc_padding: int
    trimmed: bool
    skip_offsets: tuple[int, ...]
    output_offset: int

    def upsampling(self, stride: int) -> Window:
        """Give the window of the transposed convolution that enlarges `stride` times."""
        kernel = 2 * stride
        return Window(kernel, stride, (kernel - stride) // 2 if self.trimmed else 0)

    def input_padding(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Give the zeros to add (left, right, top, bottom), in the order of `functional.pad`."""
        right = self.border + -width % self.multiple
        bottom = self.border + -height % self.multiple
        return self.border, right, self.border, bottom


def align(name: AlignmentName, fc_extent: int, skips: int) -> Alignment:
    """Derive all offsets of a network with `skips` skip connections, 0 to 3.

    `fc_extent` is the edge, in cells, of what fc6's kernel covers. For VGG16's 7 and "pad-100" they
    are 19; 5 and 27; 5, 9 and 31: the crop offsets written in the Caffe networks.
    """
    same = name == "same"
    # The first convolution pads one zero itself, as all others do: 99 before it make 100.
    border, multiple = (0, STRIDE) if same else (99, 1)
    fc_padding = fc_extent // 2 if same else 0
    bare = Alignment(border, multiple, fc_padding, same, (), 0)

    pools = _pool_positions(bare.border)
    position = Window(fc_extent, 1, fc_padding).forward(pools[-1])
    offsets = []
    for pool in (pools[3], pools[2], pools[1])[:skips]:
        position = bare.upsampling(2).transposed(position)
        offsets.append(_whole(pool - position))
        # From here on cells are counted on the cropped map, which is the coarser one's grid.
    last_stride = STRIDE >> skips
    output = _whole(bare.upsampling(last_stride).transposed(position))
    return Alignment(border, multiple, fc_padding, same, tuple(offsets), output)


def direct_offset(name: AlignmentName, fc_extent: int, stride: int) -> int:
    """Give where a feature that is interpolated to the picture at once is cropped, in px.

    Interpolation keeps the edges of cells: the picture's first pixel lies so far from the edge of
    the enlarged map, from top and left. 0 with "same"; with "pad-100" and VGG16's 7, 3 for fc7,
    which is the 19 of `align` without the half stride that a transposed convolution adds.

    Args:
        name: How the grids are kept in step.
        fc_extent: Edge, in cells, of what fc6's kernel covers.
        stride: Of the feature: 16 for pool4, 32 for fc7.
    """
    border, fc_padding = (0, fc_extent // 2) if name == "same" else (99, 0)
    pool4, pool5 = _pool_positions(border)[3:]
    position = Window(fc_extent, 1, fc_padding).forward(pool5) if stride == STRIDE else pool4
    kernel = 2 * stride
    return _whole(Window(kernel, stride, (kernel - stride) // 2).transposed(position))


def _pool_positions(border: int) -> Sequence[Fraction]:
    """Give where the picture's first pixel lies on pool1 to pool5, in cells."""
    convolution, pooling = Window(3, 1, 1), Window(2, 2)
    positions = []
    position = Fraction(border)
    for _ in range(5):
        position = pooling.forward(convolution.forward(position))
        positions.append(position)
    return positions


def _whole(offset: Fraction) -> int:
    if offset.denominator != 1 or offset < 0:
        raise ValueError(f"layers are out of step by {offset} cells")
    return int(offset)
