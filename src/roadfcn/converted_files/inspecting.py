"""What any model that can be run says of itself, by what the file is."""

from __future__ import annotations

from pathlib import Path

from roadfcn.converted_files.onnx_header import inspect_onnx
from roadfcn.converted_files.openvino_header import inspect_openvino
from roadfcn.model_files import ALLOWED_ANY, ModelFile, inspect_model_file, model_kind


def inspect_any_model(path: Path) -> ModelFile:
    """Read the header of a model of any kind; no engine is loaded.

    Args:
        path: A run folder, a `.safetensors` or `.onnx` file, or the `.xml` file of an OpenVINO
            model.

    Raises:
        ModelFileError: Missing, unreadable, cut short, or no model.
    """
    path = Path(path)
    kind = model_kind(path)
    if kind == "onnx":
        return inspect_onnx(path)
    return inspect_openvino(path) if kind == "openvino" else inspect_model_file(path, ALLOWED_ANY)
