"""A convolution that adds its bias by itself, where oneDNN would write past the end of a gradient.

On processors with AMX, oneDNN's convolution in bfloat16 (`brgconv_bwd_w:avx10_1_512_amx`, as it is
in PyTorch 2.13) writes the gradient of a bias in blocks of 16 numbers, however few there are, when
threads share a convolution of many input channels. From 2,560 channels to 2 scores, as after fc7,
that damages the heap, and the process ends sooner or later: `free(): invalid pointer`. A
convolution without bias is computed by the same code and writes where it should.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class BiasApart(nn.Conv2d):
    """`nn.Conv2d`; arguments, weights and values are the same, up to rounding in bfloat16.

    To be used for convolutions to few channels. Only where a gradient may be wanted of a
    convolution on a CPU in a reduced precision is anything done apart, so that what is exported,
    compiled or computed in float32 is one operation as ever.
    """

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        reduced = weight.dtype == torch.bfloat16 or torch.is_autocast_enabled("cpu")
        if bias is None or input.device.type != "cpu" or not torch.is_grad_enabled() or not reduced:
            whole: Tensor = super()._conv_forward(input, weight, bias)
            return whole
        result: Tensor = super()._conv_forward(input, weight, None)
        return result + bias.to(result.dtype).view(-1, 1, 1)
