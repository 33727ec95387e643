"""Every engine says on what it runs: as it turned out to be, not as it was asked for."""

import numpy as np
import torch
from torch import nn

from colour_network import CARD, write_onnx, write_openvino
from roadfcn.backends.onnx_engine import OnnxBackend
from roadfcn.backends.openvino_engine import OpenVinoBackend
from roadfcn.backends.protocol import Running
from roadfcn.backends.torch_device import bfloat16_is_fast
from roadfcn.backends.torch_engine import TorchBackend
from roadfcn.machine import read_processor


def test_pytorch_tells_device_and_precision():
    assert TorchBackend(nn.Conv2d(3, 2, 1), CARD, device="cpu", precision="bfloat16").running == (
        Running("torch", "cpu", "bfloat16")
    )
    fast = bfloat16_is_fast(torch.device("cpu"))
    by_itself = TorchBackend(nn.Conv2d(3, 2, 1), CARD, device="cpu").running
    assert by_itself.precision == ("bfloat16" if fast else "float32")


def test_onnx_runtime_tells_the_device_that_it_took(tmp_path):
    backend = OnnxBackend(write_onnx(tmp_path / "model.onnx"), CARD, device="cpu")
    assert backend.running == Running("onnx", "cpu", "float32")


def test_openvino_tells_the_precision_that_it_took(tmp_path):
    path = write_openvino(tmp_path / "model.xml")
    assert OpenVinoBackend(path, CARD, precision="float32").running == (
        Running("openvino", "cpu", "float32")
    )
    by_itself = OpenVinoBackend(path, CARD)
    batch = np.random.default_rng(0).standard_normal((1, 3, 40, 50)).astype(np.float32)
    exact = OpenVinoBackend(path, CARD, precision="float32").logits(batch)
    is_exact = np.abs(by_itself.logits(batch) - exact).max() < 1e-5
    assert by_itself.running.precision == ("float32" if is_exact else "bfloat16")
    if not read_processor().has_bfloat16:
        assert is_exact
