import hashlib
import json

import pytest

from roadfcn.errors import ModelFileError
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.network.tiling import Tiling
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.runs.run_settings import model_hash, run_settings
from roadfcn.prediction.video.watching import Watching
from roadfcn.weights.shipped_models import shipped_path


def settings_of(red_road, **changed):
    values = {
        "model": "abc",
        "predictor": Predictor(red_road),
        "outputs": Outputs(),
        "watching": Watching(),
        "calibration": None,
        "running": {"engine": "auto"},
    }
    return run_settings(**(values | changed))


def test_a_models_hash_is_that_of_its_file():
    path = shipped_path("slim-road")
    assert model_hash(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(ModelFileError):
        model_hash(path.with_name("nowhere.safetensors"))


def test_settings_are_json_and_change_with_what_results_depend_on(red_road, tmp_path):
    (tmp_path / "calib.txt").write_text("P2: 1")
    plain = settings_of(red_road)
    assert json.loads(json.dumps(plain)) == plain
    assert plain["classes"] == "road"
    others = [
        settings_of(red_road, model="abd"),
        settings_of(red_road, predictor=Predictor(red_road, tiling=Tiling(512))),
        settings_of(red_road, predictor=Predictor(red_road, threshold=0.5)),
        settings_of(red_road, outputs=Outputs(opacity=0.4)),
        settings_of(red_road, outputs=Outputs(frames=True)),
        settings_of(red_road, outputs=Outputs(overlays="jpeg")),
        settings_of(red_road, outputs=Outputs(outlines=True)),
        settings_of(red_road, watching=Watching(every=2)),
        settings_of(red_road, watching=Watching(smooth=0.5)),
        settings_of(red_road, calibration=tmp_path / "calib.txt"),
        settings_of(red_road, running={"engine": "onnx"}),
    ]
    assert all(other != plain for other in others)
    # The form of shapes stands in each record, so that only what lacks them is done again.
    assert settings_of(red_road, outputs=Outputs(shapes="rle")) == plain
