"""Weights and activations in 8 bits, by NNCF, with control of what that costs.

Ranges of activations are measured on two thirds of the pictures that are given. On the others the
IoU is taken, and where it has sunk by more than allowed, the layers that cost most are given back
their floats, one after another (NNCF, "Quantizing with accuracy control").
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.backends.converted_network import OUTPUT
from roadfcn.backends.openvino_core import openvino_core
from roadfcn.backends.protocol import Backend
from roadfcn.errors import ExportError
from roadfcn.export.int8_places import move_quantisers
from roadfcn.export.packages import require
from roadfcn.export.pictures import Picture, PictureSet, awkward_size
from roadfcn.export.yardstick import Yardstick

if TYPE_CHECKING:
    import openvino

MAX_DROP = 0.005
"""IoU that quantising may cost if nobody says otherwise: half a point."""

CALIBRATION_PICTURES = 36
"""How many are read or painted: ranges change little beyond two dozen street pictures."""

_UPSAMPLING = ".*/upscore.*"
"""All layers that enlarge scores are called so, in all heads."""

_SHARE = 3
"""Every third picture is for control."""

Feed = Callable[[NDArray[np.uint8]], NDArray[Any]]
"""From a picture, H,W,3 uint8 RGB, to the one batch that the graph takes."""


@dataclass(frozen=True)
class _Control:
    """One control picture as the graph takes it, and the labels that it is scored against."""

    batch: NDArray[Any]
    truth: NDArray[np.uint8]


def quantise(
    model: openvino.Model,
    reference: Backend,
    pictures: PictureSet,
    feed: Feed,
    max_drop: float = MAX_DROP,
) -> tuple[openvino.Model, dict[str, Any]]:
    """Quantise a model.

    Args:
        model: From `openvino.openvino_model`; stays as it is.
        reference: The network it came from.
        pictures: At least one. Control is against truth, or where there is none against the
            reference's labels.
        feed: Turns a picture into what the model takes.
        max_drop: IoU that may be lost, 0 up to 1.

    Returns:
        The quantised model, and how it was made, JSON-ready.

    Raises:
        ExportError: NNCF is missing, or fails.
        ModelFileError: The reference fails at a picture.
    """
    yardstick = Yardstick(reference.card.label_set)
    measured, controlled = _divide(pictures.pictures)
    control = [_control(reference, yardstick, feed, one) for one in controlled]

    def iou(compiled: openvino.CompiledModel, items: Iterable[_Control]) -> float:
        matrix = yardstick.matrix()
        for item in items:
            labels = yardstick.labels(compiled(item.batch)[OUTPUT][0])
            matrix.add(item.truth, yardstick.scored(labels))
        return yardstick.iou(matrix)

    batches = [feed(_as_seen(reference, picture).image) for picture in measured]
    quantised = _quantised(model, batches, control, iou, max_drop)
    move_quantisers(quantised)
    core, exact = openvino_core(), {"INFERENCE_PRECISION_HINT": "f32"}
    iou_before, iou_after = (
        iou(core.compile_model(one, "CPU", exact), control) for one in (model, quantised)
    )
    facts = {
        "pictures": pictures.name,
        "calibration": len(measured),
        "control": len(control),
        "measured": yardstick.name,
        "max_drop": max_drop,
        "iou_before": iou_before,
        "iou_after": iou_after,
    }
    return quantised, facts


def _quantised(
    model: openvino.Model,
    batches: list[NDArray[Any]],
    control: list[_Control],
    iou: Callable[[openvino.CompiledModel, Iterable[_Control]], float],
    max_drop: float,
) -> openvino.Model:
    nncf = prepare_nncf()
    with _quietly():
        try:
            return nncf.quantize_with_accuracy_control(
                model,
                nncf.Dataset(batches),
                nncf.Dataset(control, lambda item: item.batch),
                # None for the values of single pictures: NNCF then takes them by itself.
                lambda compiled, items: (iou(compiled, items), None),
                max_drop=max_drop,
                drop_type=nncf.DropType.ABSOLUTE,
                subset_size=len(batches),
                # Not the enlarging of scores: in 8 bits it is no faster, and scores are rough.
                ignored_scope=nncf.IgnoredScope(patterns=[_UPSAMPLING], validate=False),
            )
        except Exception as problem:  # NNCF's errors have no other parent
            raise ExportError(
                f"NNCF cannot quantise the model: {' '.join(str(problem).split())[:1000]}",
                allowed="a network whose layers NNCF knows, and enough memory",
                do="try a newer NNCF, or export without --int8",
            ) from problem


def prepare_nncf() -> ModuleType:
    """Give NNCF.

    Raises:
        ExportError: It is missing or does not load.
    """
    # NNCF tells Google Analytics what it is used for, unless this is set before it is imported.
    os.environ.setdefault("NNCF_CI", "1")
    with _quietly():
        return require("nncf", "int8", "openvino")


def _divide(pictures: tuple[Picture, ...]) -> tuple[tuple[Picture, ...], tuple[Picture, ...]]:
    """Give those to measure on and those for control; one or two serve for both."""
    if len(pictures) < _SHARE:
        return pictures, pictures
    places = range(len(pictures))
    measured = tuple(pictures[place] for place in places if place % _SHARE != _SHARE - 1)
    return measured, pictures[_SHARE - 1 :: _SHARE]


def _control(reference: Backend, yardstick: Yardstick, feed: Feed, picture: Picture) -> _Control:
    seen = _as_seen(reference, picture)
    truth = seen.truth
    if truth is None:
        batch = reference.card.input_format.normalise(seen.image)[None]
        truth = yardstick.scored(yardstick.labels(reference.logits(batch)[0]))
    return _Control(feed(seen.image), truth)


def _as_seen(reference: Backend, picture: Picture) -> Picture:
    size = reference.card.input_format.input_size(*picture.image.shape[:2])
    return picture.at(*awkward_size(*size, 1.0))


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep NNCF's bars and notes off standard output, which may be the JSON."""
    logger = logging.getLogger("nncf")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
