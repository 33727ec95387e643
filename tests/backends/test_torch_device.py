import pytest
import torch

from roadfcn.backends import torch_device
from roadfcn.backends.torch_device import (
    bfloat16_is_fast,
    choose_device,
    choose_precision,
    keep_within_limits,
    peak_memory_bytes,
)
from roadfcn.errors import ConfigError

CPU = torch.device("cpu")


def machine(monkeypatch, *, gpus=0, mps=False, capability=(8, 0)):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("gpus", "mps", "expected"), [(1, False, "cuda"), (0, True, "mps"), (0, False, "cpu")]
)
def test_auto_takes_cuda_before_mps_before_the_cpu(monkeypatch, gpus, mps, expected):
    machine(monkeypatch, gpus=gpus, mps=mps)
    assert choose_device("auto").type == expected


def test_a_device_that_is_there_is_taken_as_named(monkeypatch):
    machine(monkeypatch, gpus=2)
    assert choose_device("cpu") == CPU
    assert choose_device("cuda:1") == torch.device("cuda", 1)


@pytest.mark.parametrize("name", ["cuda:2", "mps", "xpu", "toaster", ""])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(monkeypatch, name):
    machine(monkeypatch, gpus=2)
    with pytest.raises(ConfigError) as caught:
        choose_device(name)
    assert caught.value.found == f"this machine has no device '{name}'"
    assert caught.value.allowed == "auto, cpu, cuda:0, cuda:1"


def test_without_a_gpu_cuda_is_refused(monkeypatch):
    machine(monkeypatch)
    with pytest.raises(ConfigError, match="no device 'cuda'"):
        choose_device("cuda")


@pytest.mark.parametrize(("capability", "fast"), [((9, 0), True), ((8, 0), True), ((7, 5), False)])
def test_bfloat16_is_fast_on_gpus_from_ampere_on(monkeypatch, capability, fast):
    machine(monkeypatch, gpus=1, capability=capability)
    assert bfloat16_is_fast(torch.device("cuda")) is fast


@pytest.mark.parametrize(("avx", "amx"), [(True, False), (False, True), (False, False)])
def test_bfloat16_is_fast_on_processors_with_instructions_for_it(monkeypatch, avx, amx):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert bfloat16_is_fast(CPU) is (avx or amx)
    expected = torch.bfloat16 if avx or amx else torch.float32
    assert choose_precision("auto", CPU) == expected


def test_bfloat16_is_not_taken_on_mps():
    assert choose_precision("auto", torch.device("mps")) == torch.float32


def test_a_precision_that_is_named_is_taken_anywhere():
    assert choose_precision("float32", CPU) == torch.float32
    assert choose_precision("bfloat16", CPU) == torch.bfloat16


def test_an_unknown_precision_is_refused():
    with pytest.raises(ConfigError, match="precision 'fp8'") as caught:
        choose_precision("fp8", CPU)
    assert caught.value.allowed == "auto, float32, bfloat16"


def test_only_a_gpu_has_a_count_of_its_memory(monkeypatch):
    assert peak_memory_bytes("cpu") is None
    assert peak_memory_bytes("mps") is None
    # Stands for a GPU, which is not here.
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", {"cuda:1": 7, "cuda": 5}.get)
    assert (peak_memory_bytes("cuda:1"), peak_memory_bytes("cuda")) == (7, 5)


@pytest.mark.parametrize(("usable", "taken"), [(1, 1), (2, 2), (64, 3)])
def test_no_more_threads_are_started_than_a_container_lets_run(monkeypatch, usable, taken):
    before = torch.get_num_threads()
    monkeypatch.setattr(torch_device, "usable_threads", lambda: usable)
    torch.set_num_threads(3)
    try:
        keep_within_limits(torch.device("cuda"))
        assert torch.get_num_threads() == 3
        keep_within_limits(CPU)
        assert torch.get_num_threads() == taken
    finally:
        torch.set_num_threads(before)
