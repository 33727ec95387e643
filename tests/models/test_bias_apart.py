import os
import subprocess
import sys
import textwrap
from ctypes.util import find_library
from pathlib import Path

import pytest
import torch
from torch import nn

from roadfcn.machine import read_processor
from roadfcn.models.bias_apart import BiasApart
from roadfcn.models.fcn import FCN

GUARD = "libc_malloc_debug.so.0"  # glibc's own: looks at what lies behind a block when it is freed


def both(channels_in: int, channels_out: int) -> tuple[BiasApart, nn.Conv2d]:
    torch.manual_seed(0)
    apart, plain = BiasApart(channels_in, channels_out, 1), nn.Conv2d(channels_in, channels_out, 1)
    plain.load_state_dict(apart.state_dict())
    return apart, plain


def spy_on_biases(monkeypatch):
    """Give the list of what biases plain convolutions are given from here on."""
    given = []
    original = nn.Conv2d._conv_forward

    def spy(self, picture, weight, bias):
        given.append(bias)
        return original(self, picture, weight, bias)

    monkeypatch.setattr(nn.Conv2d, "_conv_forward", spy)
    return given


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_in_full_precision_it_is_the_plain_convolution(dtype, monkeypatch):
    apart, plain = (layer.to(dtype) for layer in both(40, 3))
    features = torch.randn(2, 40, 5, 7, dtype=dtype)
    expected = plain(features)
    given = spy_on_biases(monkeypatch)
    assert torch.equal(apart(features), expected)
    assert given == [apart.bias]


def test_without_gradients_it_is_one_operation():
    apart, plain = both(40, 3)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        features = torch.randn(2, 40, 5, 7)
        assert torch.equal(apart(features), plain(features))


def test_in_bfloat16_values_and_gradients_are_those_of_float32():
    apart, plain = both(40, 3)
    features, towards = torch.randn(2, 40, 5, 7), torch.randn(2, 3, 5, 7)
    with torch.autocast("cpu", torch.bfloat16):
        found = apart(features)
    assert found.dtype == torch.bfloat16
    (found.float() * towards).sum().backward()
    (plain(features) * towards).sum().backward()
    assert torch.allclose(found.float(), plain(features), atol=0.02)
    for ours, theirs in zip(apart.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(ours.grad, theirs.grad, rtol=0.02, atol=0.05)


def test_the_convolution_is_given_no_bias_where_its_gradient_would_be_written_past(monkeypatch):
    given = spy_on_biases(monkeypatch)
    apart, _ = both(40, 3)
    with torch.autocast("cpu", torch.bfloat16):
        apart(torch.randn(1, 40, 2, 2))
    assert given == [None]


@pytest.mark.parametrize("head", ["8s", "4s"])
def test_no_convolution_of_a_decoder_can_have_many_inputs_and_few_outputs(head, build_tiny):
    joined = {"decoder_channels": 8} if head == "4s" else {}
    model: FCN = build_tiny(head=head, **joined)
    plain = [name for name, layer in model.head.named_modules() if type(layer) is nn.Conv2d]
    # What mixes joined features has as many channels in as out.
    assert all(name.startswith("join_") and ".mix" in name for name in plain)


@pytest.mark.skipif(
    "AMX-BF16" not in (read_processor().instructions or ())
    or find_library("c_malloc_debug") is None,
    reason="needs a processor with AMX, and glibc's libc_malloc_debug",
)
def test_a_score_of_4096_features_leaves_the_heap_whole():
    code = """
        import torch
        from roadfcn.models.bias_apart import BiasApart

        score = BiasApart(4096, 2, 1)
        for _ in range(6):
            with torch.autocast("cpu", torch.bfloat16):
                scores = score(torch.randn(1, 4096, 5, 18, requires_grad=True))
            scores.float().square().mean().backward()
    """
    guarded = {"LD_PRELOAD": GUARD, "GLIBC_TUNABLES": "glibc.malloc.check=3"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **guarded, "OMP_NUM_THREADS": "2"},
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
