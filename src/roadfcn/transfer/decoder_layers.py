"""layers(): the decoder of FCN-8s as TensorFlow programs write it, by itself.

N pictures, C classes, h,w cells of layer 7. It is the head of the network that recipes call
"tensorflow", with another way in: three maps in place of a picture.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from roadfcn.errors import ConfigError
from roadfcn.models.alignment import align
from roadfcn.models.heads import SKIP_COUNTS, FCNHead
from roadfcn.models.named_architectures import tensorflow_fcn
from roadfcn.models.vgg16 import Features

L2_SCALE = 1e-3
"""Of `tf.contrib.layers.l2_regularizer`, as the decoder in TensorFlow programs commonly has it."""


class DecoderLayers(nn.Module):
    """Scores of layers 3, 4 and 7, enlarged and added; see `layers`.

    Args:
        num_classes: C, 1..255.
        channels: Of the outputs of layers 3, 4 and 7.

    Raises:
        ConfigError: An impossible number of classes.
    """

    def __init__(self, num_classes: int, channels: tuple[int, int, int]) -> None:
        super().__init__()
        architecture = tensorflow_fcn(num_classes)
        self.num_classes, self.channels = num_classes, channels
        skips = SKIP_COUNTS[architecture.head]
        alignment = align(architecture.alignment, architecture.fc_extent, skips)
        self.head = FCNHead(architecture, alignment, channels)

    def forward(self, layer3_out: Tensor, layer4_out: Tensor, layer7_out: Tensor) -> Tensor:
        """Give logits N,C,32h,32w.

        Args:
            layer3_out: N,_,4h,4w.
            layer4_out: N,_,2h,2w.
            layer7_out: N,_,h,w.

        Raises:
            ConfigError: The maps have other channels, or do not lie on each other.
        """
        features = Features(layer3_out, layer4_out, layer7_out)
        self._check(features)
        logits: Tensor = self.head(features)
        return logits

    def l2_loss(self, scale: float = L2_SCALE) -> Tensor:
        """Give the regularisation term of the loss: scale * sum(w^2) / 2 over the kernels.

        That is what `l2_regularizer(scale)` collects; biases are left out. Its gradient is
        scale * w, so that Adam with weight_decay=scale on these kernels, whose decay is added to
        the gradient, is the same (AdamW's is not).
        """
        kernels = [parameter for parameter in self.parameters() if parameter.ndim > 1]
        return scale / 2 * torch.stack([kernel.square().sum() for kernel in kernels]).sum()

    def _check(self, features: Features) -> None:
        found = [
            tuple(feature.shape[1:]) for feature in (features.pool3, features.pool4, features.fc7)
        ]
        height, width = found[2][-2:] if len(found[2]) == 3 else (0, 0)
        wanted = [
            (channels, height * factor, width * factor)
            for channels, factor in zip(self.channels, (4, 2, 1), strict=True)
        ]
        if found == wanted and height * width:
            return
        shown = [f"{name} is {_shown(shape)}" for name, shape in zip(_NAMES, found, strict=True)]
        three, four, seven = self.channels
        raise ConfigError(
            f"the decoder's inputs do not fit: {', '.join(shown)} (channels x height x width)",
            allowed=f"{three} x 4h x 4w, {four} x 2h x 2w and {seven} x h x w",
            do="give the outputs of load_vgg in their order, of pictures whose height and width "
            "are multiples of 32; make the decoder with layers(num_classes, vgg.channels)",
        )


_NAMES = ("layer3_out", "layer4_out", "layer7_out")


def layers(num_classes: int, channels: tuple[int, int, int] = (256, 512, 4096)) -> DecoderLayers:
    """Make the decoder, with starting weights from torch's global random numbers.

    Each map is scored by a 1x1 convolution; layer 7's scores are enlarged twice and layer 4's
    added, the sum enlarged twice and layer 3's added, the sum enlarged eight times. Enlarging is
    a transposed convolution with a kernel of twice the stride and 'same' padding. Kernels start
    at N(0, 0.01), biases at zero.

    Args:
        num_classes: C, 1..255.
        channels: Of the outputs of layers 3, 4 and 7: `VGGGraph.channels`.

    Raises:
        ConfigError: An impossible number of classes.
    """
    return DecoderLayers(num_classes, channels)


def _shown(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
