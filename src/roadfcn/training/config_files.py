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
from pydantic import BaseModel, ValidationError

from roadfcn.errors import ConfigError, shown
from roadfcn.output_files import write_text
from roadfcn.training.config import TrainingConfig
from roadfcn.training.config_mistakes import describe_mistakes, section_of
from roadfcn.yaml_text import MAX_CHARACTERS, UnusableYamlError, check_plain, parse_yaml

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


def _read_text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            # No more than it takes to see that it is too long: the path may be a device.
            return file.read(MAX_CHARACTERS + 1)
    except FileNotFoundError as problem:
        raise ConfigError(
            f"there is no recipe {path}",
            allowed="a YAML file",
            do="check the path; a recipe needs no more than the line 'data: {path: FOLDER}'",
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
    # Of a path, YAML would take " #" for a comment and 2024 for a number.
    if not _is_path(key) or text == "null":
        with contextlib.suppress(UnusableYamlError):
            value = _copy(parse_yaml(text))
    _set(values, key, value)


def _is_path(key: str) -> bool:
    """Tell whether a setting is a path, or a name that may be one."""
    if key == "weights":
        return True
    section: type[BaseModel] | None = TrainingConfig
    *sections, last = key.split(".")
    for name in sections:
        section = section_of(section, name) if section is not None else None
    return section is not None and getattr(section.model_fields.get(last), "annotation", 0) is Path


def _set(values: dict[str, Any], key: str, value: Any) -> None:  # noqa: ANN401 - any YAML value
    """Set `a.b` in nested dictionaries."""
    *sections, last = key.split(".")
    place = values
    for section in sections:
        if not isinstance(place.get(section), dict):
            place[section] = {}
        place = place[section]
    place[last] = value


def _number_or_text(text: str) -> float | str:
    """YAML 1.1 takes 1e-3 for a text, because it has no dot; people do not."""
    return float(text) if _SCIENTIFIC.fullmatch(text) else text


def _copy(values: Any) -> Any:  # noqa: ANN401 - any YAML value
    """Copy nested values, with numbers such as 1e-3 recognised on the way."""
    if isinstance(values, dict):
        return {key: _copy(value) for key, value in values.items()}
    if isinstance(values, list):
        return [_copy(value) for value in values]
    return _number_or_text(values) if isinstance(values, str) else values
