"""Which network `python main.py` trains: by what was asked for, by the machine, by what is here."""

import http.server
import importlib.util
import threading

import pytest
import torch

from roadfcn.cli.story_network import choose_network
from roadfcn.errors import ConfigError, DownloadError
from roadfcn.training.config_files import make_config


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
    assert (network.name, network.weights) == ("slim", None)
    assert "no GPU here, --model vgg16 trains the full network" in network.remark
    assert network.changes() == {}


def test_on_a_gpu_the_full_network_starts_from_data_vgg(gpu, vgg):
    gpu(True)
    network = choose_network(None, None, vgg, offline=False)
    assert (network.name, network.weights) == ("vgg16", str(vgg / "vgg"))
    assert network.changes()["weights"] == str(vgg / "vgg")
    assert network.changes()["model.name"] == "tensorflow"


def test_a_data_vgg_that_cannot_be_read_is_told_and_not_taken(gpu, vgg, monkeypatch, capsys):
    gpu(True)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert choose_network(None, None, vgg, offline=True).weights is None
    assert "vgg is not used, as reading it needs TensorFlow: pip install" in capsys.readouterr().out
    (vgg / "vgg" / "saved_model.pb").unlink()
    assert choose_network(None, None, vgg, offline=True).weights is None
    assert "vgg is not used, as there is no saved_model.pb" in capsys.readouterr().out


def test_on_a_gpu_without_weights_the_small_network_is_trained(gpu, tmp_path, capsys, asked):
    gpu(True)
    network = choose_network(None, None, tmp_path, offline=True)
    assert (network.name, network.weights) == ("slim", None)
    assert network.remark == "from scratch, as there are no VGG16 weights"
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
