import numpy as np
import pytest
import torch

from roadfcn.checkpoints import save_model
from roadfcn.export.pictures import Picture, PictureSet
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn

TINY = {"width": 0.02, "fc_channels": 4, "fc_kernel": 5, "score_start": "normal"}


@pytest.fixture(scope="session")
def tiny_network():
    """Give a function that makes a network of a few thousand weights: tiny_network(head="16s").

    Its batch norms have seen data, and no weight of it is zero: a score that starts at zero would
    hide what comes before it.
    """

    def make(classes=2, **changes):
        torch.manual_seed(0)
        network = build_fcn(FCNArchitecture(classes, **{**TINY, **changes}))
        with torch.no_grad():
            for weight in network.parameters():
                if not weight.any():
                    weight.normal_(std=0.1)
            if network.architecture.batch_norm:
                network.train()(torch.randn(4, 3, 64, 64))
        return network.eval()

    return make


@pytest.fixture(scope="session")
def card_of_network():
    """Give a function that makes a card: card_of_network(network, label_set)."""

    def make(network, label_set=ROAD, input_format=None):
        return ModelCard(network.architecture.to_dict(), label_set, input_format or InputFormat())

    return make


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory, tiny_network, card_of_network):
    """Give a run folder with a tiny road model."""
    folder = tmp_path_factory.mktemp("tiny") / "run"
    network = tiny_network(batch_norm=True)
    save_model(folder / "model.safetensors", network, card_of_network(network))
    return folder


@pytest.fixture(scope="session")
def streets():
    """Give a set of pictures with truth: a grey road under a green field, and noise on both."""
    generator = np.random.default_rng(0)
    pictures = []
    for left in (5, 20, 40):
        truth = np.zeros((50, 90), np.uint8)
        truth[20:, left : left + 40] = 1
        image = np.where(truth[..., None] == 1, 120, np.uint8([60, 150, 40])).astype(np.int16)
        image += generator.integers(-20, 20, image.shape)
        truth[:3] = 255
        pictures.append(Picture(image.clip(0, 255).astype(np.uint8), truth))
    return PictureSet("streets of the test", tuple(pictures))


@pytest.fixture
def tiny_card(tiny_network, card_of_network):
    """Give the card of a tiny road model."""
    return card_of_network(tiny_network())
