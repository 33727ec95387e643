"""Recipe files: YAML plus `key=value` overrides in, a checked `TrainingConfig` out, and back.

All problems of a recipe come in one message, each with its place, and an unknown key with the
nearest known one.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from roadfcn.errors import ConfigError
from roadfcn.output_files import write_text
from roadfcn.training.config import TrainingConfig

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
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as problem:
        raise ConfigError(
            f"there is no recipe {path}",
            allowed="a YAML file",
            do="check the path; recipes to start from are in configs/ of the repository",
        ) from problem
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            f"the recipe {path} cannot be read: {problem}",
            allowed="a YAML text file",
            do="check the file and its rights",
        ) from problem
    values = _parse_yaml(text, str(path))
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
    merged = _copy(values)
    for override in overrides:
        _apply(merged, override)
    try:
        return TrainingConfig.model_validate(merged)
    except ValidationError as problem:
        lines = _descriptions(problem)
        count = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
        raise ConfigError(
            f"{source} has {count}:\n" + "\n".join(f"    - {line}" for line in lines),
            allowed="the settings described in docs/recipes.md",
            do="correct the lines above; nothing was started",
        ) from problem


def write_config(path: Path, config: TrainingConfig) -> None:
    """Write every setting, defaults included, as a recipe that `read_config` reads back.

    Raises:
        OutputError: The file cannot be written.
    """
    write_text(path, yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))


def _parse_yaml(text: str, source: str) -> dict[str, Any]:
    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as problem:
        raise ConfigError(
            f"{source} is not YAML: {problem}",
            allowed="YAML: sections with 'key: value' lines",
            do="correct the line named above",
        ) from problem
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(
            f"{source} holds a {type(values).__name__}",
            allowed="sections with 'key: value' lines",
            do="start from a recipe in configs/",
        )
    return values


def _apply(values: dict[str, Any], override: str) -> None:
    """Set one `a.b=value` in nested dictionaries."""
    key, equals, text = override.partition("=")
    if not equals or not all(key.split(".")):
        raise ConfigError(
            f"'{override}' is no override",
            allowed="section.key=value, such as trainer.epochs=5",
            do="put an equals sign between key and value, without spaces",
        )
    value: Any = text
    if not _is_path(key):  # of a path, YAML would take " #" for a comment and 2024 for a number
        with contextlib.suppress(yaml.YAMLError):
            value = yaml.safe_load(text)
    _set(values, key, _copy(value))


def _is_path(key: str) -> bool:
    section: type[BaseModel] | None = TrainingConfig
    *sections, last = key.split(".")
    for name in sections:
        section = _section_of(section, name) if section is not None else None
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


def _descriptions(problem: ValidationError) -> list[str]:
    """Give one line for each setting in trouble.

    Where a setting allows several types, pydantic reports each type's complaint on its own, with
    the type's name in the location; they become one line, joined by "or".
    """
    lines: dict[str, list[str]] = {}
    found: dict[str, Any] = {}
    for error in problem.errors():
        place = _place(error["loc"])
        if error["type"] == "extra_forbidden":
            lines[place] = [f"unknown key{_nearest(error['loc'])}"]
        elif error["type"] == "missing":
            lines[place] = ["missing"]
        else:
            lines.setdefault(place, []).append(error["msg"].removeprefix("Value error, "))
            if error["type"] != "value_error":
                found.setdefault(place, error["input"])
    return [
        (f"{place}: " if place else "")
        + " or ".join(messages)
        + (f" (found {found[place]!r})" if place in found else "")
        for place, messages in lines.items()
    ]


def _place(location: tuple[int | str, ...]) -> str:
    """Give "section.key" of a location, without the names of a setting's possible types."""
    place: list[str] = []
    section: type[BaseModel] | None = TrainingConfig
    for part in location:
        if section is None:
            break
        place.append(str(part))
        section = _section_of(section, str(part))
    return ".".join(place)


def _nearest(location: tuple[int | str, ...]) -> str:
    section: type[BaseModel] | None = TrainingConfig
    for part in location[:-1]:
        section = _section_of(section, str(part)) if section is not None else None
    known = list(section.model_fields) if section is not None else []
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; known: {', '.join(known)}"


def _section_of(section: type[BaseModel], key: str) -> type[BaseModel] | None:
    field = section.model_fields.get(key)
    kind = field.annotation if field is not None else None
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is not None:
        return None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
