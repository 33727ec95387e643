"""One core serves all: a second one would be made and let go at its own time."""

import openvino

from colour_network import CARD, write_onnx, write_openvino
from roadfcn.backends.openvino_core import openvino_core
from roadfcn.backends.openvino_engine import OpenVinoBackend, list_openvino_devices
from roadfcn.export.openvino import openvino_model


def test_reading_running_and_asking_for_devices_share_one_core(tmp_path, monkeypatch):
    core = openvino_core()
    monkeypatch.setattr(openvino, "Core", None)  # called, it fails
    assert openvino_core() is core
    assert "cpu" in list_openvino_devices()
    OpenVinoBackend(write_openvino(tmp_path / "model.xml"), CARD)
    graph = write_onnx(tmp_path / "model.onnx").read_bytes()
    assert len(openvino_model(graph).inputs) == 1
