"""The whole network: pictures in, one score per class and pixel out.

Shapes: pictures are N,3,H,W float, normalised as the model's input format says; logits are
N,C,H,W float for any H and W from 1. Long, Shelhamer and Darrell, CVPR 2015.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from roadfcn.models.alignment import align
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.feature_head import FeatureHead
from roadfcn.models.heads import SKIP_COUNTS, FCNHead, crop
from roadfcn.models.vgg16 import VGG16, Features


class FCN(nn.Module):
    """A VGG16 encoder and an FCN head.

    Parameters are named `encoder.…` and `head.…`, then as in the Caffe networks:
    `encoder.conv1_1.weight`, `head.score_pool4.bias`.

    Args:
        architecture: What to build.
    """

    def __init__(self, architecture: FCNArchitecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.alignment = align(
            architecture.alignment, architecture.fc_extent, SKIP_COUNTS[architecture.head]
        )
        self.encoder = VGG16(
            width=architecture.width,
            batch_norm=architecture.batch_norm,
            fc_channels=architecture.fc_channels,
            fc_kernel=architecture.fc_kernel,
            fc_dilation=architecture.fc_dilation,
            fc_padding=self.alignment.fc_padding,
            dropout=architecture.dropout,
            keep_pool2=architecture.head == "4s",
        )
        self.head: FCNHead | FeatureHead = (
            FeatureHead(
                architecture, self.alignment, self.encoder.channels, self.encoder.pool2_channels
            )
            if architecture.decoder_channels
            else FCNHead(architecture, self.alignment, self.encoder.channels)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give logits N,C,H,W of normalised pictures N,3,H,W."""
        return self.decode(self.encode(images), (images.shape[-2], images.shape[-1]))

    def encode(self, images: torch.Tensor) -> Features:
        """Give the features of normalised pictures N,3,H,W."""
        # Zeros after normalisation are the mean colour.
        padding = self.alignment.input_padding(images.shape[-2], images.shape[-1])
        features: Features = self.encoder(functional.pad(images, padding))
        return features

    def decode(self, features: Features, size: tuple[int, int]) -> torch.Tensor:
        """Give logits N,C,H,W of the features of pictures of `size` (H, W).

        Of the features only those that `head.reads` names are looked at.
        """
        return crop(self.head(features), self.alignment.output_offset, size)


def build_fcn(architecture: FCNArchitecture) -> FCN:
    """Make a network with starting weights, drawn from torch's global random numbers.

    Under `torch.device("meta")` it has shapes but no memory: for counting, and for loading.
    """
    return FCN(architecture)
