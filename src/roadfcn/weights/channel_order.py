"""From networks that want BGR to the same networks for RGB."""

from __future__ import annotations

import dataclasses

import numpy as np

from roadfcn.weights.foreign import ForeignWeights

_FIRST = "encoder.conv1_1.weight"


def to_rgb(weights: ForeignWeights) -> ForeignWeights:
    """Turn round the channels that the first convolution reads, and the input format with them.

    The network computes the same sums in another order. Weights that want RGB come back as they
    are; of others all tensors but the first are shared.
    """
    form = weights.input_format
    if form.channel_order == "rgb":
        return weights
    turned = np.ascontiguousarray(weights.tensors[_FIRST][:, ::-1])
    blue, green, red = zip(form.mean, form.std, strict=True)
    return dataclasses.replace(
        weights,
        tensors={**weights.tensors, _FIRST: turned},
        input_format=dataclasses.replace(
            form,
            channel_order="rgb",
            mean=(red[0], green[0], blue[0]),
            std=(red[1], green[1], blue[1]),
        ),
    )
