"""`roadfcn weights show`: what a card says, of a shipped model, a run and a file."""

import hashlib
import json
from dataclasses import replace

import pytest
import torch

from roadfcn.checkpoints import load_model, save_model
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.model_card import ModelCard, read_card
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.transfer.importing import save_encoder
from roadfcn.transfer.opening import open_pretrained
from roadfcn.weights.shipped_models import SHIPPED_NAMES, shipped_path


def words(text):
    """Give a text without the line breaks of a terminal."""
    return " ".join(text.split())


@pytest.fixture
def described(camvid_run, tmp_path):
    """Give a model file whose card says everything, with scores of two data sets."""
    model, card = load_model(camvid_run)
    road = {"per_class": {"road": {"iou": 0.75}}, "images": 1200}
    ends = {"mean_iou": [0.4, 0.625], "per_class": {"road": [0.5, 0.9], "sky": None}}
    drawn = {"level": 0.95, "draws": 1000, "drawn": "drives", "of": 7, "single_drive": False}
    full = replace(
        card,
        summary="streets",
        intended_use="To look at streets.",
        limits=("Not at night.", "Not under water."),
        data_terms={"camvid": "ask its authors"},
        licence="as the data's",
        provenance={"data": "camvid", "split": "train", "also": [
            {"data": "kitti-road", "origin": "generated scenes", "split": "train"}
        ]},
        scores={"camvid val": {"mean_iou": 0.5, "intervals": drawn | ends}, "[scenes] test": road},
    )  # fmt: skip
    save_model(tmp_path / "m.safetensors", model, full, half=True)
    return tmp_path / "m.safetensors"


def test_the_path_and_the_hash_are_on_one_line_each(command, described):
    out = command("weights", "show", described, columns=80).out
    digest = hashlib.sha256(described.read_bytes()).hexdigest()
    lines = [line.split() for line in out.splitlines()]
    assert ["model", str(described)] in lines
    assert ["SHA-256", digest] in lines


def test_a_card_is_told_from_what_it_is_to_whose_terms_it_follows(command, described):
    code, out, _ = command("weights", "show", described)
    assert code == 0
    told = words(out)
    assert told.startswith(f"{described}: streets model ")
    parts = (
        "trained on camvid train, and generated scenes (KITTI Road's layout), train",
        "kernels kept as float16",
        "For To look at streets.",
        "Limits - Not at night. - Not under water.",
        "camvid val [scenes] test",
        "pictures - 1,200",
        "mean IoU 50.00 (40.0 to 62.5) -",
        "■ road - (50.0 to 90.0) 75.00",
        "camvid val: 95 % intervals from 1000 draws of 7 drives.",
        "on which terms camvid: ask its authors",
    )
    places = [told.index(part) for part in parts]
    assert places == sorted(places)


def test_what_a_card_does_not_say_has_no_heading(command, camvid_run):
    out = command("weights", "show", camvid_run).out
    assert "classes" in out
    assert not any(heading in out for heading in ("For\n", "Limits", "Scores", "Learned from"))


def test_the_best_epoch_is_counted_from_1_as_training_says_it(command, camvid_run, tmp_path):
    model, card = load_model(camvid_run)
    tenth = {"validation": {"epoch": 9, "mean_iou": 0.5}}
    save_model(tmp_path / "m.safetensors", model, replace(card, scores=tenth))
    assert "best epoch 10 " in words(command("weights", "show", tmp_path / "m.safetensors").out)


def test_parameters_are_what_was_learned(command, camvid_run):
    model = load_model(camvid_run)[0]
    learned = sum(parameter.numel() for parameter in model.parameters())
    assert f" MB, {learned:,} parameters, kernels kept as float32" in words(
        command("weights", "show", camvid_run).out
    )


@pytest.mark.parametrize("name", SHIPPED_NAMES)
def test_a_shipped_model_is_shown_by_its_name_in_words_and_as_json(command, name):
    card = read_card(shipped_path(name))
    out = command("weights", "show", name).out
    assert out.splitlines()[1] == f"{name}: {card.summary}"
    assert all(words(limit) in words(out) for limit in card.limits[:1])
    told = json.loads(command("weights", "show", name, "--json", "-").out)
    assert told["path"] == str(shipped_path(name))
    assert told["bytes"] == shipped_path(name).stat().st_size
    assert told["card"] == json.loads(card.to_json())
    assert 1_000_000 < told["parameters"] < 1_500_000


def test_nothing_is_cut_off_in_a_narrow_terminal(roadfcn, described, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    out = roadfcn("weights", "show", described).stdout
    lines = [line for line in out.splitlines() if not line.startswith(("  model ", "  SHA-256 "))]
    assert max(map(len, lines)) <= 40  # but what is copied
    assert str(described) in "".join(out.split())
    assert "…" not in out


def test_what_is_no_model_is_refused(refused, tmp_path):
    assert refused("weights", "show", "slim-raod") == "there is no model slim-raod"
    (tmp_path / "x.safetensors").write_bytes(b"")
    assert refused("weights", "show", tmp_path / "x.safetensors").endswith("is empty (0 bytes)")


def test_how_far_fc6_is_spread_is_told_of_models_and_of_encoders(command, tmp_path):
    torch.manual_seed(0)
    settings = {"width": 0.02, "fc_channels": 4, "fc_kernel": 3}
    for spread, told in ((3, ", fc6 spread by 3"), (1, "")):
        model = build_fcn(FCNArchitecture(2, fc_dilation=spread, **settings))
        path, encoder = tmp_path / f"m{spread}.safetensors", tmp_path / f"e{spread}.safetensors"
        save_model(path, model, ModelCard(model.architecture.to_dict(), ROAD, InputFormat()))
        save_encoder(open_pretrained(path), encoder)
        assert f"network fcn-vgg16 8s{told} classes" in words(command("weights", "show", path)[1])
        assert f" parameters{told} input" in words(command("weights", "show", encoder)[1])
