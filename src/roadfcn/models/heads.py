"""The decoder: scores at stride 32, joined by finer ones where the head has skips.

Shapes: features and scores are N,C,h,w; C is the number of classes for scores. Long, Shelhamer
and Darrell, CVPR 2015, section 4.2 and figure 3.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from roadfcn.models.alignment import STRIDE, Alignment
from roadfcn.models.architecture import FCNArchitecture, HeadName
from roadfcn.models.bias_apart import BiasApart
from roadfcn.models.initialisation import fill_score
from roadfcn.models.upsampling import Upsampling
from roadfcn.models.vgg16 import Features


class Skip(NamedTuple):
    """One refinement: coarse scores are doubled, and the scores of a finer feature added."""

    feature: str
    upsampling: str
    score: str


SKIPS = (Skip("pool4", "upscore2", "score_pool4"), Skip("pool3", "upscore_pool4", "score_pool3"))
"""In the order they are added; layer names are those of the Caffe networks."""

SKIP_COUNTS: dict[HeadName, int] = {"32s": 0, "16s": 1, "8s": 2, "4s": 3}
"""How many skips a head has. A 16s head is a 32s head with one more, and so on; the third is for
heads that join features (`feature_head`)."""

LAST_UPSAMPLING = ("upscore", "upscore16", "upscore8")
"""Name of the upsampling to the picture's size, by number of skips."""


class FCNHead(nn.Module):
    """Scores, skips and upsampling.

    Args:
        architecture: Classes, head, scales and starts.
        alignment: Crop offsets and windows, made for the same architecture.
        channels: Channels of pool3, pool4 and fc7.
    """

    def __init__(
        self, architecture: FCNArchitecture, alignment: Alignment, channels: tuple[int, int, int]
    ) -> None:
        super().__init__()
        self._architecture = architecture
        self._alignment = alignment
        self.skips = SKIPS[: SKIP_COUNTS[architecture.head]]
        self.reads = ("fc7", *(skip.feature for skip in self.skips))
        """Names of the features that are looked at."""
        widths = dict(zip(("pool3", "pool4", "fc7"), channels, strict=True))
        self.score_fr = self._score(widths["fc7"])
        for skip in self.skips:
            self.add_module(skip.upsampling, self._upsampling(2))
            self.add_module(skip.score, self._score(widths[skip.feature]))
        self.last = LAST_UPSAMPLING[len(self.skips)]
        self.add_module(self.last, self._upsampling(STRIDE >> len(self.skips)))

    def fuse(self, features: Features) -> torch.Tensor:
        """Give the finest score map before the last upsampling, at stride 32, 16 or 8."""
        scores: torch.Tensor = self.score_fr(features.fc7)
        for skip, offset, scale in zip(
            self.skips, self._alignment.skip_offsets, self._architecture.skip_scales, strict=False
        ):
            scores = self.get_submodule(skip.upsampling)(scores)
            feature: torch.Tensor = getattr(features, skip.feature)
            cropped = crop(feature, offset, (scores.shape[-2], scores.shape[-1]))
            # Scaling the feature, and not its score, also slows the learning of the score.
            scaled = cropped if scale == 1 else cropped * scale
            scores = scores + self.get_submodule(skip.score)(scaled)
        return scores

    def forward(self, features: Features) -> torch.Tensor:
        """Give scores at the padded picture's stride of 1, not yet cropped."""
        enlarged: torch.Tensor = self.get_submodule(self.last)(self.fuse(features))
        return enlarged

    def _score(self, channels: int) -> nn.Conv2d:
        layer = BiasApart(channels, self._architecture.num_classes, 1)
        assert layer.bias is not None
        fill_score(layer.weight, layer.bias, normal=self._architecture.score_start == "normal")
        return layer

    def _upsampling(self, stride: int) -> Upsampling:
        return Upsampling(
            self._architecture.num_classes,
            self._alignment.upsampling(stride),
            self._architecture.upsampling,
            bias=self._architecture.upsampling_bias,
        )


def crop(maps: torch.Tensor, offset: int, size: tuple[int, int]) -> torch.Tensor:
    """Cut (height, width) cells out of N,C,h,w maps, `offset` from the top and from the left."""
    height, width = size
    return maps[..., offset : offset + height, offset : offset + width]
