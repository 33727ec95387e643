"""Prediction without PyTorch: what `requirements-runtime.txt` lists is enough, and no more."""

import os
import re
import subprocess
import sys
import tomllib
import venv
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from roadfcn.checkpoints import load_model
from roadfcn.export.onnx import onnx_graph, write_onnx
from roadfcn.export.openvino import openvino_model, put_card
from roadfcn.image_files import read_mask_picture, write_image
from roadfcn.installation import TO_TRAIN
from roadfcn.kitti.layout import TESTING
from roadfcn.scenes.drawing.draw import draw_scene
from roadfcn.scenes.painter import paint
from roadfcn.scenes.write import frame_names

ROOT = Path(__file__).parents[1]
FORBIDDEN = ("torch", "lightning", "kornia", "onnx", "onnxscript", "nncf")


def pins_of(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(one.name): str(one.specifier) for one in wanted}


RUNTIME = pins_of("requirements-runtime.txt")


def closure(wanted):
    """Give the names of all that packages need here, by what they say of themselves."""
    found, left = set(), list(wanted)
    while left:
        name = canonicalize_name(left.pop())
        if name in found:
            continue
        found.add(name)
        needs = [Requirement(text) for text in metadata.requires(name) or []]
        left += [one.name for one in needs if not one.marker or one.marker.evaluate({"extra": ""})]
    return found


def test_the_file_lists_what_prediction_needs_and_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    assert set(TO_TRAIN) < core
    needed = closure([*(core - set(TO_TRAIN)), "onnxruntime", "openvino"])
    assert RUNTIME.keys() - {"colorama"} == needed  # colorama: on Windows only
    assert RUNTIME.keys().isdisjoint(FORBIDDEN)


def test_every_package_is_pinned_as_in_the_lock():
    lock = pins_of("requirements.lock")
    assert {name: lock.get(name) for name in RUNTIME} == RUNTIME
    assert all(pin.startswith("==") for pin in RUNTIME.values())


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """A picture, and the model that comes with roadfcn in the forms of both other engines."""
    folder = tmp_path_factory.mktemp("street")
    painted = paint(draw_scene(0, TESTING, frame_names(1)[0]), (94, 311))
    write_image(folder / "street.png", painted.image)
    network, card = load_model("slim-road")
    graph = onnx_graph(network)
    write_onnx(graph, card, folder / "model.onnx")
    import openvino

    openvino.save_model(openvino_model(graph), folder / "model.xml", compress_to_fp16=False)
    put_card(folder / "model.xml", card)
    return folder


def predict_words(street, model, out):
    return [
        *("predict", str(street / "street.png"), "--model", str(model), "--out", str(out)),
        *("--precision", "float32", "--device", "cpu"),
    ]


@pytest.fixture(scope="module")
def expected(street):
    """The labels that PyTorch gives."""
    from typer.testing import CliRunner

    from roadfcn.cli.app import app

    words = predict_words(street, "slim-road", street / "by torch")
    done = CliRunner().invoke(app, [*words, "--engine", "torch"])
    assert done.exit_code == 0, done.output
    labels = read_mask_picture(street / "by torch" / "labels" / "street.png")
    assert 0.1 < labels.mean() < 0.9, "a street has road and other things"
    return labels


FORBIDDING = f"""
import sys
class Forbidding:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {FORBIDDEN!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Forbidding())
from roadfcn.cli.app import main
main()
"""


def without_torch(folder, *words):
    """Run the command line where PyTorch and all that only training needs cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", FORBIDDING, *map(str, words)],
        env=without_cache(folder), capture_output=True, text=True, check=False,
    )  # fmt: skip


def without_cache(folder):
    return {**os.environ, "ROADFCN_CACHE": str(folder / "cache"), "PYTHONPATH": ""}


@pytest.mark.parametrize("model", ["model.onnx", "model.xml"])
def test_pictures_are_labelled_as_by_pytorch_where_it_cannot_be_imported(
    street, expected, tmp_path, model
):
    words = predict_words(street, street / model, tmp_path / "out")
    done = without_torch(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    labels = read_mask_picture(tmp_path / "out" / "labels" / "street.png")
    # Two scores may be equal but for the order of their sums.
    assert (labels != expected).sum() <= 2


def test_scenes_scores_and_a_report_need_no_pytorch_either(street, tmp_path):
    scenes = ("scenes", tmp_path / "data", "--train", 1, "--test", 1, "--size", "60x90")
    score = ("evaluate", street / "model.xml", tmp_path / "data", "--split", "test")
    for words in ((*scenes, "--workers", 1), (*score, "--report", tmp_path / "report")):
        done = without_torch(tmp_path, *words)
        assert done.returncode == 0, done.stderr
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert f"openvino {metadata.version('openvino')}" in page


@pytest.mark.parametrize(
    "words",
    [("train", ROOT / "configs" / "slim-road.yaml"), ("export", "slim-road", "model.onnx")],
)
def test_commands_that_need_pytorch_say_so(tmp_path, words):
    done = without_torch(tmp_path, *words)
    assert done.returncode == 2
    found = r"roadfcn: this command needs the package (torch|lightning), which is not installed\n"
    assert re.fullmatch(found + r"  allowed: .*\n  do this: .*\n", done.stderr), done.stderr


@pytest.fixture(scope="module")
def bare_environment(tmp_path_factory):
    """A new environment with what the file lists, and roadfcn without what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "venv", with_pip=True)
    scripts = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [scripts / "python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "-r", ROOT / "requirements-runtime.txt"], check=True)
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*wheel, "--wheel-dir", folder, ROOT], check=True)
    subprocess.run([*pip, "--no-deps", *folder.glob("roadfcn-*.whl")], check=True)
    return scripts


@pytest.mark.slow
@pytest.mark.parametrize("model", ["model.onnx", "model.xml"])
def test_a_new_environment_made_from_the_file_labels_pictures(
    bare_environment, street, expected, tmp_path, model
):
    words = predict_words(street, street / model, tmp_path / "out")
    done = subprocess.run(
        [bare_environment / "roadfcn", *words],
        env=without_cache(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    labels = read_mask_picture(tmp_path / "out" / "labels" / "street.png")
    assert (labels != expected).sum() <= 2


@pytest.mark.slow
def test_the_doctor_finds_nothing_missing_in_it(bare_environment, tmp_path):
    done = subprocess.run(
        [bare_environment / "roadfcn", "doctor"],
        env={**without_cache(tmp_path), "COLUMNS": "120"},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This installation predicts with exported models." in done.stdout


@pytest.mark.slow
def test_a_model_of_ours_is_refused_in_it_with_what_to_do(bare_environment, street, tmp_path):
    words = predict_words(street, "slim-road", tmp_path / "out")
    done = subprocess.run(
        [bare_environment / "roadfcn", *words],
        env=without_cache(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "needs PyTorch, which cannot be loaded" in done.stderr
    assert "Traceback" not in done.stderr
