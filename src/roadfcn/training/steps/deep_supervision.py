"""Scores that only learning has: of fc7 and of pool4 by themselves, beside those of the network.

What a coarse feature says reaches the loss through all that joins it, and a finer one can do its
work instead. With scores of its own it has to know the classes itself (Lee et al., "Deeply-
supervised nets", AISTATS 2015; Zhao et al., "Pyramid scene parsing network", CVPR 2017, section
3.3, whose one further loss weighs 0.4). They are no part of the model that is saved.

Legend: N batch, C classes, H rows, W columns of the picture.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from roadfcn.models.alignment import STRIDE, direct_offset
from roadfcn.models.bias_apart import BiasApart
from roadfcn.models.fcn import FCN
from roadfcn.models.heads import crop
from roadfcn.models.initialisation import fill_score
from roadfcn.training.steps.losses import PixelCrossEntropy

_STRIDES = {"fc7": STRIDE, "pool4": STRIDE // 2}
_BLOCK = 4
"""Of so many by so many pixels one is compared: features this coarse say of all of them the same,
and for each to be compared a step of a small network would take two fifths longer."""


class DeepSupervision(nn.Module):
    """One 1x1 score layer for fc7 and one for pool4, and the weight of their losses.

    Args:
        model: Whose features are scored; it is not kept.
        weight: Of the mean of the losses of these scores, where the network's own counts 1.
    """

    def __init__(self, model: FCN, weight: float) -> None:
        super().__init__()
        architecture = model.architecture
        self.weight = weight
        _, pool4, fc7 = model.encoder.channels
        # As the head scales it: without, these scores would learn of unscaled features at once.
        self._scales = {"fc7": 1.0, "pool4": architecture.skip_scales[0]}
        self._starts: dict[str, int] = {}
        self._pixels: dict[str, int] = {}
        for feature, channels in (("fc7", fc7), ("pool4", pool4)):
            score = BiasApart(channels, architecture.num_classes, 1)
            assert score.bias is not None
            fill_score(score.weight, score.bias, normal=False)
            self.add_module(f"score_{feature}", score)
            offset = direct_offset(
                architecture.alignment, architecture.fc_extent, _STRIDES[feature]
            )
            # The first block whose middle is in the picture, and the pixel left above the middle.
            start = (offset + 2) // _BLOCK
            self._starts[feature] = start
            self._pixels[feature] = start * _BLOCK + _BLOCK // 2 - 1 - offset

    def forward(self, model: FCN, images: Tensor) -> list[Tensor]:
        """Give the logits of `model`, N,C,H,W, then those of fc7 and pool4, one for each block.

        Args:
            model: The network that learns.
            images: N,3,H,W normalised.
        """
        size = (images.shape[-2], images.shape[-1])
        features = model.encode(images)
        return [
            model.decode(features, size),
            *(self._logits(name, getattr(features, name), size) for name in self._starts),
        ]

    def _logits(self, name: str, feature: Tensor, size: tuple[int, int]) -> Tensor:
        scale = self._scales[name]
        scaled = feature if scale == 1 else feature * scale
        scores: Tensor = self.get_submodule(f"score_{name}")(scaled)
        # In float32, as the loss is: bfloat16 has too few digits to interpolate 8 times with.
        enlarged = functional.interpolate(
            scores.float() if scores.dtype != torch.float64 else scores,
            scale_factor=float(_STRIDES[name] // _BLOCK),
            mode="bilinear",
            align_corners=False,
        )
        rows, columns = (len(range(self._pixels[name], edge, _BLOCK)) for edge in size)
        return crop(enlarged, self._starts[name], (rows, columns))

    def sums(
        self, logits: list[Tensor], masks: Tensor, loss: PixelCrossEntropy, pixels: int | None
    ) -> tuple[Tensor, Tensor]:
        """Give the sum of the losses over the pixels, and what it has to be divided by.

        Args:
            logits: As `forward` gives them.
            masks: N,H,W int64, class indices and void.
            loss: The same for all of them.
            pixels: See `PixelCrossEntropy.sums`.
        """
        total, count = loss.sums(logits[0], masks, pixels)
        further = [
            loss.sums(each, masks[:, first::_BLOCK, first::_BLOCK])[0] * _BLOCK**2
            for each, first in zip(logits[1:], self._pixels.values(), strict=True)
        ]
        return total + self.weight * torch.stack(further).mean(), count

    def mean(self, logits: list[Tensor], masks: Tensor, loss: PixelCrossEntropy) -> Tensor:
        """Give the scalar loss, as `PixelCrossEntropy.forward` does."""
        total, count = self.sums(logits, masks, loss, None)
        return total / count.clamp(min=1e-12)


def with_scores(model: nn.Module, supervision: DeepSupervision | None) -> nn.Module:
    """Give all that learns, under the names that the network's own parts have in it."""
    if supervision is None:
        return model
    return nn.ModuleDict(dict(model.named_children()) | {"supervision": supervision})
