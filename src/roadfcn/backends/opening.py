"""Open a saved model by what the file is, and give it an engine."""

from __future__ import annotations

from pathlib import Path

from roadfcn.backends.protocol import Backend
from roadfcn.converted_files.inspecting import inspect_any_model
from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.model_card import card_of
from roadfcn.model_files import ModelKind
from roadfcn.weights.shipped_models import find_model

ENGINES: dict[str, ModelKind] = {
    "torch": "safetensors",
    "torch-compiled": "safetensors",
    "onnx": "onnx",
    "openvino": "openvino",
}
"""What each engine runs; the first for a kind is the one that `auto` takes."""


def open_backend(
    path: str | Path, *, device: str = "auto", precision: str = "auto", engine: str = "auto"
) -> Backend:
    """Load a model and make it ready to run, with the engine that its file is for.

    Nothing is converted: see `prediction.engines.choice.open_model` for that.

    Args:
        path: A run folder (with `model.safetensors` in it), a `.safetensors` file, an `.onnx`
            file, the `.xml` file of an OpenVINO model, or the name of a model that comes with
            roadfcn, see `weights.shipped_models`.
        device: "auto", "cpu", "cuda", "cuda:1", "mps", ...; engines know different ones.
        precision: "float32", "bfloat16", or "auto": bfloat16 where the device is fast at it, of a
            converted model only if it was compared so. PyTorch compares nothing by itself; who
            wants the labels of float32 names it, or asks `open_model`.
        engine: "auto", or one of `ENGINES` to insist on.

    Raises:
        ModelFileError: Missing, damaged, no model that this version has an engine for, or the
            engine is not installed, or has no compiler.
        LabelSetError: The label set in the model's card is unusable.
        ConfigError: No such device, precision or engine, or the file is for another engine.
    """
    if engine not in ("auto", *ENGINES):
        raise ConfigError(
            f"engine '{engine}'", allowed=", ".join(["auto", *ENGINES]), do="use one of these"
        )
    # Looked at before any engine is imported, which takes seconds: a wrong path is told at once.
    file = inspect_any_model(find_model(path))
    if engine != "auto" and ENGINES[engine] != file.kind:
        own = next(name for name, kind in ENGINES.items() if kind == file.kind)
        raise ConfigError(
            f"engine '{engine}' does not run {file.path}",
            allowed=f"auto or {own} for this file",
            do=f"leave the engine out, or {_for_engine(engine)}",
        )
    card = card_of(file)
    if file.kind == "onnx":
        from roadfcn.backends.onnx_engine import OnnxBackend

        return OnnxBackend(file.path, card, device=device, precision=precision)
    if file.kind == "openvino":
        from roadfcn.backends.openvino_engine import OpenVinoBackend

        return OpenVinoBackend(file.path, card, device=device, precision=precision)
    try:
        from roadfcn.backends.torch_engine import TorchBackend
        from roadfcn.checkpoints import load_model
    except (ImportError, OSError) as problem:  # OSError: a shared library that does not fit
        raise ModelFileError(
            f"{file.path} needs PyTorch, which cannot be loaded: {problem}",
            allowed="an installation with PyTorch, or a model that was exported for another engine",
            do="export it where PyTorch is: roadfcn export, and give the .onnx or .xml file; or "
            "install PyTorch: docs/install.md",
        ) from problem
    model, card = load_model(file.path)
    compiled = engine == "torch-compiled"
    return TorchBackend(model, card, device=device, precision=precision, compiled=compiled)


def _for_engine(engine: str) -> str:
    if ENGINES[engine] == "safetensors":
        return "give the .safetensors file or run that it was exported from"
    return f"export the model that it came from for {engine}: roadfcn export"
