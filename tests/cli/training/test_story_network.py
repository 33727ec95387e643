"""Which network `python main.py` trains: by what was asked for, by the machine, by what is here."""

import http.server
import importlib.util
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from roadfcn.checkpoints import save_model
from roadfcn.cli.training.story_network import choose_network, plan_network
from roadfcn.errors import ConfigError, DownloadError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.training.recipes.config_files import make_config

CONFIGS = Path(__file__).parents[3] / "configs"


@pytest.fixture
def gpu(monkeypatch):
    """Give a function that says whether there is a GPU."""
    return lambda here: monkeypatch.setattr(torch.cuda, "is_available", lambda: here)


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Give the first lines of all requests: a proxy in this process hears and refuses them."""
    heard = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self):
            heard.append(self.requestline)
            self.send_error(403)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setattr("roadfcn.downloads.transfer.time.sleep", lambda _: None)
        yield heard
        server.shutdown()


@pytest.fixture
def vgg(tmp_path, monkeypatch):
    """Give a data folder with the described system's model in it, as far as it is looked at."""
    (tmp_path / "data" / "vgg" / "variables").mkdir(parents=True)
    (tmp_path / "data" / "vgg" / "saved_model.pb").write_bytes(b"\x08\x01")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)  # TensorFlow is here
    return tmp_path / "data"


def test_on_a_cpu_the_small_network_is_trained_and_the_reason_said(gpu, vgg):
    gpu(False)
    network = choose_network(None, None, vgg, offline=False)
    assert (network.name, network.weights) == ("slim", "slim-road")
    assert network.remark == (
        "from slim-road, which comes with roadfcn; no GPU here, --model vgg16 trains the full "
        "network all the same"
    )
    assert network.changes()["weights"] == "slim-road"


def test_on_a_gpu_the_full_network_starts_from_data_vgg(gpu, vgg):
    gpu(True)
    network = choose_network(None, None, vgg, offline=False)
    assert (network.name, network.weights) == ("vgg16", str(vgg / "vgg"))
    assert network.changes()["weights"] == str(vgg / "vgg")
    assert network.changes()["model.name"] == "tensorflow"


def test_a_data_vgg_that_cannot_be_read_is_told_and_not_taken(gpu, vgg, monkeypatch, capsys):
    gpu(True)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert choose_network(None, None, vgg, offline=True).weights == "slim-road"
    assert "reading it needs TensorFlow; in the checkout of roadfcn: pip" in capsys.readouterr().out
    (vgg / "vgg" / "saved_model.pb").unlink()
    assert choose_network(None, None, vgg, offline=True).weights == "slim-road"
    assert "vgg is not used, as there is no saved_model.pb" in capsys.readouterr().out


def test_on_a_gpu_without_weights_the_small_network_is_trained(gpu, tmp_path, capsys, asked):
    gpu(True)
    network = choose_network(None, None, tmp_path, offline=True)
    assert (network.name, network.weights) == ("slim", "slim-road")
    assert network.remark == "from slim-road, as there are no VGG16 weights"
    told = capsys.readouterr().out
    assert told.startswith("Weights: none, for")
    assert "https://download.pytorch.org/models/vgg16-397923af.pth" in told
    assert str(tmp_path / "cache") in told
    assert asked == []


def test_without_offline_they_are_asked_for(gpu, tmp_path, asked):
    gpu(True)
    assert choose_network(None, None, tmp_path, offline=False).name == "slim"
    assert asked[0].startswith("CONNECT download.pytorch.org:443")


def test_the_full_network_is_trained_where_it_is_asked_for(gpu, tmp_path, asked):
    gpu(False)
    network = choose_network("vgg16", None, tmp_path, offline=True)
    assert (network.name, network.weights) == ("vgg16", None)
    assert asked == []


@pytest.mark.parametrize("wanted", ["vgg16", "slim", None])
def test_weights_that_are_asked_for_are_not_done_without(gpu, tmp_path, wanted, asked):
    gpu(False)
    with pytest.raises(DownloadError):
        choose_network(wanted, "vgg16-keras", tmp_path, offline=True)
    with pytest.raises(ConfigError, match="no-such-file"):
        choose_network(wanted, "no-such-file", tmp_path, offline=True)
    assert asked == []


def test_given_weights_come_before_data_vgg(gpu, vgg):
    gpu(True)
    own = vgg / "own.safetensors"
    own.touch()
    assert choose_network(None, str(own), vgg, offline=True).weights == str(own)
    assert choose_network("slim", str(own), vgg, offline=True).weights == str(own)


def test_the_choice_is_a_recipe(gpu, vgg):
    gpu(True)
    changes = choose_network(None, None, vgg, offline=True).changes()
    overrides = [f"{key}={value}" for key, value in changes.items()]
    config = make_config({"data": {"path": "data"}}, overrides)
    assert config.weights == str(vgg / "vgg")


@pytest.mark.parametrize(
    ("wanted", "here", "name"),
    [(None, False, "slim"), ("slim", True, "slim"), ("vgg16", True, "vgg16"), (None, True, "slim")],
)
def test_from_scratch_means_no_weights_and_no_request(gpu, vgg, wanted, here, name, asked):
    gpu(here)
    network = choose_network(wanted, None, vgg, offline=False, from_scratch=True)
    assert (network.name, network.weights) == (name, None)
    assert network.remark.startswith("from scratch")
    assert ("no GPU here" in network.remark) == (not here)
    assert "weights" not in network.changes()
    assert asked == []


def test_weights_and_none_are_not_both_wanted(gpu, vgg):
    gpu(False)
    with pytest.raises(ConfigError, match=r"--from-scratch is given, and weights.*: slim-road"):
        choose_network(None, "slim-road", vgg, offline=True, from_scratch=True)


@pytest.fixture
def another_shipped(monkeypatch, tmp_path):
    """Ship a model with another head than recipes give `slim`; gives its network."""
    monkeypatch.setattr("roadfcn.weights.shipped_models.SHIPPED", tmp_path / "shipped")
    changes = {"width": 0.05, "fc_channels": 8, "head": "4s", "decoder_channels": 8}
    architecture = named_architecture("slim", 2, changes)
    card = ModelCard(architecture.to_dict(), ROAD, InputFormat())
    path = tmp_path / "shipped" / "slim-road.safetensors"
    save_model(path, build_fcn(architecture), card, half=True)
    return architecture


def plan(data, *overrides, given=None):
    network = choose_network(None, given, data, offline=True)
    changes = {"data.path": data, "name": "n"}
    return plan_network(CONFIGS / "scenes-slim.yaml", overrides, changes, network)


@pytest.mark.parametrize("given", [None, "slim-road"])
def test_the_network_is_that_of_the_shipped_weights(gpu, another_shipped, tmp_path, given):
    gpu(given is not None)  # where it is named, on a GPU too
    config, network = plan(tmp_path, "model.dropout=0.25", given=given)
    assert config.weights == network.weights == "slim-road"
    made = named_architecture(config.model.name, 2, config.model.changes())
    assert made == replace(another_shipped, dropout=0.25)


@pytest.mark.parametrize("setting", ["model.width=0.1", "model.input_format=vgg-bgr"])
def test_settings_that_the_shipped_weights_do_not_fit_come_first(gpu, tmp_path, setting):
    gpu(False)
    config, network = plan(tmp_path, setting)
    assert config.weights is None
    assert network.remark == (
        "from scratch, as slim-road fits another network than the settings make"
    )
    with pytest.raises(ConfigError):
        plan(tmp_path, setting, given="slim-road")
