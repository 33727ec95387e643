"""Files beside the package agree: lock, versions, CI, Makefile, list of pages."""

import re
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import yaml
from hatchling.build import build_wheel
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import roadfcn

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pins():
    """Read the lock: {canonical name: requirement}."""
    lines = [line for line in read("requirements.lock").splitlines() if line and line[0] != "#"]
    wanted = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in wanted}


def test_lock_pins_every_package_to_one_public_version():
    for name, requirement in pins().items():
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", name
        assert "+" not in specifier.version, f"{name} is pinned to a local build"
        assert requirement.url is None


def test_lock_holds_what_the_project_declares_in_versions_that_fit():
    locked = pins()
    declared = [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["dev"],
        *PROJECT["build-system"]["requires"],
        "editables",  # hatchling wants it for editable installs
    ]
    for text in declared:
        wanted = Requirement(text)
        (pin,) = locked[canonicalize_name(wanted.name)].specifier
        assert wanted.specifier.contains(pin.version), f"{pin} does not fit {text}"


def test_lock_is_closed():
    """Whatever a locked package needs here is locked too; torch's needs differ by its build."""
    locked = pins()
    for name in locked.keys() - {"torch"}:
        for text in _requirements(name):
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in locked, f"{name} needs {text}"


def _requirements(name):
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # locked for another system
        return []


def test_the_wheel_holds_what_is_no_code_too(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path))) as wheel:
        names = set(wheel.namelist())
    beside = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "roadfcn").rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert {".css", ".jinja", ".safetensors"} <= {Path(name).suffix for name in beside}
    assert beside <= names


def test_changelog_opens_with_this_version():
    versions = re.findall(r"^## \[(\d[^\]]*)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == roadfcn.__version__
    assert "## [Unreleased]" in read("CHANGELOG.md")


def test_ci_runs_on_every_python_of_the_classifiers():
    workflow = yaml.safe_load(read(".github/workflows/ci.yml"))
    prefix = "Programming Language :: Python :: "
    classifiers = [
        text.removeprefix(prefix)
        for text in PROJECT["project"]["classifiers"]
        if text.startswith(prefix)
    ]
    assert workflow["jobs"]["check"]["strategy"]["matrix"]["python"] == classifiers
    assert PROJECT["project"]["requires-python"] == f">={classifiers[0]}"
    assert {"run": "bash .ci/run"} in workflow["jobs"]["check"]["steps"]


def test_slow_tests_are_run_every_week():
    workflow = yaml.safe_load(read(".github/workflows/weekly.yml"))
    assert {"run": "make test-slow"} in workflow["jobs"]["slow"]["steps"]
    (when,) = workflow[True]["schedule"]  # YAML takes "on" for true
    minute, hour, *days, weekday = when["cron"].split()
    assert all(one.isdecimal() for one in (minute, hour, weekday))
    assert days == ["*", "*"]
    environment = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]["check"]["env"]
    assert workflow["jobs"]["slow"]["env"] == environment


def test_make_help_lists_every_target():
    makefile = read("Makefile")
    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    explained = re.findall(r"^([a-z-]+):.*?## \S", makefile, re.MULTILINE)
    assert explained == phony.split()


def test_the_documentation_lists_its_pages():
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", read("docs/README.md")))
    assert listed == {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
