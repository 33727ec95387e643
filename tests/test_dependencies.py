"""Declared dependencies are the imported ones: none is missing, none is for nothing."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names_of(texts):
    return {canonicalize_name(Requirement(text).name) for text in texts}


DECLARED = names_of(PROJECT["dependencies"])
EXTRAS = {
    name: names_of(texts)
    for name, texts in PROJECT["optional-dependencies"].items()
    if name != "dev"
}

DISTRIBUTIONS = {
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "google": "protobuf",
    "yaml": "pyyaml",
}
"""Import names that differ from the name that pip knows by more than "_" for "-"."""

NOT_IMPORTED = {"tensorboard": "Lightning's TensorBoardLogger imports it to write event files"}
"""Packages that are needed although no file of ours imports them, and why."""


def imported(source):
    """Give the top names of what a module imports from others, wherever the import stands."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require":
            # export.packages.require("nncf", ...): an import with words for when it fails.
            names |= {word.value for word in node.args[:1] if isinstance(word, ast.Constant)}
    return names - sys.stdlib_module_names - {"roadfcn"}


def needed():
    names = set().union(*(imported(path.read_text(encoding="utf-8")) for path in SOURCES))
    return {DISTRIBUTIONS.get(name, canonicalize_name(name)) for name in names}


def test_imports_are_found_wherever_they_stand():
    source = "import os, cv2.x\ndef f():\n    from a_b.c import d\n    from roadfcn import e\n"
    assert imported(source) == {"cv2", "a_b"}
    assert imported("require('nncf', 'int8')\nrequire(name)") == {"nncf"}


def test_whatever_is_imported_is_declared():
    assert needed() - DECLARED - set().union(*EXTRAS.values()) == set()


def test_who_did_not_install_an_extra_can_use_everything_else():
    """Weights are opened by the same code, which loads a reader's library only for its files."""
    blocked = ("tensorflow", "h5py", "google.protobuf", "onnx", "onnxruntime", "openvino", "nncf")
    code = f"""
import sys
for name in {blocked}:
    sys.modules[name] = None  # importing it fails
import roadfcn.cli.app, roadfcn.transfer.opening, roadfcn.transfer.importing
import roadfcn.backends.opening, roadfcn.export.exporting, roadfcn.prediction.engines.choice
from roadfcn.weights.reading import read_foreign_weights
from roadfcn.errors import ModelFileError
try:
    read_foreign_weights({__file__!r})
except ModelFileError as problem:
    print(problem.found)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "is a text file that begins" in done.stdout


@pytest.mark.parametrize("extra", EXTRAS)
def test_whatever_an_extra_brings_is_imported(extra):
    assert EXTRAS[extra] - needed() == set()


def test_whatever_is_declared_is_imported_or_needed_for_a_reason():
    assert DECLARED - needed() == set(NOT_IMPORTED)
