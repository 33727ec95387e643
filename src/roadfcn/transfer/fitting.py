"""Which tensors of a network start from trained weights, and which start fresh.

The 3x3 convolutions of the encoder have to fit, for without them nothing is transferred. fc6, fc7
and the head may differ (another number of classes, a smaller fc6); what does start fresh is
listed with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from roadfcn.errors import ConfigError
from roadfcn.label_sets import LabelSet
from roadfcn.models.fcn import FCN
from roadfcn.models.growth import start_new_layers
from roadfcn.models.heads import SKIP_COUNTS, SKIPS
from roadfcn.transfer.pretrained import Pretrained
from roadfcn.weights.vgg16_shape import width_of

_NAMED = 3
"""So many tensors that are not used are named; a run notes down all."""


@dataclass(frozen=True)
class Transfer:
    """What became of the tensors, by their names in the network.

    Args:
        taken: Start from the weights.
        fresh: (name, why it starts fresh).
        unused: Tensors of the weights that the network has no place for.
        remarks: What else differs between the two networks, in words.
    """

    taken: tuple[str, ...]
    fresh: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON-ready form."""
        return {
            "taken": len(self.taken),
            "fresh": dict(self.fresh),
            "unused": list(self.unused),
            "remarks": list(self.remarks),
        }

    def lines(self) -> Iterator[str]:
        """Give what a person wants to know, a line for each layer that starts fresh."""
        yield f"{len(self.taken)} tensors taken over"
        layers: dict[tuple[str, str], list[str]] = {}
        for name, reason in self.fresh:
            layer, _, part = name.rpartition(".")
            layers.setdefault((layer, reason), []).append(part)
        for (layer, reason), parts in layers.items():
            yield f"fresh: {layer} ({', '.join(parts)}): {reason}"
        if self.unused:
            more = len(self.unused) - _NAMED
            rest = f" and {more} more" if more > 0 else ""
            yield f"not used: {', '.join(self.unused[:_NAMED])}{rest}"
        yield from self.remarks


def start_from(model: FCN, weights: Pretrained, label_set: LabelSet) -> Transfer:
    """Copy into `model` what fits of `weights`.

    A network with a finer head than the weights' grows from them (`models.growth`): new skip
    scores start at zero and new upsampling as bilinear interpolation, so that it begins by saying
    what the coarser one said (Long, Shelhamer and Darrell, CVPR 2015, section 4.2).

    Args:
        model: Freshly made; changed in place.
        weights: Where to start.
        label_set: The classes that `model` is going to learn.

    Raises:
        ConfigError: The encoders' convolutions differ; every difference is listed.
    """
    own = model.state_dict()
    check_encoder(own, weights)
    same_classes = weights.label_set is not None and weights.label_set.classes == label_set.classes
    joins_scores = not (
        model.architecture.decoder_channels or weights.network.get("decoder_channels")
    )
    if weights.head is not None and same_classes and joins_scores:
        skips = SKIP_COUNTS[weights.head]
        if SKIP_COUNTS[model.architecture.head] > skips:
            start_new_layers(model, skips)
    learned = {name for name, _ in model.named_parameters()}
    factors = _score_factors(model, weights)
    taken, fresh = [], []
    for name, tensor in own.items():
        reason = _reason_to_start_fresh(name, tensor, weights, same_classes=same_classes)
        is_fixed = name.startswith("head.") and name.endswith(".weight") and name not in learned
        if reason is None and is_fixed:
            # A fixed kernel is bilinear, whatever the weights had learned in its place.
            kept = torch.equal(tensor, weights.tensors[name])
            reason = None if kept else "fixed here, and learned in the weights"
        if reason is not None:
            fresh.append((name, reason))
            continue
        tensor.copy_(weights.tensors[name] * factors.get(name, 1))
        taken.append(name)
    unused = tuple(name for name in weights.tensors if name not in own)
    remarks = _remarks(model, weights, factors) if same_classes else ()
    remarks += _fc_remark(model, weights, taken)
    if same_classes:
        remarks += _head_remark(model, weights, unused)
    return Transfer(tuple(taken), tuple(fresh), unused, remarks)


def _score_factors(model: FCN, weights: Pretrained) -> dict[str, float]:
    """Give, for kernels of skip scores, what makes up for another scale on their features."""
    theirs, ours = weights.network.get("skip_scales"), model.architecture.skip_scales
    if theirs is None:
        return {}
    return {
        f"head.{skip.score}.weight": before / now
        for skip, before, now in zip(SKIPS, theirs, ours, strict=True)
        if before != now
    }


def _fc_remark(model: FCN, weights: Pretrained, taken: list[str]) -> tuple[str, ...]:
    before, now = weights.fc_dilation, model.architecture.fc_dilation
    if before == now or "encoder.fc6.weight" not in taken:
        return ()
    return (f"fc_dilation was {before}, is {now}: fc6 looks at other cells than it learned from",)


def _head_remark(model: FCN, weights: Pretrained, unused: tuple[str, ...]) -> tuple[str, ...]:
    """Say how a head that is left behind, though it knows the classes, would come along."""
    if not any(name.startswith("head.") for name in unused):
        return ()  # all of it is here, or has grown into a finer one
    theirs = {key: weights.network.get(key) for key in ("head", "decoder_channels")}
    theirs["fc_dilation"] = weights.fc_dilation
    settings = [
        f"model.{key}={value}"
        for key, value in theirs.items()
        if value is not None and value != getattr(model.architecture, key)
    ]
    if not settings:
        return ()
    return (
        "their head is left behind, though it knows these classes; to start from the whole "
        f"network: {' '.join(settings)}",
    )


def _remarks(model: FCN, weights: Pretrained, factors: dict[str, float]) -> tuple[str, ...]:
    said = [
        f"{name} is multiplied by {factor:g}: skip_scales differ"
        for name, factor in factors.items()
        if name in weights.tensors
    ]
    before, now = weights.network.get("alignment"), model.architecture.alignment
    if before not in (None, now):
        said.append(f"alignment was {before}, is {now}: scores shift near the borders")
    return tuple(said)


def _reason_to_start_fresh(
    name: str, tensor: torch.Tensor, weights: Pretrained, *, same_classes: bool
) -> str | None:
    if name not in weights.tensors:
        return "the weights have none"
    if name.startswith("head.") and not same_classes:
        known = weights.label_set
        there = "unknown ones" if known is None else f"{len(known)} of '{known.name}'"
        return f"other classes: the weights have {there}"
    shape = weights.tensors[name].shape
    if shape != tensor.shape:
        return f"another shape: {_shown(shape)} in the weights, {_shown(tensor.shape)} here"
    return None


def check_encoder(own: Mapping[str, torch.Tensor], weights: Pretrained) -> None:
    """Refuse weights whose 3x3 convolutions differ from a network's.

    Args:
        own: The network's tensors; only their shapes are looked at.
        weights: Where it is to start.

    Raises:
        ConfigError: With every difference, and settings that would fit.
    """
    problems = []
    norms = any(".norm." in name for name in weights.tensors)
    if not norms and "encoder.conv1_1.norm.weight" in own:
        problems.append("they have no batch norm, and the network has")
    for name, tensor in own.items():
        if not name.startswith("encoder.conv") or (".norm." in name and not norms):
            continue
        there = weights.tensors.get(name)
        if there is None:
            problems.append(f"{name} is missing")
        elif there.shape != tensor.shape:
            problems.append(f"{name} is {_shown(there.shape)} and not {_shown(tensor.shape)}")
    if problems:
        raise ConfigError(
            f"the weights {weights.path} ({weights.kind}) do not fit the network's encoder: "
            f"{'; '.join(problems)}",
            allowed="weights of an encoder with the same width, and batch norm or not as here",
            do=f"set {_fitting_settings(weights)} in the recipe, or start from other weights",
        )


def _fitting_settings(weights: Pretrained) -> str:
    """Say which settings give an encoder that these weights fit."""
    width = width_of({name: tuple(tensor.shape) for name, tensor in weights.tensors.items()})
    batch_norm = "encoder.conv1_1.norm.weight" in weights.tensors
    if width == 1 and not batch_norm:
        return "model.name=vgg16 (or tensorflow)"
    return f"model.width={width:g} and model.batch_norm={str(batch_norm).lower()}"


def _shown(shape: torch.Size) -> str:
    return " x ".join(map(str, shape)) or "a single number"
