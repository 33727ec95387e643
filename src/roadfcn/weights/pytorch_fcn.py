"""The FCNs of the widely used PyTorch port, github.com/wkentaro/pytorch-fcn, under our names.

Source: `torchfcn/models/fcn32s.py`, `fcn16s.py`, `fcn8s.py` and `torchfcn/trainer.py` there. The
port follows the Caffe networks: 100 zeros around the picture, crop offsets of 19; 5 and 27; 5, 9
and 31, and transposed convolutions without bias. It drops whole channels of fc6 and fc7 in
training, where Caffe and we drop elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roadfcn.errors import ModelFileError
from roadfcn.input_format import CAFFE_BGR, InputFormat
from roadfcn.weights.caffe_heads import CaffeHead, complete_upsampling, find_head, head_table
from roadfcn.weights.foreign import ForeignWeights
from roadfcn.weights.layouts import Array, convolution
from roadfcn.weights.name_table import Entry, assemble
from roadfcn.weights.plain_vgg16 import encoder_table
from roadfcn.weights.state_dicts import StateDict

AT_ONCE_SCALES = (0.01, 0.0001)
"""Factors on pool4 and pool3 in `FCN8sAtOnce.forward`, of which its file holds nothing."""

_ARCH = {"FCN8s": False, "FCN8sAtOnce": True}
"""What the port's trainer writes beside the weights as `arch`: the class of the network."""


def pytorch_fcn(
    file: StateDict,
    tensors: Mapping[str, Array],
    input_format: InputFormat | None,
    at_once: bool | None,
    *,
    encoder_only: bool = False,
) -> ForeignWeights:
    """Give a whole FCN of the port our names.

    Args:
        file: For its path, its hash and what stands beside the weights.
        tensors: `conv1_1.weight` to `upscore8.weight`.
        input_format: None for the port's own, which is Caffe's.
        at_once: Whether an FCN-8s is the one with scaled skips. None to go by the trainer's
            `arch`; weights alone are the same in both.
        encoder_only: Whether that may stay unknown, as the head is not going to be used.

    Raises:
        ModelFileError: Tensors do not fit, or nothing says which FCN-8s it is.
    """
    head = find_head({name.partition(".")[0] for name in tensors})
    assert head is not None, "called for tensors with a score_fr"
    kind = f"the PyTorch port's FCN-{head.name}"
    ours = assemble(file.path, kind, tensors, _table(tensors, head))
    scales = _skip_scales(file, head.name, at_once, encoder_only=encoder_only)
    network: dict[str, Any] = {
        "head": head.name,
        "alignment": "pad-100",
        **complete_upsampling(head, ours),
        "skip_scales": scales,
        "dropout": 0.5,
    }
    return ForeignWeights(
        path=file.path,
        kind=f"{kind} at once" if scales == AT_ONCE_SCALES else kind,
        sha256=file.sha256,
        tensors=ours,
        input_format=input_format or CAFFE_BGR,
        network=network,
        left_out=file.left_out,
    )


def _table(tensors: Mapping[str, Array], head: CaffeHead) -> list[Entry]:
    table = [*encoder_table(tensors, has_fc=True), *head_table(head, tensors)]
    # Caffe's files may lack the transposed convolutions, those of torch never do.
    table += [
        Entry(f"{name}.weight", f"head.{name}.weight", convolution)
        for name in head.upsamplings
        if f"{name}.weight" not in tensors
    ]
    return table


def _skip_scales(
    file: StateDict, head: str, at_once: bool | None, *, encoder_only: bool
) -> tuple[float, float]:
    if head != "8s":
        return 1.0, 1.0
    if at_once is None:
        at_once = _ARCH.get(file.facts.get("arch", ""))
    if at_once is None and not encoder_only:
        raise ModelFileError(
            f"{file.path} is an FCN-8s of the PyTorch port, and nothing in it says whether it is "
            "FCN8s or FCN8sAtOnce, whose tensors have the same names and shapes",
            allowed="at once: pool4 and pool3 are scaled by 0.01 and 0.0001 before they are "
            "scored; or not",
            do="say which one it is: --at-once or --staged, at_once=True or False in Python",
        )
    return AT_ONCE_SCALES if at_once else (1.0, 1.0)
