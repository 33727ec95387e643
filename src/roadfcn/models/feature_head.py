"""A decoder that joins features in place of scores, and scores once, at its end.

The head of the FCN papers scores every feature by itself, and adds: what a fine feature says of a
pixel cannot depend on what a coarse one says. Here each is brought to the same few channels, the
coarse ones are doubled, both are added, and a 3x3 convolution mixes them before the next, finer
one comes. The encoder, its layers' names and the last upsampling are the papers'. It is what
U-Net (Ronneberger, Fischer and Brox, MICCAI 2015) and feature pyramids (Lin et al., CVPR 2017,
figure 3: 1x1 laterals, added to the doubled coarser map, then 3x3) have in common, kept small.

Shapes: features and scores are N,C,h,w; D is `decoder_channels`.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from roadfcn.models.alignment import STRIDE, Alignment
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.bias_apart import BiasApart
from roadfcn.models.initialisation import fill_he, fill_score
from roadfcn.models.upsampling import Upsampling
from roadfcn.models.vgg16 import ConvReLU, Features

_LEVELS = ("pool4", "pool3", "pool2")
"""In the order in which they join."""


class Join(nn.Module):
    """One refinement: the coarser features doubled, a finer one added, both mixed.

    Args:
        channels_in: C of the finer feature.
        channels: D.
        batch_norm: Normalise the sum and after the mixing.
    """

    def __init__(self, channels_in: int, channels: int, *, batch_norm: bool) -> None:
        super().__init__()
        self.lateral = _Lateral(channels_in, channels, bias=not batch_norm)
        self.norm = nn.BatchNorm2d(channels) if batch_norm else nn.Identity()
        self.mix = ConvReLU(channels, channels, 3, 1, batch_norm=batch_norm)

    def forward(self, coarse: torch.Tensor, fine: torch.Tensor) -> torch.Tensor:
        """Give N,D,2h,2w features of N,D,h,w coarse and N,C,2h,2w fine ones."""
        doubled = functional.interpolate(
            coarse, scale_factor=2.0, mode="bilinear", align_corners=False
        )
        joined: torch.Tensor = self.norm(doubled + self.lateral(fine))
        mixed: torch.Tensor = self.mix(functional.relu(joined, inplace=True))
        return mixed


class FeatureHead(nn.Module):
    """Laterals, joins, one score, and the upsampling to the picture.

    Args:
        architecture: Classes, head, channels of the decoder and starts.
        alignment: Made for the same architecture; "same".
        channels: Channels of pool3, pool4 and fc7.
        pool2_channels: Channels of pool2.
    """

    def __init__(
        self,
        architecture: FCNArchitecture,
        alignment: Alignment,
        channels: tuple[int, int, int],
        pool2_channels: int,
    ) -> None:
        super().__init__()
        width, skips = architecture.decoder_channels, len(alignment.skip_offsets)
        pool3, pool4, fc7 = channels
        self.levels = _LEVELS[:skips]
        self.reads = ("fc7", *self.levels)
        """Names of the features that are looked at."""
        self.lateral_fc7 = _Lateral(fc7, width, bias=True)
        for level, channels_in in zip(self.levels, (pool4, pool3, pool2_channels), strict=False):
            join = Join(channels_in, width, batch_norm=architecture.batch_norm)
            self.add_module(f"join_{level}", join)
        self.score = BiasApart(width, architecture.num_classes, 1)
        assert self.score.bias is not None
        fill_score(self.score.weight, self.score.bias, normal=architecture.score_start == "normal")
        self.last = f"upscore{STRIDE >> skips}"
        self.add_module(
            self.last,
            Upsampling(
                architecture.num_classes,
                alignment.upsampling(STRIDE >> skips),
                architecture.upsampling,
                bias=architecture.upsampling_bias,
            ),
        )

    def fuse(self, features: Features) -> torch.Tensor:
        """Give the score map before the last upsampling, at the stride the head is named after."""
        joined: torch.Tensor = self.lateral_fc7(features.fc7)
        for level in self.levels:
            joined = self.get_submodule(f"join_{level}")(joined, getattr(features, level))
        scores: torch.Tensor = self.score(joined)
        return scores

    def forward(self, features: Features) -> torch.Tensor:
        """Give scores at the padded picture's stride of 1, not yet cropped."""
        enlarged: torch.Tensor = self.get_submodule(self.last)(self.fuse(features))
        return enlarged


class _Lateral(BiasApart):
    """A 1x1 convolution without an activation, started as those before a ReLU are."""

    def __init__(self, channels_in: int, channels_out: int, *, bias: bool) -> None:
        super().__init__(channels_in, channels_out, 1, bias=bias)

    def reset_parameters(self) -> None:
        """Start by He's rule; called by the base class."""
        fill_he(self.weight, self.bias)
