"""Recipe files: YAML plus `key=value` overrides in, a checked `TrainingConfig` out, and back.

All problems of a recipe come in one message, each with its place, and an unknown key with the
nearest known one.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from roadfcn.errors import ConfigError, shown
from roadfcn.output_files import write_text
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.config_mistakes import describe_mistakes, section_at
from roadfcn.yaml_text import MAX_CHARACTERS, UnusableYamlError, check_plain, parse_yaml

_NAMES = ("held_out_drives",)
"""Settings whose texts are never numbers: CamVid has a drive 0016E5."""

_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")


def read_config(
    path: Path, overrides: Sequence[str] = (), *, changes: Mapping[str, Any] | None = None
) -> TrainingConfig:
    """Read a recipe and apply overrides such as `trainer.epochs=5`.

    Args:
        path: The recipe.
        overrides: `section.key=value` texts, applied last; values are read as YAML.
        changes: Values by `section.key`, taken as they are.

    Raises:
        ConfigError: No such file, not YAML, or any entry unknown, missing or impossible.
    """
    path = Path(path)
    values = _parse_recipe(_read_text(path), str(path))
    for key, value in (changes or {}).items():
        _set(values, key, value)
    return make_config(values, overrides, source=str(path))


def make_config(
    values: dict[str, Any], overrides: Sequence[str] = (), *, source: str = "the recipe"
) -> TrainingConfig:
    """Check nested settings, with overrides applied on top.

    Args:
        values: Sections and settings as a recipe has them.
        overrides: `section.key=value` texts; values are read as YAML.
        source: Named in errors.

    Raises:
        ConfigError: Any entry unknown, missing or impossible; all of them in one message.
    """
    try:
        check_plain(values)
        merged = _copy(values)
        for override in overrides:
            _apply(merged, override)
        check_plain(merged)
    except UnusableYamlError as problem:
        raise _unusable(source, problem) from problem
    try:
        return TrainingConfig.model_validate(merged)
    except ValidationError as problem:
        lines = describe_mistakes(problem, merged)
        count = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
        raise ConfigError(
            f"{source} has {count}:\n" + "\n".join(f"    - {line}" for line in lines),
            allowed="what each line above says",
            do="correct these settings; nothing was started",
        ) from problem


def write_config(path: Path, config: TrainingConfig) -> None:
    """Write every setting, defaults included, as a recipe that `read_config` reads back.

    Raises:
        OutputError: The file cannot be written.
    """
    write_text(path, yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))


def _meant(path: Path) -> str:
    """Name the recipe of this name, ending left out or not, in `configs` or beside the path."""
    for folder in (path.parent, Path("configs")):
        near = folder / f"{path.stem}.yaml"
        if near != path and near.is_file():
            return f"did you mean {near}? Else "
    return ""


def _read_text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            # No more than it takes to see that it is too long: the path may be a device.
            return file.read(MAX_CHARACTERS + 1)
    except FileNotFoundError as problem:
        raise ConfigError(
            f"there is no recipe {path}",
            allowed="a YAML file",
            do=f"{_meant(path)}check the path; a recipe needs no more than the line "
            "'data: {path: FOLDER}'",
        ) from problem
    except (OSError, ValueError) as problem:  # no text, or a name that is no file name
        raise ConfigError(
            f"the recipe {path} cannot be read: {problem}",
            allowed="a YAML text file",
            do="check the file and its rights",
        ) from problem


def _parse_recipe(text: str, source: str) -> dict[str, Any]:
    try:
        values = parse_yaml(text)
    except UnusableYamlError as problem:
        raise _unusable(source, problem) from problem
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(
            f"{source} holds a {type(values).__name__}",
            allowed="sections with 'key: value' lines",
            do="begin with the line 'data: {path: FOLDER}'",
        )
    return values


def _unusable(source: str, problem: UnusableYamlError) -> ConfigError:
    return ConfigError(
        f"{source} is not YAML as a recipe has it: {problem}",
        allowed="YAML: sections with 'key: value' lines",
        do="correct what is named above; nothing was started",
    )


def _apply(values: dict[str, Any], override: str) -> None:
    """Set one `a.b=value` in nested dictionaries."""
    key, equals, text = override.partition("=")
    if not equals or not all(key.split(".")):
        raise ConfigError(
            f"{shown(override)} is no override",
            allowed="section.key=value, such as trainer.epochs=5",
            do="put an equals sign between key and value, without spaces",
        )
    value: Any = text
    as_text = any(name in _NAMES for name in key.split("."))
    # Of a path, YAML would take " #" for a comment and 2024 for a number.
    if not _is_path(key) or text == "null":
        with contextlib.suppress(UnusableYamlError):
            value = _copy(parse_yaml(text), as_text=as_text)
    _set(values, key, value)


def _is_path(key: str) -> bool:
    """Tell whether a setting is a path, or a name that may be one."""
    if key == "weights":
        return True
    *sections, last = key.split(".")
    section = section_at(sections)
    return section is not None and getattr(section.model_fields.get(last), "annotation", 0) is Path


def _set(values: dict[str, Any], key: str, value: Any) -> None:  # noqa: ANN401 - any YAML value
    """Set `a.b` in nested dictionaries and lists: `data.also.0.share` is that of the first entry.

    Raises:
        ConfigError: A list has no such entry.
    """
    *sections, last = key.split(".")
    place: Any = values
    for section in sections:
        index: Any = _index(place, section, key)
        inner = place[index] if isinstance(place, list) else place.get(index)
        if not isinstance(inner, dict | list):
            inner = place[index] = {}
        place = inner
    place[_index(place, last, key)] = value


def _index(place: Any, name: str, key: str) -> str | int:  # noqa: ANN401 - a dictionary or a list
    if not isinstance(place, list):
        return name
    if not name.isdecimal() or len(name) > 9 or int(name) >= len(place):
        raise ConfigError(
            f"the setting {shown(key)} is no entry of a list of {len(place)}",
            allowed="entries by their number, the first one being 0" if place else "no entry",
            do="correct the number, or set the whole list",
        )
    return int(name)


def _number_or_text(text: str) -> float | str:
    """YAML 1.1 takes 1e-3 for a text, because it has no dot; people do not."""
    return float(text) if _SCIENTIFIC.fullmatch(text) else text


def _copy(values: Any, *, as_text: bool = False) -> Any:  # noqa: ANN401 - any YAML value
    """Copy nested values, with numbers such as 1e-3 recognised on the way, or texts left alone."""
    if isinstance(values, dict):
        return {
            key: _copy(value, as_text=as_text or key in _NAMES) for key, value in values.items()
        }
    if isinstance(values, list):
        return [_copy(value, as_text=as_text) for value in values]
    return _number_or_text(values) if isinstance(values, str) and not as_text else values
