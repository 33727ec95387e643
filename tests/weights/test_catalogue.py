"""The weights that are known by name."""

import re
from pathlib import Path

import pytest

from roadfcn.downloads.cache_folder import place_of
from roadfcn.errors import ConfigError, DownloadError
from roadfcn.weights.catalogue import WEIGHTS, resolve_weights
from roadfcn.weights.shipped_models import shipped_path


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))


def test_the_weights_of_all_programs_are_known():
    assert list(WEIGHTS) == [
        "vgg16-torchvision",
        "vgg16-tensorflow",
        "vgg16-keras",
        "vgg16-keras-notop",
        "vgg16-caffe",
        "fcn32s-caffe",
        "fcn16s-caffe",
        "fcn8s-caffe",
        "fcn8s-atonce-caffe",
    ]


def test_torchvisions_file_name_is_the_beginning_of_its_hash():
    """torch.hub: a name ends in "-", eight or more digits of the SHA-256, and a suffix."""
    known = WEIGHTS["vgg16-torchvision"]
    assert known.sha256.startswith(re.search(r"-([a-f0-9]{8})\.", known.file_name)[1])
    assert len(known.sha256) == 64


@pytest.mark.parametrize(
    ("name", "parameters"),
    # VGG16 has 138,357,544 parameters, 14,714,688 of them in convolutions (Keras' table)
    [
        ("vgg16-torchvision", 138_357_544),
        ("vgg16-keras", 138_357_544),
        ("vgg16-keras-notop", 14_714_688),
        ("vgg16-caffe", 138_357_544),
    ],
)
def test_known_sizes_are_those_of_the_parameters_and_a_little(name, parameters):
    assert 0 < WEIGHTS[name].size_bytes - 4 * parameters < 50_000


@pytest.mark.parametrize("known", WEIGHTS.values(), ids=list(WEIGHTS))
def test_every_entry_says_what_is_needed(known):
    assert known.address.startswith(("https://", "http://dl.caffe.berkeleyvision.org/"))
    assert known.address.endswith(f"/{known.file_name}")
    assert known.licence.page.startswith("http")
    assert known.licence.text
    assert (known.kind == "zip") == (known.unpacks_to is not None)
    digits = {"md5": 32, "sha1": 40}
    if known.older_digest is not None:
        assert re.fullmatch(f"[0-9a-f]{{{digits[known.older_digest[0]]}}}", known.older_digest[1])


def test_no_two_lie_at_the_same_place():
    assert len({known.file_name for known in WEIGHTS.values()}) == len(WEIGHTS)


def test_offline_a_name_tells_where_its_file_is_wanted():
    with pytest.raises(DownloadError) as told:
        resolve_weights("vgg16-torchvision", offline=True)
    assert "https://download.pytorch.org/models/vgg16-397923af.pth" in told.value.found
    assert told.value.do.endswith(str(place_of("vgg16-397923af.pth")))


def test_a_folder_of_ones_own_is_weights_too(tmp_path):
    (tmp_path / "run").mkdir()
    assert resolve_weights("run", offline=True) == Path("run")


def test_a_shipped_model_is_weights_too_and_a_path_of_its_name_comes_first(tmp_path):
    assert resolve_weights("slim-road", offline=True) == shipped_path("slim-road")
    (tmp_path / "slim-road").mkdir()
    assert resolve_weights("slim-road", offline=True) == Path("slim-road")


def test_an_unknown_name_gets_the_shipped_names_too():
    with pytest.raises(ConfigError, match="there is no file or folder slim-rood") as told:
        resolve_weights("slim-rood", offline=True)
    assert told.value.do == "did you mean slim-road or slim-camvid11?"
    assert "one of slim-road, slim-camvid11, vgg16-torchvision, " in told.value.allowed


def test_an_unknown_name_gets_the_names_that_are_like_it():
    with pytest.raises(ConfigError, match="did you mean vgg16-keras"):
        resolve_weights("vgg16-kears", offline=True)
