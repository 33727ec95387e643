import logging
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn
from torch._dynamo.utils import counters

from roadfcn.backends.compilers import has_compiler
from roadfcn.backends.opening import open_backend
from roadfcn.backends.torch_engine import TorchBackend
from roadfcn.checkpoints import save_model
from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.image_files import write_image
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.prediction.python.segmenter import Segmenter

TINY = FCNArchitecture(2, width=0.02, fc_channels=4, fc_kernel=1, score_start="normal")
CARD = ModelCard({}, ROAD, InputFormat())

pytestmark = [
    pytest.mark.skipif(not has_compiler("cpu"), reason="needs a C++ compiler"),
    # PyTorch's compiler warns of PyTorch.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def fresh_compiler(tmp_path, monkeypatch):
    """Nothing is taken from what was compiled before, and nothing is left for later tests."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "compiled"))
    torch.compiler.reset()
    counters.clear()
    yield
    torch.compiler.reset()


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    save_model(
        tmp_path / "model.safetensors",
        build_fcn(TINY),
        ModelCard(TINY.to_dict(), ROAD, InputFormat()),
    )
    return tmp_path / "model.safetensors"


def batch_of(count, height, width):
    random = np.random.default_rng(0)
    return random.standard_normal((count, 3, height, width)).astype(np.float32)


def compiled_convolution():
    """Give a compiled network of one convolution, and the same one as it is."""
    torch.manual_seed(0)
    network = nn.Conv2d(3, 2, 3, padding=1)
    options = {"device": "cpu", "precision": "float32"}
    return TorchBackend(network, CARD, **options, compiled=True), TorchBackend(
        network, CARD, **options
    )


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "apart"), [("float32", 1e-5), ("bfloat16", 0.05)])
def test_scores_are_those_of_the_network_that_is_not_compiled(saved, precision, apart):
    options = {"device": "cpu", "precision": precision}
    compiled = open_backend(saved, **options, engine="torch-compiled")
    plain = open_backend(saved, **options, engine="torch")
    assert compiled.running.engine == "torch-compiled"
    assert compiled.running.precision == precision
    tried = counters["stats"]["unique_graphs"]
    for size in ((1, 33, 40), (1, 64, 64), (1, 50, 61)):  # all of them 64 x 64 once padded
        expected = plain.logits(batch_of(*size))
        found = compiled.logits(batch_of(*size))
        assert found.shape == (1, 2, *size[1:])
        assert np.abs(found - expected).max() <= apart * np.abs(expected).max()
    assert counters["stats"]["unique_graphs"] - tried == 1, "one compilation for one padded size"


@pytest.mark.slow
@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="needs oneDNN's kernels")
def test_kernels_are_packed_when_a_size_is_compiled_and_not_in_every_call(saved):
    compiled = open_backend(saved, device="cpu", precision="float32", engine="torch-compiled")
    compiled.logits(batch_of(1, 32, 32))
    assert counters["inductor"]["mkldnn_conv_weight_pack_matcher_count"] > 10  # VGG16's


@pytest.mark.slow
def test_more_sizes_than_are_kept_are_compiled_again_and_that_is_said(caplog):
    compiled, plain = compiled_convolution()
    tried = counters["stats"]["unique_graphs"]
    with torch._dynamo.config.patch(recompile_limit=1), caplog.at_level(logging.WARNING):
        for size in ((1, 5, 7), (1, 6, 9), (1, 5, 7)):
            np.testing.assert_allclose(
                compiled.logits(batch_of(*size)), plain.logits(batch_of(*size)), atol=1e-5
            )
    assert counters["stats"]["unique_graphs"] - tried == 3, "nothing was run uncompiled"
    said = [line for line in caplog.messages if "sizes of pictures than PyTorch keeps" in line]
    assert len(said) == 2


def test_what_cannot_be_compiled_whole_is_an_error():
    class Asking(nn.Conv2d):
        def forward(self, pictures):
            return super().forward(pictures) * (2 if pictures.sum() > 0 else 1)

    backend = TorchBackend(Asking(3, 2, 1), CARD, device="cpu", compiled=True)
    with pytest.raises(ModelFileError, match="engine 'torch-compiled' cannot compile for cpu"):
        backend.logits(batch_of(1, 4, 4))


def test_without_a_compiler_there_is_one_error_before_pictures_are_read(saved, tmp_path):
    write_image(tmp_path / "street.png", np.zeros((4, 4, 3), np.uint8))
    words = ["predict", str(tmp_path / "street.png"), "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "roadfcn", *words, "--model", saved, "--engine", "torch-compiled"],
        env={**os.environ, "CXX": "no-such-compiler", "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "engine 'torch-compiled' cannot compile for cpu" in done.stderr
    assert "no-such-compiler" in done.stderr
    assert "or take engine 'torch', which needs none" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_it_is_refused_for_converted_models_and_known_to_segmenters(saved, tmp_path):
    with pytest.raises(ConfigError, match="engine 'compiled'") as caught:
        open_backend(saved, engine="compiled")
    assert "torch-compiled" in caught.value.allowed
    segmenter = Segmenter.load(saved, engine="torch-compiled", device="cpu")
    assert segmenter.predictor.backend.running.engine == "torch-compiled"
