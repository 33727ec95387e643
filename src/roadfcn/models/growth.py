"""From a coarse head to a finer one: 32s to 16s to 8s.

Long, Shelhamer and Darrell train the heads one after the other, each started from the one before
(CVPR 2015, section 4.2): what both have is copied, the new skip scores start at zero and the new
doubling as bilinear interpolation, so that the finer network begins by saying what the coarse
one said.
"""

from __future__ import annotations

import dataclasses

from roadfcn.errors import ConfigError
from roadfcn.models.architecture import HeadName
from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.models.heads import LAST_UPSAMPLING, SKIP_COUNTS, SKIPS
from roadfcn.models.initialisation import fill_bilinear, fill_score


def grow(model: FCN, head: HeadName) -> FCN:
    """Make a network with a finer head that starts from `model`, which is left as it is.

    The new network's finest score map is the old one's, enlarged bilinearly: exactly so away from
    its border, and there with zeros for the scores beyond the edge, as a transposed convolution
    sees them. Logits are close and not equal, for enlarging by 2 and then by 16 is not quite the
    same as enlarging by 32.

    Raises:
        ConfigError: `head` is not finer than the model's, or the model joins features.
    """
    if model.architecture.decoder_channels:
        raise ConfigError(
            "a head that joins features cannot grow",
            allowed="a head that joins scores (decoder_channels: 0)",
            do="train the finer head from the encoder's weights",
        )
    skips = SKIP_COUNTS[model.architecture.head]
    finer = [name for name in ("16s", "8s") if SKIP_COUNTS[name] > skips]
    if head not in finer:
        raise ConfigError(
            f"a {model.architecture.head} head cannot grow to {head!r}",
            allowed=", ".join(finer) or "nothing: 8s is the finest head",
            do="grow from 32s to 16s, and from 16s to 8s",
        )
    grown = build_fcn(dataclasses.replace(model.architecture, head=head))
    start_new_layers(grown, skips)
    state = grown.state_dict()
    shared = {name: tensor for name, tensor in model.state_dict().items() if name in state}
    grown.load_state_dict(shared, strict=False)
    return grown.to(next(model.parameters()).device).train(model.training)


def start_new_layers(grown: FCN, skips: int) -> None:
    """Start the layers that a network has beyond a coarser one with `skips` skips.

    Their scores become zero and their upsampling bilinear, whatever the architecture says of a
    network that starts from nothing.
    """
    state = grown.state_dict()
    grown_skips = SKIP_COUNTS[grown.architecture.head]
    for skip in SKIPS[skips:grown_skips]:
        fill_bilinear(state[f"head.{skip.upsampling}.weight"])
        score = f"head.{skip.score}"
        fill_score(state[f"{score}.weight"], state[f"{score}.bias"], normal=False)
    # The last upsampling has another stride and name in every head: it is always a new layer.
    fill_bilinear(state[f"head.{LAST_UPSAMPLING[grown_skips]}.weight"])
