"""Packages and extras: the lists are pip's own, and each has a purpose."""

import tomllib
from importlib import metadata
from pathlib import Path

import numpy as np
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from roadfcn import installation
from roadfcn.installation import EXTRAS, PURPOSES, Package, extras, required_packages, version_of

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


def test_every_declared_package_and_extra_has_a_purpose():
    declared = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    assert set(PURPOSES) == declared
    assert set(EXTRAS) == set(PROJECT["optional-dependencies"])


def test_this_environment_has_all_that_is_required():
    packages = required_packages()
    assert "torch" in [package.name for package in packages]
    assert [package for package in packages if not package.fits] == []


def test_missing_old_and_local_versions_are_told_apart(monkeypatch):
    installed = {"old": "1.9", "local": "2.13.0+cpu", "early": "2.0rc1"}
    monkeypatch.setattr(
        metadata,
        "requires",
        lambda _name: ["old>=2", "local>=2.6", "early>=1", "absent", 'x>=1; extra == "more"'],
    )

    def version(name):
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(metadata, "version", version)
    assert required_packages() == [
        Package("old", ">=2", "1.9", fits=False),
        Package("local", ">=2.6", "2.13.0+cpu", fits=True),
        Package("early", ">=1", "2.0rc1", fits=True),
        Package("absent", "", None, fits=False),
    ]


def test_extras_name_what_is_missing_of_them(monkeypatch):
    monkeypatch.setattr(
        metadata, "requires", lambda _name: ["numpy", 'absent>=1; extra == "dev"', "numpy"]
    )
    monkeypatch.setattr(
        installation.metadata, "metadata", lambda _name: _Headers({"Provides-Extra": ["dev"]})
    )
    (extra,) = extras()
    assert (extra.name, extra.purpose, extra.missing) == ("dev", EXTRAS["dev"], ("absent",))


def test_a_package_without_extras_has_none(monkeypatch):
    monkeypatch.setattr(installation.metadata, "metadata", lambda _name: _Headers({}))
    assert extras() == []


class _Headers(dict):
    """The one method of a metadata message that is used."""

    def get_all(self, key):
        return self.get(key)


def test_a_build_of_another_name_still_has_a_version(monkeypatch):
    """As onnxruntime-gpu has, which brings the package onnxruntime."""

    def unknown(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", unknown)
    assert version_of("numpy") == np.__version__
    assert version_of("roadfcn.errors") == "unknown"
