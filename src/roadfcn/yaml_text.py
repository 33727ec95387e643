"""YAML that others wrote, as plain values of bounded size: recipes, overrides, labels.yaml.

PyYAML's safe loader runs nothing, but a few lines can unfold to billions of values (an alias of an
alias of ...), values may contain themselves, and texts that look like a date or carry a tag fail
with whatever Python stumbles over. Here all of that is one error.
"""

from __future__ import annotations

from typing import Any

import yaml

MAX_CHARACTERS = 2**17
"""Of a text; recipes have two thousand."""

_MAX_VALUES = 10_000
_MAX_DEPTH = 50
_MAX_NUMBER = 2**63


class UnusableYamlError(ValueError):
    """A text that is no YAML, or holds what no setting can be; its text says what."""


class _Loader(yaml.SafeLoader):
    """The safe loader, which stops before merged mappings have multiplied, and at doubled keys."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:  # noqa: ANN401 - PyYAML's own
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            # As written: a merged mapping is not in here yet, and its keys may be there again.
            if isinstance(key, yaml.ScalarNode) and (key.tag, key.value) in seen:
                raise UnusableYamlError(
                    f"it has the key {key.value[:60]!r} twice, again in line "
                    f"{key.start_mark.line + 1}"
                )
            seen.add((key.tag, key.value) if isinstance(key, yaml.ScalarNode) else id(key))
        return node

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > _MAX_VALUES:
            raise UnusableYamlError(f"it unfolds to more than {_MAX_VALUES} values")


def parse_yaml(text: str) -> Any:  # noqa: ANN401 - any YAML value
    """Read YAML into dictionaries, lists and plain values.

    Raises:
        UnusableYamlError: Not YAML; or a key that is there twice (PyYAML would silently take the
            last); or too long, too deep or endless; or a whole number of more than 64 bits, or a
            text with characters that no file can hold.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnusableYamlError(f"it has more than {MAX_CHARACTERS} characters")
    try:
        values = yaml.load(text, _Loader)  # _Loader is a safe one
    except UnusableYamlError:
        raise
    except yaml.YAMLError as problem:
        raise UnusableYamlError(str(problem)) from problem
    except RecursionError as problem:
        raise UnusableYamlError("it is nested too deeply") from problem
    except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as problem:
        # What PyYAML's constructors of dates, numbers and tagged values let through.
        raise UnusableYamlError(f"it has a value that cannot be read: {problem}") from problem
    check_plain(values)
    return values


def check_plain(values: Any) -> None:  # noqa: ANN401 - any YAML value
    """Refuse values that could not be walked through, shown or written again.

    Raises:
        UnusableYamlError: See `parse_yaml`.
    """
    waiting, seen = [(values, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if seen > _MAX_VALUES or depth > _MAX_DEPTH:
            found = f"{_MAX_DEPTH} levels" if depth > _MAX_DEPTH else f"{_MAX_VALUES} values"
            raise UnusableYamlError(f"it unfolds to more than {found}")
        if isinstance(value, dict):
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list | tuple | set | frozenset):
            waiting += [(part, depth + 1) for part in value]
        elif isinstance(value, int) and abs(value) >= _MAX_NUMBER:
            raise UnusableYamlError("it has a whole number of more than 64 bits")
        elif isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
            raise UnusableYamlError(f"it has a text that no file can hold: {value[:60]!a}")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
