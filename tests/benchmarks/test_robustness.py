"""`benchmarks/robustness.py`: scores equal to those worked out another way, as table and JSON."""

import json
import sys

import numpy as np
import pytest
import torch

import robustness
from corruptions.suite import SUITE, corrupt
from roadfcn.backends.opening import open_backend
from roadfcn.checkpoints import save_model
from roadfcn.datasets.layouts import open_dataset
from roadfcn.evaluation.evaluate import evaluate
from roadfcn.image_files import read_image, write_image
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.prediction.network.predictor import Predictor

ROAD_ID = CAMVID_11.index("road")


@pytest.fixture
def camvid(tmp_path):
    """Give a CamVid folder of three small frames to validate on."""
    root, chance = tmp_path / "camvid", np.random.default_rng(0)
    for number in range(3):
        name, image = f"0016E5_{number:05d}.png", chance.integers(0, 256, (24, 40, 3), np.uint8)
        write_image(root / "val" / name, image)
        write_image(root / "valannot" / name, np.uint8(ROAD_ID) * (image[..., 0] < 128))
    return root


@pytest.fixture
def make_run(tmp_path):
    """Give a function that saves an untrained model: (name, label set) -> its folder."""

    def make(name, label_set):
        torch.manual_seed(3)
        sizes = FCNArchitecture(
            len(label_set), width=0.02, fc_channels=4, fc_kernel=1, score_start="normal"
        )
        card = ModelCard(sizes.to_dict(), label_set, InputFormat())
        save_model(tmp_path / name / "model.safetensors", build_fcn(sizes), card)
        return str(tmp_path / name)

    return make


@pytest.fixture
def run_script(monkeypatch, capsys):
    """Give a function that runs the script with some words: what it prints."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["robustness.py", *map(str, words)])
        robustness.main()
        return capsys.readouterr().out

    return run


def mean_ious(predictor, dataset, name, severity):
    """Give road's IoU and the mean over classes, from pixels put together and compared."""
    truths, answers = [], []
    for sample in map(dataset.__getitem__, range(len(dataset))):
        image, mask = corrupt(
            name, sample.image, sample.mask, severity, seed=5, frame=sample.frame.name
        )
        known = mask != 255
        truths.append(mask[known])
        answers.append(predictor.predict(image).labels[known])
    truth, answer = np.concatenate(truths), np.concatenate(answers)
    ious = {}
    for index in range(11):
        either = (truth == index) | (answer == index)
        if either.any():
            ious[index] = ((truth == index) & (answer == index)).sum() / either.sum()
    return ious[ROAD_ID], np.mean(list(ious.values()))


def test_scores_are_those_of_the_corrupted_pictures(run_script, make_run, camvid, tmp_path):
    run, file = make_run("fine", CAMVID_11), tmp_path / "scores.json"
    run_script(run, camvid, "--seed", 5, "--json", file, "--device", "cpu")
    found = json.loads(file.read_text(encoding="utf-8"))
    assert {name: found[name] for name in ("dataset", "split", "images", "seed")} == {
        "dataset": "camvid",
        "split": "val",
        "images": 3,
        "seed": 5,
    }
    dataset = open_dataset(camvid, "val")
    assert found["split_sha256"] == dataset.split_hash
    predictor = Predictor(open_backend(run, device="cpu", precision="float32"))
    plain, scores = evaluate(predictor, dataset).to_scores(), found["models"][run]
    assert scores["road_iou"]["clean"] == plain["per_class"]["road"]["iou"]
    assert scores["mean_iou"]["clean"] == plain["mean_iou"]
    for name in ("noise", "pitch"):
        for severity in (1, 3):
            expected = mean_ious(predictor, dataset, name, severity)
            rows = (scores[kind]["corruptions"][name] for kind in ("road_iou", "mean_iou"))
            got = [row["severities"][severity - 1] for row in rows]
            assert got == pytest.approx(expected, abs=1e-12)


def test_models_of_other_classes_share_a_table_each_and_a_road_model_has_no_mean(
    run_script, make_run, camvid
):
    fine, road = make_run("fine", CAMVID_11), make_run("plain", ROAD)
    out = run_script(fine, road, camvid, "--limit", 2, "--device", "cpu")
    titles = [line for line in out.splitlines() if " on camvid" in line]
    assert titles == [
        f"{fine} on camvid val, 2 pictures: IoU of road, %",
        f"{fine} on camvid val, 2 pictures: mean IoU, %",
        f"{road} on camvid val, 2 pictures: IoU of road, %",
    ]


def values_of(clean, by_name):
    rows = {name: by_name.get(name, (0.5, 0.5, 0.5)) for name in SUITE}
    cases = {(name, s + 1): row[s] for name, row in rows.items() for s in range(3)}
    return {("clean", 0): clean, **cases}


def test_means_and_the_drop_are_worked_out_by_hand():
    # Nine rows of 0.5 and one of (0.3, 0.2, 0.1): mean (9 * 0.5 + 0.2) / 10 = 0.47.
    found = robustness.summary(values_of(0.8, {"fog": (0.3, 0.2, 0.1)}))
    assert found["corruptions"]["fog"]["mean"] == pytest.approx(0.2)
    assert found["mean"] == pytest.approx(0.47)
    assert found["relative_drop"] == pytest.approx(1 - 0.47 / 0.8)
    lines = robustness.table(found).splitlines()
    assert lines[0].split() == ["mean", "1", "2", "3"]
    assert lines[1].split() == ["clean", "80.0"]
    assert lines[3].split() == ["fog", "20.0", "30.0", "20.0", "10.0"]
    assert lines[-2].split() == ["mean", "of", "these", "47.0"]
    assert lines[-1].split() == ["relative", "drop", "41.2"]


def test_what_is_undefined_is_null_and_a_dash():
    found = robustness.summary(values_of(0.0, {"rain": (float("nan"), 0.5, 0.5)}))
    assert found["corruptions"]["rain"] == {"severities": [None, 0.5, 0.5], "mean": None}
    assert (found["mean"], found["relative_drop"]) == (None, None)
    assert robustness.table(found).splitlines()[2].split() == ["rain", "-", "-", "50.0", "50.0"]


def test_a_limit_leaves_frames_that_are_evenly_spread(camvid):
    dataset = open_dataset(camvid, "val")
    names = [frame.name for frame in dataset.frames]
    assert [f.name for f in robustness.spread(dataset, 2).frames] == [names[0], names[2]]
    assert robustness.spread(dataset, 7) is dataset
    assert robustness.spread(dataset, None) is dataset


def test_a_sheet_needs_no_model(run_script, camvid, tmp_path):
    sheet = tmp_path / "sheet.png"
    assert run_script(camvid, "--sheet", sheet, "--frame", "0016E5_00001") == ""
    assert read_image(sheet).shape == (6 * (192 + 28), 6 * 326, 3)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "name a model to score, or --sheet FILE"),
        (["--sheet", "a.png", "--frame", "no"], "there is no frame no in split val"),
        (["--sheet", "a.png", "--limit", "0"], "--limit is 1 or more"),
    ],
)
def test_words_that_make_no_sense_are_told(run_script, camvid, capsys, words, told):
    with pytest.raises(SystemExit):
        run_script(camvid, *words)
    assert told in capsys.readouterr().err
