"""Which packages roadfcn wants, which of them are here, and what each is for.

The list of packages is the installed package's own metadata, so it cannot differ from what pip
was told; only the purposes are written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module, metadata

from packaging.requirements import Requirement

PURPOSES = {
    "torch": "networks: training and prediction",
    "lightning": "training loops, several devices and machines",
    "lightning-utilities": "one process of several that speaks for all",
    "kornia": "augmentation of pictures and masks",
    "opencv-python-headless": "resizing and warping",
    "pillow": "reading and writing pictures",
    "numpy": "arrays and scores",
    "safetensors": "saved models",
    "pydantic": "checking recipes",
    "typer": "the command line",
    "rich": "tables and progress bars",
    "pyyaml": "recipe files",
    "tensorboard": "curves of a training run",
    "psutil": "memory and cores",
    "packaging": "comparing versions of packages",
    "jinja2": "reports as web pages",
    "requests": "fetching weights and data",
    "urllib3": "what requests connects with, and its errors",
    "filelock": "one process of several that fetches, or writes a journal",
    "platformdirs": "the folder for what was fetched",
    "av": "reading and writing videos",
}
"""What each required package gives."""

TO_TRAIN = ("torch", "lightning", "lightning-utilities", "kornia", "tensorboard")
"""Required packages that an installation can do without which only predicts, with models that
were exported for other engines: `requirements-runtime.txt` lists the others."""

EXTRAS = {
    "caffe": "reading caffemodels",
    "keras": "reading Keras' weights",
    "tensorflow": "reading TensorFlow's models and checkpoints",
    "onnx": "predicting with ONNX Runtime, exporting to it",
    "openvino": "the fastest prediction on processors, 8-bit models",
    "dev": "tests, style, types and import law, for those who change roadfcn",
}
"""What each extra of `pyproject.toml` gives."""


def how_to_install(extra: str) -> str:
    """Say how an extra is installed: roadfcn is on no package index, so out of its checkout."""
    return f"in the checkout of roadfcn: {install_command(extra)}"


def install_command(extra: str) -> str:
    """Give the command that installs roadfcn with an extra, to be called in a checkout."""
    return f"pip install '.[{extra}]'"


@dataclass(frozen=True)
class Package:
    """A package that roadfcn wants.

    Args:
        name: As pip knows it.
        wanted: The versions that fit, such as ">=2.6"; empty if all do.
        found: The installed version, or None.
    """

    name: str
    wanted: str
    found: str | None
    fits: bool


@dataclass(frozen=True)
class Extra:
    """An optional group of packages: what it gives, and those of it that are missing or old."""

    name: str
    purpose: str
    missing: tuple[str, ...]


def required_packages() -> list[Package]:
    """List the packages that roadfcn needs, in the order of `pyproject.toml`."""
    return [_look_up(wanted) for wanted in _requirements(extra=None)]


def extras() -> list[Extra]:
    """List the extras with what is missing of each."""
    names = metadata.metadata("roadfcn").get_all("Provides-Extra") or []
    return [
        Extra(
            name,
            EXTRAS.get(name, ""),
            tuple(wanted.name for wanted in _requirements(extra=name) if not _look_up(wanted).fits),
        )
        for name in names
    ]


def _requirements(extra: str | None) -> list[Requirement]:
    """Give the requirements of one extra, or those of the bare package."""
    every = [Requirement(text) for text in metadata.requires("roadfcn") or []]
    bare = [
        wanted for wanted in every if not wanted.marker or wanted.marker.evaluate({"extra": ""})
    ]
    if extra is None:
        return bare
    return [
        wanted
        for wanted in every
        if wanted not in bare and wanted.marker and wanted.marker.evaluate({"extra": extra})
    ]


def version_of(package: str) -> str:
    """Give the version of a package that can be imported; "unknown" if nothing tells it.

    Builds for other devices have other names: onnxruntime-gpu brings the package onnxruntime, as
    which pip does not know it.
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return str(getattr(import_module(package), "__version__", "unknown"))


def _look_up(wanted: Requirement) -> Package:
    try:
        found = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return Package(wanted.name, str(wanted.specifier), None, fits=False)
    fits = wanted.specifier.contains(found, prereleases=True)
    return Package(wanted.name, str(wanted.specifier), found, fits)
