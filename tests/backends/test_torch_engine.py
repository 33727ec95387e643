import numpy as np
import pytest
import torch
from torch import nn

from roadfcn.backends.torch_engine import TorchBackend
from roadfcn.errors import ConfigError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import slim_fcn
from roadfcn.prediction.network.scores import softmax

CARD = ModelCard({}, ROAD, InputFormat())


def batch_of(count=1, height=37, width=50):
    random = np.random.default_rng(0)
    return random.standard_normal((count, 3, height, width)).astype(np.float32)


def trained_slim():
    """Give a slim network whose batch norms have seen data."""
    torch.manual_seed(0)
    model = build_fcn(slim_fcn(2)).train()
    with torch.no_grad():
        for _ in range(3):
            model(torch.randn(2, 3, 64, 64))
    return model


def test_logits_equal_those_of_the_network_itself():
    model = trained_slim()
    backend = TorchBackend(model, CARD, device="cpu", precision="float32")
    batch = batch_of(2)
    logits = backend.logits(batch)
    with torch.no_grad():
        expected = model.eval()(torch.from_numpy(batch)).numpy()
    assert logits.shape == (2, 2, 37, 50)
    assert logits.dtype == np.float32
    assert logits.flags.c_contiguous
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    assert backend.card is CARD


def test_dropout_is_off():
    backend = TorchBackend(trained_slim(), CARD, device="cpu", precision="float32")
    np.testing.assert_array_equal(backend.logits(batch_of()), backend.logits(batch_of()))


def test_bfloat16_gives_nearly_the_same_probabilities():
    exact = TorchBackend(trained_slim(), CARD, device="cpu", precision="float32")
    fast = TorchBackend(trained_slim(), CARD, device="cpu", precision="bfloat16")
    logits = fast.logits(batch_of())
    assert logits.dtype == np.float32
    difference = softmax(exact.logits(batch_of())[0]) - softmax(logits[0])
    assert np.abs(difference).max() < 0.02
    assert np.abs(difference).max() > 0  # it did compute in another precision


def test_a_picture_of_one_pixel_is_scored():
    backend = TorchBackend(trained_slim(), CARD, device="cpu")
    assert backend.logits(batch_of(1, 1, 1)).shape == (1, 2, 1, 1)


def test_an_unknown_device_is_refused():
    with pytest.raises(ConfigError, match="this machine has no device 'toaster'"):
        TorchBackend(nn.Identity(), CARD, device="toaster")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_same_probabilities_as_the_processor():
    exact = TorchBackend(trained_slim(), CARD, device="cpu", precision="float32")
    auto = TorchBackend(trained_slim(), CARD)
    assert auto.device.type == "cuda"
    difference = softmax(exact.logits(batch_of())[0]) - softmax(auto.logits(batch_of())[0])
    assert np.abs(difference).max() < 0.02
