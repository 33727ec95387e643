"""Random convolutions: the same shapes in a texture and in colours that no camera has seen.

A picture goes through one convolution with random weights, and the result is mixed with the
picture itself (Xu et al., "Robust and generalizable visual representation learning via random
convolutions", ICLR 2021, section 3: RC_mix). What surfaces look like close by is another thing
each time, where they end is not: a network that learns from such pictures has to go by shapes and
places.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_KERNELS = (1, 3, 5, 7)  # pixels; equally often, as in the paper
_CHANNELS = 3


def random_convolution(image: Tensor, seed: int) -> Tensor:
    """Give a x + (1 - a) (k * x), a uniform in 0..1 and k normal with variance 1 / (3 s s).

    So the square of k * x is, in expectation, the mean square of what lies below the kernel.

    Args:
        image: x, 3,H,W floats around 0, so that what is 0 stays 0.
        seed: Decides s, k and a, on any device.

    Returns:
        3,H,W, of any range. Borders are mirrored; a picture too small for that has them repeated.
    """
    generator = torch.Generator().manual_seed(seed)
    size = _KERNELS[int(torch.randint(len(_KERNELS), (), generator=generator))]
    # Types are named: a run in 64 bits makes them the usual ones, and would draw other numbers.
    shape = (_CHANNELS, _CHANNELS, size, size)
    kernel = torch.randn(shape, generator=generator, dtype=torch.float32)
    own = float(torch.rand((), generator=generator, dtype=torch.float32))
    kernel /= (_CHANNELS * size * size) ** 0.5
    border = size // 2
    mode = "reflect" if min(image.shape[-2:]) > border else "replicate"
    padded = functional.pad(image.unsqueeze(0), (border,) * 4, mode=mode)
    return own * image + (1 - own) * functional.conv2d(padded, kernel.to(image)).squeeze(0)
