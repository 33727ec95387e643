"""What pydantic finds wrong with a recipe, in the words of our own errors.

One line for each setting in trouble: where it is, what was found there, what is allowed.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from roadfcn.errors import shown
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.setting_limits import describe_setting


def describe_mistakes(problem: ValidationError, values: dict[str, Any]) -> list[str]:
    """Give lines such as "trainer.epochs: found 0; allowed: a whole number, 1 or more".

    Where a setting allows several types, pydantic reports each type's complaint on its own, with
    the type's name in the location; they become one line.

    Args:
        problem: What pydantic found wrong with `values`.
        values: The nested settings that were checked.
    """
    lines: dict[tuple[str, ...], str] = {}
    for error in problem.errors():
        place = _place(error["loc"])
        name = ".".join(place)
        if error["type"] in ("extra_forbidden", "invalid_key"):
            line = f"{name}: unknown key{_nearest(place)}"
        elif error["type"] == "missing" and len(place) == len(error["loc"]):
            line = f"{name}: missing; allowed: {describe_setting(place)}"
        elif error["type"] == "value_error" and not place:  # our own check of several settings
            line = error["msg"].removeprefix("Value error, ")
        else:
            found = shown(_value_at(values, place))
            line = f"{name}: found {found}; allowed: {describe_setting(place)}"
        lines.setdefault(place, line)
    return list(lines.values())


def section_at(place: Sequence[str]) -> type[BaseModel] | None:
    """Give the type of the section at a place, ("data",) or ("data", "also", "0").

    None if there is a setting, or nothing. Of a list of sections, all are of one type, which is
    that of the list's place too.
    """
    section: type[BaseModel] | None = TrainingConfig
    for key in place:
        if section is not None and not key.isdecimal():
            section = _section_of(section, key)
    return section


def _section_of(section: type[BaseModel], key: str) -> type[BaseModel] | None:
    field = section.model_fields.get(key)
    kind = field.annotation if field is not None else None
    if typing.get_origin(kind) is tuple:
        kind = typing.get_args(kind)[0]
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is not None:
        return None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _place(location: tuple[int | str, ...]) -> tuple[str, ...]:
    """Give section and key of a location, without the names of a setting's possible types."""
    place: list[str] = []
    for part in location:
        if section_at(place) is None:
            break
        place.append(str(part))
    return tuple(place)


def _value_at(values: Any, place: tuple[str, ...]) -> Any:  # noqa: ANN401 - any YAML value
    for key in place:
        if isinstance(values, list) and key.isdecimal():
            values = values[int(key)]
        elif isinstance(values, dict):
            values = values.get(key)
        else:
            break
    return values


def _nearest(place: tuple[str, ...]) -> str:
    section = section_at(place[:-1])
    known = list(section.model_fields) if section is not None else []
    close = difflib.get_close_matches(place[-1], known, n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; known: {', '.join(known)}"
