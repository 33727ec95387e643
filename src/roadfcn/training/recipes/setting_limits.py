"""What a setting of a recipe may be, in words, out of its type: one truth for checks and errors."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from roadfcn.training.recipes.config import TrainingConfig

_BOUNDS = {
    "minimum": "{} or more",
    "exclusiveMinimum": "above {}",
    "maximum": "up to {}",
    "exclusiveMaximum": "below {}",
}
_PLAIN = {"boolean": "true or false", "null": "null"}
_NUMBERS = {"integer": "a whole number", "number": "a number"}


def describe_setting(place: Sequence[str]) -> str:
    """Give what is allowed at a place such as ("trainer", "epochs"): "a whole number, 1 or more".

    A place that is inside a setting, such as an entry of a list of numbers, is described by that
    setting; one that does not exist by what holds it. Lists of sections have places in them.
    """
    schema = _schema()
    node = schema
    for key in place:
        inner = _inside(_resolved(node, schema), key, schema)
        if inner is None:
            break
        node = inner
    return _in_words(node, schema)


def _inside(node: dict[str, Any], key: str, schema: dict[str, Any]) -> dict[str, Any] | None:
    items: dict[str, Any] = node.get("items", {}) if key.isdecimal() else {}
    if _resolved(items, schema).get("type") == "object":
        return items
    found: dict[str, Any] | None = node.get("properties", {}).get(key)
    return found


@functools.cache
def _schema() -> dict[str, Any]:
    return TrainingConfig.model_json_schema()


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference to a section's own description."""
    if "$ref" not in node:
        return node
    section: dict[str, Any] = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return section


def _in_words(node: dict[str, Any], schema: dict[str, Any]) -> str:
    node = _resolved(node, schema)
    if "anyOf" in node:
        return ", or ".join(_in_words(choice, schema) for choice in node["anyOf"])
    if "enum" in node or "const" in node:
        return ", ".join(map(str, node.get("enum", [node.get("const")])))
    kind = node.get("type", "")
    if kind in _NUMBERS:
        bounds = [text.format(node[key]) for key, text in _BOUNDS.items() if key in node]
        return ", ".join([_NUMBERS[kind], *bounds])
    if kind == "array":
        items = node.get("prefixItems", [])  # of one kind, in all settings there are
        count = f" of {len(items)}" if items else ""
        return f"a list{count}, each {_in_words([*items, node.get('items')][0], schema)}"
    if kind == "string":
        return _text_in_words(node)
    return _section_in_words(node, schema) if kind == "object" else _PLAIN.get(kind, kind)


def _section_in_words(node: dict[str, Any], schema: dict[str, Any]) -> str:
    if isinstance(node.get("additionalProperties"), dict):
        return f"names, each with {_in_words(node['additionalProperties'], schema)}"
    needed = ", ".join(node.get("required", []))
    return "a section of settings" + (f", at least {needed}" if needed else "")


def _text_in_words(node: dict[str, Any]) -> str:
    if node.get("format") == "path":
        return "a path"
    return f"a text like {node['pattern']}" if "pattern" in node else "a text"
