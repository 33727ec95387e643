"""From a model of ours to a file for another engine, with the proof that it answers as before.

The file is written under a temporary name, compared with the model that it came from in every
precision in which it would be run here, and only then given its name. The figures go into its card.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from roadfcn import __version__
from roadfcn.backends.export_facts import EXPORT_KEY
from roadfcn.backends.protocol import Backend
from roadfcn.backends.torch_engine import TorchBackend
from roadfcn.checkpoints import load_model
from roadfcn.downloads.hashes import sha256_of
from roadfcn.export.engine_form import EngineForm
from roadfcn.export.figures import Parity
from roadfcn.export.gate import Gated, check_pictures, pass_gate
from roadfcn.export.int8 import CALIBRATION_PICTURES, quantise
from roadfcn.export.onnx import onnx_graph, with_half_kernels, write_onnx
from roadfcn.export.openvino import openvino_model, openvino_output, put_card, save_network
from roadfcn.export.pictures import PictureSet, scene_pictures
from roadfcn.export.plan import Plan
from roadfcn.export.preprocessing import Preprocessed
from roadfcn.installation import version_of
from roadfcn.model_card import ModelCard
from roadfcn.model_files import inspect_model_file, reading
from roadfcn.output_files import atomic_output
from roadfcn.weights.shipped_models import find_model

GATE_PICTURES = 6
"""Scenes of the parity gate."""

GATE_SEED, CALIBRATION_SEED = 20_260_101, 20_260_102
"""Seeds that nobody trains on by chance."""


class Progress(Protocol):
    """What is called as an export goes on; the description says with what."""

    def __call__(self, done: int, total: int, description: str | None = None) -> None:
        """Show that `done` of `total` are done."""


@dataclass(frozen=True)
class Exported:
    """What an export left.

    Args:
        path: The `.onnx` or `.xml` file.
        files: All files of the model.
        card: What travels in it.
        gated: How far it is from the model that it came from.
        quantisation: How it was quantised, JSON-ready; None if it was not.
    """

    path: Path
    files: tuple[Path, ...]
    card: ModelCard
    gated: Gated
    quantisation: dict[str, Any] | None

    @property
    def parity(self) -> Parity:
        """The figures in float32."""
        return self.gated.parity

    @property
    def eight_bit_input(self) -> bool:
        """Whether it takes pictures as they are decoded."""
        return bool(self.card.provenance[EXPORT_KEY]["input"] == "uint8")

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(path.stat().st_size for path in self.files)


def export_model(
    source: str | Path,
    out: Path,
    plan: Plan,
    *,
    pictures: PictureSet | None = None,
    calibration: PictureSet | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Export a model, compare it, and keep it only if it answers as before.

    Args:
        source: A run folder, a `.safetensors` file, or the name of a model that comes along.
        out: The file to write: `.onnx`, or `.xml` with its `.bin`; what is there is replaced.
        plan: What to export it as.
        pictures: To compare on; None paints scenes.
        calibration: To quantise with, see `int8.quantise`; None paints other scenes.
        progress: See `Progress`.

    Raises:
        ExportError: The model cannot be converted, or does not answer as before.
        ModelFileError: `source` is no model of ours, or an engine fails.
        LabelSetError: The label set in the model's card is unusable.
        ImageFileError: The pictures to compare on have too few pixels.
        OutputError: `out` cannot be written; what was there before is still there.
    """
    out, tell = Path(out), _Steps(progress)
    plan.check(out)
    file = inspect_model_file(find_model(source)).path
    network, card = load_model(file)
    with reading(file):
        facts = _facts(plan, sha256_of(file))
    painting = tell("painting scenes")
    if pictures is not None:
        check_pictures(pictures)
    else:
        pictures = scene_pictures(card.label_set, GATE_PICTURES, seed=GATE_SEED, progress=painting)
    if calibration is None and plan.kernels == "int8":
        calibration = scene_pictures(
            card.label_set, CALIBRATION_PICTURES, seed=CALIBRATION_SEED, progress=painting
        )
    tell("converting")(0, 1)
    graph = onnx_graph(
        Preprocessed(EngineForm(network), card.input_format) if plan.eight_bit_input else network
    )
    # It moves the network to another memory format, so it comes after the graph.
    reference = TorchBackend(network, card, device="cpu", precision="float32")
    work = _Work(plan, graph, reference, calibration)
    with _written(work, out, facts) as (part, write_card):
        write_card(_with(card, facts))
        # It lets go of the file: some systems do not rename one that an engine has open.
        gated = pass_gate(part, card, plan, reference, pictures, progress=tell("comparing"))
        if calibration is not None and "quantisation" in facts:
            again = len(pictures.places & calibration.places)
            facts["quantisation"]["compared_again"] = again
        card = _with(card, facts | gated.to_dict())
        write_card(card)
    return Exported(out, plan.files(out), card, gated, facts.get("quantisation"))


@dataclass(frozen=True)
class _Work:
    plan: Plan
    graph: bytes
    reference: Backend
    calibration: PictureSet | None


@contextlib.contextmanager
def _written(
    work: _Work, out: Path, facts: dict[str, Any]
) -> Iterator[tuple[Path, Callable[[ModelCard], None]]]:
    """Give a temporary model, and a function that puts a card into it; then it becomes `out`."""
    plan = work.plan
    half = plan.kernels == "float16"
    if plan.format == "onnx":
        graph = with_half_kernels(work.graph) if half else work.graph
        with atomic_output(out, durable=True) as part:
            yield part, lambda card: write_onnx(graph, card, part)
        return
    model = openvino_model(work.graph)
    if work.calibration is not None and plan.kernels == "int8":
        feed = _feed(work.reference.card, plan)
        model, facts["quantisation"] = quantise(
            model, work.reference, work.calibration, feed, plan.max_drop
        )
    with openvino_output(out) as part:
        save_network(model, part, half=half)
        yield part, lambda card: put_card(part, card)


def _feed(card: ModelCard, plan: Plan) -> Callable[[NDArray[np.uint8]], NDArray[Any]]:
    """Give the function that turns a picture into what the graph takes."""
    if plan.eight_bit_input:
        return lambda image: np.ascontiguousarray(image)[None]
    return lambda image: card.input_format.normalise(image)[None]


def _with(card: ModelCard, facts: dict[str, Any]) -> ModelCard:
    return replace(card, provenance={**card.provenance, EXPORT_KEY: facts})


def _facts(plan: Plan, sha256: str) -> dict[str, Any]:
    engine = "onnxruntime" if plan.format == "onnx" else "openvino"
    packages = ["torch", "onnx", engine, *(["nncf"] if plan.kernels == "int8" else [])]
    return {
        "format": plan.format,
        "kernels": plan.kernels,
        "input": "uint8" if plan.eight_bit_input else "float32",
        "source_sha256": sha256,
        "made_with": {"roadfcn": __version__}
        | {package: version_of(package) for package in packages},
    }


class _Steps:
    """Tells a progress bar which of several steps it counts."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def __call__(self, step: str) -> Callable[[int, int], None]:
        def count(done: int, total: int) -> None:
            if self._progress is not None:
                self._progress(done, total, step)

        return count
