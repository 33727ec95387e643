"""Every script in examples/ does what it says, on input that is tiny."""

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import roadfcn
from roadfcn.input_format import VGG_BGR, InputFormat
from roadfcn.model_card import ModelCard

EXAMPLES = Path(__file__).parents[1] / "examples"
TINY = {"width": 0.02, "fc_channels": 4, "fc_kernel": 1}


def names_of(script):
    """Load a script without running it as a program."""
    return runpy.run_path(str(EXAMPLES / script))


def test_every_example_says_how_it_is_run():
    scripts = sorted(EXAMPLES.glob("*.py"))
    assert [script.stem for script in scripts] == [
        "coming_from_tensorflow",
        "predict_picture",
        "report_from_python",
        "results_in_python",
        "score_predictions",
        "train_from_python",
    ]
    for script in scripts:
        assert f"\n    python examples/{script.name}" in script.read_text(encoding="utf-8")


def test_a_picture_is_labelled_and_drawn(tmp_path, capsys):
    torch.manual_seed(0)
    architecture = roadfcn.FCNArchitecture(2, **TINY, score_start="normal")
    card = ModelCard(architecture.to_dict(), roadfcn.ROAD, InputFormat())
    roadfcn.save_model(tmp_path / "model.safetensors", roadfcn.build_fcn(architecture), card)
    Image.new("RGB", (40, 30), (90, 90, 90)).save(tmp_path / "street.jpg")

    main = names_of("predict_picture.py")["main"]
    main(tmp_path, tmp_path / "street.jpg", tmp_path / "road.png")

    with Image.open(tmp_path / "road.png") as drawn:
        assert drawn.size == (40, 30)
    *shares, last = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in shares] == ["background", "road"]
    assert sum(float(re.search(r"([\d.]+)%", line)[1]) for line in shares) == pytest.approx(100)
    assert last == f"drawn: {tmp_path / 'road.png'}"


def test_results_are_given_as_arrays_to_pillow_and_as_coco_annotations(tmp_path, capsys):
    torch.manual_seed(0)
    architecture = roadfcn.FCNArchitecture(2, **TINY, score_start="normal")
    card = ModelCard(architecture.to_dict(), roadfcn.ROAD, InputFormat())
    roadfcn.save_model(tmp_path / "model.safetensors", roadfcn.build_fcn(architecture), card)
    pixels = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "street.png")

    out = tmp_path / "results"
    names_of("results_in_python.py")["main"](tmp_path / "street.png", out, tmp_path)

    with Image.open(out / "small.png") as small, Image.open(out / "colours.png") as colours:
        labels = np.asarray(small)
        assert colours.size == small.size == (160, 90)
    annotations = json.loads((out / "annotations.json").read_text(encoding="utf-8"))
    assert sum(annotation["area"] for annotation in annotations) == (labels == 1).sum()
    surely, in_two_minds, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"surely road: [\d.]+% of the picture", surely)
    assert re.fullmatch(r"in two minds: [\d.]+%", in_two_minds)
    assert last == f"{len(annotations)} annotations: {out / 'annotations.json'}"


def test_training_from_python_ends_with_scores_on_the_test_split(tmp_path, capfd):
    changes = [f"model.{key}={value}" for key, value in TINY.items()]
    changes += ["trainer.epochs=1", "data.size=[32, 96]", "augmentation.preset=none"]
    names_of("train_from_python.py")["main"](tmp_path, changes, train=6, test=3, workers=1)
    first, second = capfd.readouterr().out.splitlines()
    run = Path(first.removeprefix("run: "))
    assert (run / "model.safetensors").is_file()
    assert re.fullmatch(r"road IoU [01]\.\d{3}, MaxF [01]\.\d{3}", second)
    scores = json.loads((run / "evaluation" / "metrics.json").read_text(encoding="utf-8"))
    assert (scores["dataset"], scores["split"], scores["images"]) == ("kitti-road", "test", 3)
    assert scores["origin"] == "generated scenes"


def test_a_road_fcn_is_trained_step_by_step_as_tensorflow_programs_do(tmp_path, capsys):
    torch.manual_seed(2)
    architecture = roadfcn.FCNArchitecture(2, width=1 / 32, fc_channels=8, fc_kernel=3)
    card = ModelCard(architecture.to_dict(), roadfcn.ROAD, VGG_BGR)
    vgg = tmp_path / "vgg" / "model.safetensors"
    roadfcn.save_model(vgg, roadfcn.build_fcn(architecture), card)
    roadfcn.write_scenes(tmp_path / "data_road", train=6, test=3, size=(94, 310), workers=1)

    run = names_of("coming_from_tensorflow.py")["run"]
    run_folder = run(
        tmp_path,
        tmp_path / "runs",
        image_shape=(32, 96),
        epochs=8,
        batch_size=2,
        learning_rate=0.01,
        keep_prob=0.9,
    )

    *epochs, score, pictures = capsys.readouterr().out.splitlines()
    losses = [float(re.fullmatch(r"epoch \d+: mean loss ([\d.]+)", line)[1]) for line in epochs]
    assert len(losses) == 8
    assert losses[-1] < 0.5 * losses[0]
    assert re.fullmatch(r"road IoU [01]\.\d{3} on frames not learned from", score)
    assert pictures == f"pictures: {run_folder / 'overlays'}"
    assert len(list((run_folder / "overlays").glob("*.png"))) == 3
    assert roadfcn.load_model(run_folder)[1].input_format.size == (32, 96)


def test_two_runs_are_reported_and_compared(tmp_path, capsys):
    for seed, name in enumerate(("first", "second")):
        torch.manual_seed(seed)
        architecture = roadfcn.FCNArchitecture(2, **TINY, score_start="normal")
        card = ModelCard(architecture.to_dict(), roadfcn.ROAD, InputFormat())
        path = tmp_path / name / "model.safetensors"
        roadfcn.save_model(path, roadfcn.build_fcn(architecture), card)
    roadfcn.write_scenes(tmp_path / "scenes", train=2, test=2, size=(94, 310), workers=1)
    runs, out = (tmp_path / "first", tmp_path / "second"), tmp_path / "report"

    names_of("report_from_python.py")["main"](*runs, tmp_path / "scenes", "all", out)

    report, *changes, comparison = capsys.readouterr().out.splitlines()
    assert report == f"report: {out / 'report.html'}"
    assert comparison == f"comparison: {out / 'comparison.html'}"
    assert all(re.fullmatch(r"\S.*: [+-]\d+\.\d\d points, p = 0\.0\d\d", line) for line in changes)
    assert sorted(path.name for path in out.iterdir()) == [
        *("comparison.html", "first", "report.html", "second"),
    ]


def test_scores_from_arrays_are_those_of_a_slow_count(capsys):
    names = names_of("score_predictions.py")
    names["main"]()
    out = capsys.readouterr().out

    both = either = found = known = 0
    for mask, probability in map(names["picture"], (0, 4, -8)):
        for truth, value in zip(mask.ravel().tolist(), probability.ravel().tolist(), strict=True):
            if truth != 255:
                is_road, called_road = truth == 1, value > 0.5
                both += is_road and called_road
                either += is_road or called_road
                found += is_road == called_road
                known += 1
    assert f"pixel accuracy {found / known:.4f}," in out
    assert f"IoU of road: {both / either:.4f}" in out
    assert np.all([0.9 < float(v) < 1 for v in re.findall(r"(?:MaxF|AP) ([\d.]+)", out)])
