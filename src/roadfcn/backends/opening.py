"""Open a saved model by what the file is, and give it an engine."""

from __future__ import annotations

from pathlib import Path

from roadfcn.backends.protocol import Backend
from roadfcn.model_files import inspect_model_file
from roadfcn.weights.shipped_models import find_model


def open_backend(path: str | Path, *, device: str = "auto", precision: str = "auto") -> Backend:
    """Load a model and make it ready to run.

    Args:
        path: A run folder (with `model.safetensors` in it), a `.safetensors` file, or the name of
            a model that comes with roadfcn, see `weights.shipped_models`.
        device: "auto", "cpu", "cuda", "cuda:1", "mps", ...
        precision: "auto", "float32" or "bfloat16".

    Raises:
        ModelFileError: Missing, damaged, or no model that this version has an engine for.
        LabelSetError: The label set in the model's card is unusable.
        ConfigError: No such device or precision.
    """
    # Looked at before torch is imported, which takes seconds: a wrong path is told at once.
    path = find_model(path)
    inspect_model_file(path)

    from roadfcn.backends.torch_engine import TorchBackend
    from roadfcn.checkpoints import load_model

    model, card = load_model(path)
    return TorchBackend(model, card, device=device, precision=precision)
