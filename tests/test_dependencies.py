"""Declared dependencies are the imported ones: none is missing, none is for nothing."""

import ast
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
DECLARED = {
    canonicalize_name(Requirement(text).name)
    for text in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "dependencies"
    ]
}

DISTRIBUTIONS = {"cv2": "opencv-python-headless", "PIL": "pillow", "yaml": "pyyaml"}
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
    return names - sys.stdlib_module_names - {"roadfcn"}


def needed():
    names = set().union(*(imported(path.read_text(encoding="utf-8")) for path in SOURCES))
    return {DISTRIBUTIONS.get(name, canonicalize_name(name)) for name in names}


def test_imports_are_found_wherever_they_stand():
    source = "import os, cv2.x\ndef f():\n    from a_b.c import d\n    from roadfcn import e\n"
    assert imported(source) == {"cv2", "a_b"}


def test_whatever_is_imported_is_declared():
    assert needed() - DECLARED == set()


def test_whatever_is_declared_is_imported_or_needed_for_a_reason():
    assert DECLARED - needed() == set(NOT_IMPORTED)
