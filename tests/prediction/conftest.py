from dataclasses import dataclass

import av
import numpy as np
import pytest
import torch

from roadfcn.checkpoints import save_model
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.prediction.engines import converted_models

PLAIN = InputFormat(scale=1 / 255, mean=(0, 0, 0), std=(1, 1, 1))


@dataclass
class FakeBackend:
    """A model that is a formula over the normalised picture (3,H,W) and remembers its input."""

    card: ModelCard
    formula: object
    seen: np.ndarray | None = None

    def logits(self, batch):
        self.seen = batch
        return np.stack([self.formula(picture) for picture in batch]).astype(np.float32)


def red_logit(picture):
    """Score background 0 and road so that its probability is sigmoid(8 red - 4)."""
    return np.stack([np.zeros_like(picture[0]), 8 * picture[0] - 4])


def tenth_of_red(picture):
    """Score highest the class whose index is a tenth of red's 0..255."""
    classes = np.arange(11)[:, None, None]
    return -np.abs(255 * picture[0] / 10 - classes)


@pytest.fixture
def red_road():
    """Give a road model: the redder, the more road."""
    return FakeBackend(ModelCard({}, ROAD, PLAIN), red_logit)


@pytest.fixture
def eleven_classes():
    """Give a model of CamVid's classes: red 30 is class 3."""
    return FakeBackend(ModelCard({}, CAMVID_11, PLAIN), tenth_of_red)


@pytest.fixture
def make_backend():
    """Give the constructor, to make other models."""

    def make(formula, label_set=ROAD, **input_format):
        fields = {"scale": 1 / 255, "mean": (0, 0, 0), "std": (1, 1, 1), **input_format}
        return FakeBackend(ModelCard({}, label_set, InputFormat(**fields)), formula)

    return make


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Give a tiny road model's file, with an empty cache, and a gate of one small picture."""
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(converted_models, "_GATE_PICTURES", 1)
    monkeypatch.setattr(converted_models, "_GATE_SIZE", (94, 155))
    torch.manual_seed(1)  # with which it finds road in scenes, or nothing could be compared
    tiny = FCNArchitecture(2, width=0.02, fc_channels=4, fc_kernel=1, score_start="normal")
    path = tmp_path / "tiny.safetensors"
    save_model(path, build_fcn(tiny).eval(), ModelCard(tiny.to_dict(), ROAD, InputFormat()))
    return path


@pytest.fixture
def write_plain():
    """Give a function that writes a video of one frame of these Y, Cb, Cr values."""

    def write(path, planes, **fields):
        """Write it without loss, and with these notes on colours."""
        with av.open(str(path), "w") as output:
            stream = output.add_stream("ffv1", rate=10)
            stream.height, stream.width, stream.pix_fmt = (*fields.pop("size", (32, 48)), "yuv420p")
            for name, value in fields.items():
                setattr(stream.codec_context, name, value)
            frame = av.VideoFrame(stream.width, stream.height, "yuv420p")
            for plane, value in zip(frame.planes, planes, strict=True):
                plane.update(bytes([value]) * plane.buffer_size)
            for name, value in fields.items():
                setattr(frame, name, value)
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return path

    return write
