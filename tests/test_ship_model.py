"""`tools/ship_model.py`: from a run to a model of the package, with a card that says everything."""

import json
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from roadfcn.backends.opening import open_backend
from roadfcn.checkpoints import load_model, save_model
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import DatasetError, ModelFileError
from roadfcn.evaluation.evaluate import evaluate
from roadfcn.image_files import write_image
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.model_card import ModelCard, read_card
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.prediction.network.predictor import Predictor

ship = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "ship_model.py"))["main"]
TINY = FCNArchitecture(
    2, width=0.02, batch_norm=True, fc_channels=4, fc_kernel=1, score_start="normal"
)
SCENES = {"data": "kitti-road", "origin": "generated scenes", "split": "train"}


@pytest.fixture
def camvid(tmp_path):
    """Give a CamVid folder of six frames to validate on, of six drives: enough for intervals."""
    generator = np.random.default_rng(0)
    root = tmp_path / "camvid"
    for drive in range(6):
        name = f"{drive:04d}TP_000001"
        image = generator.integers(0, 256, (24, 40, 3), np.uint8)
        write_image(root / "val" / f"{name}.png", image)
        write_image(root / "valannot" / f"{name}.png", np.uint8(3) * (image[..., 0] < 128))
    return root


@pytest.fixture
def run(tmp_path, camvid):
    """Give a run folder as training leaves it, its model untrained."""
    torch.manual_seed(0)
    folder = tmp_path / "runs" / "20260101-120000-tiny"
    recipe = {"name": "tiny", "data": {"path": str(camvid), "label_set": "road"}}
    provenance = {
        "recipe": {**recipe, "runs": str(tmp_path / "runs")},
        "data": "camvid",
        "origin": "",
        "split": "train",
        "weights": {"path": str(tmp_path / "encoder.safetensors"), "provenance": SCENES},
    }
    card = ModelCard(TINY.to_dict(), ROAD, InputFormat(), provenance, licence="as the data's")
    save_model(folder / "model.safetensors", build_fcn(TINY), card)
    (folder / "config.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    score(folder, camvid).save(folder / "evaluation")
    return folder


def score(folder, camvid, **options):
    predictor = Predictor(open_backend(folder, device="cpu", precision="float32"))
    return evaluate(predictor, open_dataset(camvid, "val"), **options)


def change(run, *, card=lambda card: card, model=lambda model: None):
    network, old = load_model(run)
    with torch.no_grad():
        model(network)
    save_model(run / "model.safetensors", network, card(old))


def test_what_is_shipped_labels_as_the_run_does_at_half_the_size(run, tmp_path, camvid, capsys):
    ship([str(run), "slim-road", "--folder", str(tmp_path / "out")])
    path = tmp_path / "out" / "slim-road.safetensors"
    assert capsys.readouterr().out.startswith(f"{path}: 0.0")
    kinds = {tensor.ndim: tensor.dtype for tensor in load_file(path).values()}
    assert (kinds[4], kinds[1]) == (torch.float16, torch.float32)
    image = open_dataset(camvid, "val").read_image(0)
    both = [Predictor(open_backend(p, precision="float32")).predict(image) for p in (run, path)]
    assert np.mean(both[0].labels != both[1].labels) <= 0.001
    assert np.abs(both[0].probabilities - both[1].probabilities).max() < 0.01


def test_its_card_has_the_runs_own_scores_with_their_intervals(run, tmp_path):
    ship([str(run), "slim-road", "--folder", str(tmp_path)])
    card = read_card(tmp_path / "slim-road.safetensors")
    stored = json.loads((run / "evaluation" / "metrics.json").read_text())
    scores = card.scores["camvid val"]
    assert {key: scores[key] for key in stored} == stored
    assert (scores["intervals"]["drawn"], scores["intervals"]["of"]) == ("drives", 6)
    low, high = scores["intervals"]["per_class"]["road"]
    assert low <= scores["per_class"]["road"]["iou"] <= high


def test_its_card_says_what_it_is_for_what_it_saw_and_no_place_on_this_machine(run, tmp_path):
    ship([str(run), "slim-road", "--folder", str(tmp_path)])
    card = read_card(tmp_path / "slim-road.safetensors")
    assert card.summary.startswith("road or not")
    assert any(limit.startswith("Not for steering") for limit in card.limits)
    assert list(card.data_terms) == ["camvid", "generated scenes"]
    assert "states no licence" in card.data_terms["camvid"]
    assert card.licence == "as the data's"
    assert card.provenance["recipe"]["runs"] == "runs"
    assert card.provenance["weights"]["path"] == "encoder.safetensors"
    shipped = card.provenance["shipped"]
    assert (shipped["run"], shipped["pictures"]) == ("20260101-120000-tiny", 6)
    assert 0 <= shipped["labels_changed"] <= 0.001
    assert str(tmp_path) not in card.to_json()


def test_further_scores_are_taken_out_of_the_folders_that_are_named(run, tmp_path, camvid):
    score(run, camvid, details=True).save(tmp_path / "again")
    words = ["--scores", f"at dusk={tmp_path / 'again'}", "--folder", str(tmp_path)]
    ship([str(run), *words, "slim-road", f"data.path={camvid}"])
    scores = read_card(tmp_path / "slim-road.safetensors").scores
    assert list(scores) == ["camvid val", "at dusk"]
    assert "details" not in scores["at dusk"]
    assert scores["at dusk"]["intervals"]["boundary_iou"]
    with pytest.raises(DatasetError, match="there is no folder"):
        ship([str(run), "slim-road", "--scores", "at night=nowhere", "--folder", str(tmp_path)])


def test_data_that_are_not_known_are_asked_for(run, tmp_path):
    def older(card):
        weights = {"provenance": {"data": "kitti-road", "split": "train"}}
        return replace(card, provenance={**card.provenance, "weights": weights})

    change(run, card=older)
    words = [str(run), "slim-road", "--folder", str(tmp_path)]
    with pytest.raises(ModelFileError, match="data in KITTI Road's layout, real or generated"):
        ship(words)
    ship([*words, "--kitti-layout", "kitti-road"])
    terms = read_card(tmp_path / "slim-road.safetensors").data_terms
    assert "CC BY-NC-SA 3.0" in terms["kitti-road"]


def test_terms_of_what_a_teacher_learned_from_go_on(run, tmp_path):
    of_kitti = {"data": "kitti-road", "origin": "", "split": "train"}

    def taught(card):
        return replace(
            card, provenance=card.provenance | {"teacher": {"source": "it", "provenance": of_kitti}}
        )

    change(run, card=taught)
    ship([str(run), "slim-road", "--folder", str(tmp_path), "--kitti-layout", "kitti-road"])
    terms = read_card(tmp_path / "slim-road.safetensors").data_terms
    assert list(terms) == ["camvid", "generated scenes", "kitti-road"]


def test_a_model_that_labels_otherwise_at_half_precision_is_refused(run, tmp_path, camvid):
    """Below 2**-25 a float16 is zero, and with it all that this head tells the classes apart by."""
    (tmp_path / "slim-road.safetensors").write_bytes(b"the one before")
    before = score(run, camvid).confusion.counts.copy()

    def shrink(model):
        model.encoder.conv3_3.norm.weight.mul_(1e8)  # which makes up for the shrinking
        for layer in (model.head.score_fr, model.head.score_pool4, model.head.score_pool3):
            layer.weight.mul_(-1e-8)  # and every label is the other one

    change(run, model=shrink)
    assert (score(run, camvid).confusion.counts == before[:, ::-1]).all()
    with pytest.raises(ModelFileError, match=r"at half precision \d+\.\d+% of the labels of"):
        ship([str(run), "slim-road", "--folder", str(tmp_path)])
    assert (tmp_path / "slim-road.safetensors").read_bytes() == b"the one before"


def test_a_model_of_other_classes_than_the_name_says_is_refused(run, tmp_path):
    with pytest.raises(ModelFileError, match="the model labels background, road") as told:
        ship([str(run), "slim-camvid11", "--folder", str(tmp_path)])
    assert told.value.allowed.startswith("for slim-camvid11: sky, building, pole")
    assert list(tmp_path.glob("*.safetensors")) == []


def test_a_model_that_is_too_large_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.setitem(ship.__globals__, "MAX_BYTES", 10_000)
    with pytest.raises(ModelFileError, match=r"the halved model has 0\.0\d MB"):
        ship([str(run), "slim-road", "--folder", str(tmp_path)])
    assert list(tmp_path.glob("*.safetensors")) == []
