"""The rules of the house: who may import whom, how long things may be, and a map that is true."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "roadfcn"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {
    contract["name"]: contract for contract in SETTINGS["tool"]["importlinter"]["contracts"]
}

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 60
VAGUE_NAMES = {"utils", "util", "common", "misc", "helpers", "helper", "core", "tools", "stuff"}
USES_TORCH = {"models", "weights", "checkpoints", "backends", "export", "transfer", "training"}
USES_PILLOW = {"picture_decoding", "image_files", "overlays"}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def lint_imports(folder):
    """Check the contracts on the package below `folder`, as `make lint` does."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied_house(tmp_path):
    """A copy of the package with its contracts, to plant violations in."""
    shutil.copytree(PACKAGE, tmp_path / "src" / "roadfcn", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_import_law_holds(copied_house):
    done = lint_imports(copied_house)
    assert done.returncode == 0, done.stdout + done.stderr


def test_planted_violations_are_caught(copied_house):
    """One violation of each contract, all in one run of the checker."""
    package = copied_house / "src" / "roadfcn"

    def plant(file, line):
        text = (package / file).read_text(encoding="utf-8")
        (package / file).write_text(f"{line}\n{text}", encoding="utf-8")

    plant("errors.py", "import roadfcn.label_sets")  # upwards
    plant("prediction/sources/source.py", "import roadfcn.prediction.network.predictor")
    plant("scenes/surfaces/letters.py", "import roadfcn.scenes.bodies.facets")
    plant("training/frames/epoch_order.py", "import roadfcn.training.steps.module")
    plant("cli/parts/choices.py", "import roadfcn.cli.training.train")
    plant("kitti/layout.py", "import roadfcn.kitti.calibration")  # together with the next: a circle
    plant("kitti/calibration.py", "import roadfcn.kitti.layout")
    plant("metrics/confusion_matrix.py", "import torch")
    plant("models/fcn.py", "import lightning")
    plant("datasets/splits.py", "import PIL.Image")
    done = lint_imports(copied_house)
    assert done.returncode == 1
    broken = set(re.findall(r"^(.+) BROKEN$", done.stdout, re.MULTILINE))
    assert broken == set(CONTRACTS), done.stdout


@pytest.mark.parametrize(
    ("contract", "allowed"),
    [
        ("torch only where networks live", USES_TORCH),
        ("One place that decodes and encodes pictures", USES_PILLOW),
    ],
)
def test_no_room_is_forgotten_by_a_contract(contract, allowed):
    rooms = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir()}
    rooms -= {"__init__", "__main__", "__pycache__", "py"}
    bound = {name.removeprefix("roadfcn.") for name in CONTRACTS[contract]["source_modules"]}
    assert bound == rooms - allowed - {"py.typed"}


def test_no_file_is_too_long():
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES + TESTS}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_no_function_is_too_long():
    too_long = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    too_long[f"{name_of(path)}:{node.name}"] = lines
    assert too_long == {}


def test_no_file_has_a_name_that_says_nothing():
    assert [name_of(path) for path in SOURCES if path.stem.strip("_") in VAGUE_NAMES] == []


def test_folders_open_with_a_docstring_and_nothing_else():
    """Code in an `__init__` is how import circles begin; only the top one is a shop window."""
    for path in PACKAGE.glob("*/**/__init__.py"):
        body = ast.parse(path.read_text("utf-8")).body
        assert len(body) == 1, f"{name_of(path)} holds code"
        assert isinstance(body[0], ast.Expr), f"{name_of(path)} has no docstring"


def test_the_map_lists_every_file_once_and_nothing_else():
    """A line of the map: "- `path/in/package.py`: what is in it"."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- `([\w/]+\.py)`: \S", text, re.MULTILINE)
    tree = [path.relative_to(PACKAGE).as_posix() for path in SOURCES if path.stem != "__init__"]
    missing = "\n".join(f"- `{name}`: " for name in tree if name not in listed)
    assert not missing, f"ARCHITECTURE.md lacks these lines:\n{missing}"
    assert sorted(set(listed) - set(tree)) == [], "ARCHITECTURE.md lists files that are not there"
    assert len(listed) == len(set(listed)), "ARCHITECTURE.md lists a file twice"
