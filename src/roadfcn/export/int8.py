"""Weights and activations in 8 bits, by NNCF, with control of what that costs.

Ranges of activations are measured on two thirds of the pictures that are given. On the others the
IoU is taken, of road and over all classes, and where either has sunk by more than allowed, the
layers that cost most are given back their floats, one after another (NNCF, "Quantizing with
accuracy control").
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.backends.converted_network import OUTPUT
from roadfcn.backends.openvino_core import openvino_core
from roadfcn.backends.protocol import Backend
from roadfcn.errors import ExportError
from roadfcn.export.bounds import BOUNDS
from roadfcn.export.int8_places import count_layers, move_quantisers
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
    """One control picture as the graph takes it, and the labels that it is scored against.

    Args:
        batch: What the graph takes.
        truth: H,W uint8 in the classes of a `Yardstick`.
        classes: H,W uint8 in the model's own classes.
        is_told: Whether these are truth, not the reference's labels.
    """

    batch: NDArray[Any]
    truth: NDArray[np.uint8]
    classes: NDArray[np.uint8]
    is_told: bool


class _Score:
    """What NNCF's control holds on to: 1 less the worse of two drops.

    Args:
        yardstick: Of the model.
        control: What is scored.
    """

    def __init__(self, yardstick: Yardstick, control: Sequence[_Control]) -> None:
        self._yardstick = yardstick
        # Against the reference's labels all that turns over is lost, right or wrong: the gate
        # allows more of it then, and so does this.
        bounds = BOUNDS["int8"]
        told = all(one.is_told for one in control)
        self._weight = 1.0 if told else bounds.truth_iou_lost / bounds.iou_lost
        self._before: tuple[float, float | None] | None = None

    def ious(
        self, compiled: openvino.CompiledModel, items: Iterable[_Control]
    ) -> tuple[float, float | None]:
        """Give the IoU that is named in the facts, and the mean over the classes beside it."""
        yardstick = self._yardstick
        matrix, classes = yardstick.matrix(), yardstick.class_matrix()
        for item in items:
            labels = yardstick.labels(compiled(item.batch)[OUTPUT][0])
            matrix.add(item.truth, yardstick.scored(labels))
            if yardstick.has_classes:
                classes.add(item.classes, labels)
        return yardstick.iou(matrix), yardstick.mean_iou(classes) if yardstick.has_classes else None

    def start(
        self, compiled: openvino.CompiledModel, items: Sequence[_Control]
    ) -> tuple[float, float | None]:
        """Take what later calls are compared with; see `ious`."""
        self._before = self.ious(compiled, items)
        return self._before

    def __call__(self, compiled: openvino.CompiledModel, items: Iterable[_Control]) -> float:
        assert self._before is not None
        (road_before, mean_before), (road, mean) = self._before, self.ious(compiled, items)
        drops = [road_before - road]
        if mean is not None and mean_before is not None:
            drops.append(self._weight * (mean_before - mean))
        return 1 - max(drops)


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
        max_drop: IoU that may be lost, 0 up to 1, of road and of the mean over the classes; of
            the latter four times as much where there is no truth in the model's classes.

    Returns:
        The quantised model, and how it was made, JSON-ready.

    Raises:
        ExportError: NNCF is missing, or fails, or gives all layers their floats back.
        ModelFileError: The reference fails at a picture.
    """
    yardstick = Yardstick(reference.card.label_set)
    measured, controlled = _divide(pictures.pictures)
    control = [_control(reference, yardstick, feed, one) for one in controlled]
    score = _Score(yardstick, control)
    core, exact = openvino_core(), {"INFERENCE_PRECISION_HINT": "f32"}
    before, mean_before = score.start(core.compile_model(model, "CPU", exact), control)
    batches = [feed(_as_seen(reference, picture).image) for picture in measured]
    quantised = _quantised(model, batches, control, score, max_drop)
    layers, in_int8 = count_layers(quantised)
    if not in_int8:
        raise ExportError(
            f"none of the model's {layers} layers can be computed in 8 bits within a drop of "
            f"{max_drop:g} of IoU",
            allowed="a drop within which some can",
            do="allow more with --max-drop, calibrate on more pictures, or export without --int8",
        )
    move_quantisers(quantised)
    after, mean_after = score.ious(core.compile_model(quantised, "CPU", exact), control)
    facts = {
        "pictures": pictures.name,
        "calibration": len(measured),
        "control": len(control),
        "measured": yardstick.name,
        "max_drop": max_drop,
        "layers": layers,
        "layers_in_int8": in_int8,
        "iou_before": before,
        "iou_after": after,
        "mean_iou_before": mean_before,
        "mean_iou_after": mean_after,
    }
    return quantised, facts


def _quantised(
    model: openvino.Model,
    batches: list[NDArray[Any]],
    control: list[_Control],
    score: _Score,
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
                lambda compiled, items: (score(compiled, items), None),
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
    truth, classes = seen.truth, seen.classes
    is_told = classes is not None
    if truth is None or classes is None:
        batch = reference.card.input_format.normalise(seen.image)[None]
        labels = yardstick.labels(reference.logits(batch)[0])
        truth = yardstick.scored(labels) if truth is None else truth
        classes = labels if classes is None else classes
    return _Control(feed(seen.image), truth, classes, is_told)


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
