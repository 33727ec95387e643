"""From other programs' memory layouts to torch's.

Legend: O channels out, I channels in, H,W kernel rows and columns, C channels of a feature map.
torch keeps convolutions as O,I,H,W and transposed ones as I,O,H,W. Nothing is flipped: all of
these programs correlate. Each function raises `LayoutError` where an array cannot be of its kind.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class LayoutError(ValueError):
    """An array whose number of axes, or whose sizes, cannot be of the layout asked for."""


def as_is(array: Array) -> Array:
    """Give an array that is in torch's layout already."""
    return array


def convolution(array: Array) -> Array:
    """Check O,I,H,W of torch or Caffe, or I,O,H,W of a transposed convolution."""
    return _with_axes(array, 4)


def vector(array: Array) -> Array:
    """Give a bias, O or Caffe's older 1,1,1,O, as O."""
    if array.size != max(array.shape, default=1):
        raise LayoutError(f"is {_shown(array)} and not a single row of numbers")
    return array.reshape(-1)


def convolution_hwio(array: Array) -> Array:
    """Turn H,W,I,O of TensorFlow and Keras into O,I,H,W.

    A transposed convolution is H,W,O,I there and I,O,H,W in torch: the same permutation.
    """
    return _with_axes(array, 4).transpose(3, 2, 0, 1)


def dense_chw(array: Array) -> Array:
    """Turn a dense layer O,(C,H,W) of torch or O,I or 1,1,O,I of Caffe into a convolution.

    The input is a square map of 512 channels or a fraction of it, flattened channel by channel;
    its edge is 7, as VGG16's is for pictures of 224 x 224.
    """
    rows = (
        array.reshape(array.shape[-2:]) if array.ndim == 4 and array.shape[:2] == (1, 1) else array
    )
    rows = _with_axes(rows, 2)
    return rows.reshape(rows.shape[0], _channels(rows.shape[1]), 7, 7)


def dense_hwc(array: Array) -> Array:
    """Turn a dense layer (H,W,C),O of Keras into a convolution, edge 7 as in `dense_chw`."""
    columns = _with_axes(array, 2)
    maps = columns.reshape(7, 7, _channels(columns.shape[0]), columns.shape[1])
    return maps.transpose(3, 2, 0, 1)


def dense_pointwise(array: Array) -> Array:
    """Turn a dense layer O,I, or Caffe's older 1,1,O,I, into a convolution with a kernel of 1."""
    rows = (
        array.reshape(array.shape[-2:]) if array.ndim == 4 and array.shape[:2] == (1, 1) else array
    )
    rows = _with_axes(rows, 2)
    return rows.reshape(*rows.shape, 1, 1)


def dense_pointwise_io(array: Array) -> Array:
    """Turn a dense layer I,O of Keras into a convolution with a kernel of 1."""
    return dense_pointwise(_with_axes(array, 2).transpose())


def _with_axes(array: Array, count: int) -> Array:
    if array.ndim != count:
        raise LayoutError(f"is {_shown(array)} and not an array of {count} axes")
    return array


def _channels(flat: int) -> int:
    channels, rest = divmod(flat, 49)
    if rest or not channels:
        raise LayoutError(f"has {flat} inputs and not 49 for each channel of a 7 x 7 map")
    return channels


def _shown(array: Array) -> str:
    return " x ".join(map(str, array.shape)) if array.shape else "a single number"


def finite(array: Array) -> bool:
    """Tell whether all values are numbers; in pieces, so that little memory is taken."""
    flat = array.reshape(-1)
    step = 1 << 22
    return all(
        math.isfinite(float(np.abs(flat[at : at + step]).max(initial=0.0)))
        for at in range(0, flat.size, step)
    )
