"""The list of devices, on this machine and on one with GPUs."""

from types import SimpleNamespace

import torch

from roadfcn.backends.torch_device_list import TorchDevice, list_devices


def test_the_processor_is_always_listed_last_and_one_device_is_the_default():
    devices = list_devices()
    assert devices[-1].name == "cpu"
    assert sum(device.is_default for device in devices) == 1


def test_gpus_come_first_with_their_memory(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(
        torch.cuda,
        "get_device_properties",
        lambda device: SimpleNamespace(name=f"GPU {device.index}", total_memory=2**34),
    )
    monkeypatch.setattr(
        torch.cuda, "get_device_capability", lambda device: (7, 5) if device.index else (9, 0)
    )
    first, second, processor = list_devices()
    assert first == TorchDevice("cuda:0", "GPU 0", 2**34, bfloat16_is_fast=True, is_default=True)
    assert second == TorchDevice("cuda:1", "GPU 1", 2**34, bfloat16_is_fast=False, is_default=False)
    assert (processor.name, processor.is_default) == ("cpu", False)
    assert processor.memory_bytes is None
