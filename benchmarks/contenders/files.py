"""The files that contenders run: networks saved, and converted by the package's own exporter."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from contenders.engine import Contender
from contenders.surroundings import missing
from roadfcn.backends.compilers import has_compiler
from roadfcn.export.pictures import PictureSet
from roadfcn.label_sets import ROAD
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.named_architectures import tensorflow_fcn

_TITLES = {
    "tensorflow": "TensorFlow",
    "tensorflow, frozen": "TensorFlow, frozen",
    "eager": "PyTorch, as written first",
    "onnx": "ONNX Runtime",
    "torch": "roadfcn, PyTorch channels-last",
    "compiled": "roadfcn, PyTorch compiled",
    "openvino": "roadfcn, OpenVINO",
}

_PRECISIONS = {"eager": "float32", "frozen": "float32", "compiled": "bfloat16", "auto": "int8"}


def described_architecture(width: float) -> FCNArchitecture:
    """Give the described network, or one so many times as wide."""
    whole = tensorflow_fcn(len(ROAD))
    return replace(whole, width=width, fc_channels=max(1, round(width * whole.fc_channels)))


def save_described(path: Path, width: float) -> None:
    """Save the described network with random weights, always the same."""
    import torch

    from roadfcn.checkpoints import save_model
    from roadfcn.input_format import IMAGENET_RGB
    from roadfcn.model_card import ModelCard
    from roadfcn.models.fcn import build_fcn

    torch.manual_seed(0)
    architecture = described_architecture(width)
    save_model(path, build_fcn(architecture), ModelCard(architecture.to_dict(), ROAD, IMAGENET_RGB))


def convert(path: Path, folder: Path, calibration: PictureSet, max_drop: float) -> None:
    """Convert a model to all forms that can be made here: model.onnx, model.xml, int8.xml.

    Args:
        path: The `.safetensors` file.
        folder: Where to write.
        calibration: A `PictureSet` to quantise with.
        max_drop: IoU that int8 may cost; of random weights it means nothing, so that all may go.
    """
    from roadfcn.backends.torch_engine import TorchBackend
    from roadfcn.checkpoints import load_model
    from roadfcn.export.int8 import quantise
    from roadfcn.export.onnx import onnx_graph, write_onnx
    from roadfcn.export.openvino import openvino_model, openvino_output, put_card, save_network

    absent = missing()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, folder / "model.safetensors")
    network, card = load_model(path)
    graph = onnx_graph(network)
    if "onnx" not in absent:
        write_onnx(graph, card, folder / "model.onnx")
    if "openvino" in absent:
        return
    models = {"model.xml": openvino_model(graph)}
    if "int8" not in absent:
        reference = TorchBackend(network, card, device="cpu", precision="float32")
        feed = lambda image: card.input_format.normalise(image)[None]  # noqa: E731 - one line
        models["int8.xml"], _ = quantise(
            models["model.xml"], reference, calibration, feed, max_drop
        )
    for name, model in models.items():
        with openvino_output(folder / name) as part:
            save_network(model, part, half=False)
            put_card(part, card)


def contenders_of(network: str, folder: Path, *, frozen: bool = False) -> list[Contender]:
    """List all contenders whose files lie in a folder that `convert` filled.

    Args:
        network: "vgg16" or "slim".
        folder: Where they lie.
        frozen: With TensorFlow's fastest form too, which takes 9 GB for the whole VGG16.
    """
    absent = missing()
    known = [
        ("tensorflow", "float32", "model.safetensors", "tensorflow"),
        ("tensorflow, frozen", "frozen", "model.safetensors", "tensorflow, frozen"),
        ("torch", "eager", "model.safetensors", "eager"),
        ("onnx", "float32", "model.onnx", "onnx"),
        ("torch", "bfloat16", "model.safetensors", "torch"),
        ("torch", "compiled", "model.safetensors", "compiled"),
        ("openvino", "float32", "model.xml", "openvino"),
        ("openvino", "bfloat16", "model.xml", "openvino"),
        ("openvino", "auto", "int8.xml", "openvino"),
    ]
    found = []
    for process, way, file, title in known:
        path = folder / file
        engine, _, is_frozen = process.partition(", ")
        if engine in absent or not path.is_file() or (is_frozen and not frozen):
            continue
        if way == "compiled" and not has_compiler("cpu"):
            continue
        if engine == "tensorflow" and network != "vgg16":
            continue
        precision = _PRECISIONS.get(way, way)
        found.append(Contender(network, process, way, precision, path, _TITLES[title]))
    return found
