"""Reads and writes labels.yaml: which value or colour in a folder's masks means which class.

    classes:
      - {name: background, value: 0, colour: [40, 40, 40]}
      - {name: road, value: 1, colour: [0, 200, 83]}
    void: {value: 255, colour: [0, 0, 0]}
    road: road

Where every class has a value, masks of one channel can be read; where every class has a colour,
masks of RGB colours. The class that `road` names is called "road" everywhere in this program, so
that road scores and road models find it.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from roadfcn.datasets.mask_decoding import Colour, ColourCode, IndexCode
from roadfcn.errors import DatasetError, LabelSetError, MaskError, shown
from roadfcn.label_sets import REST, ROAD, VOID, LabelSet, distinct_colour
from roadfcn.output_files import write_text
from roadfcn.yaml_text import parse_yaml

NAME = "labels.yaml"
_ROAD = ROAD.classes[1]
_EXAMPLE = (
    "classes: [{name: background, value: 0}, {name: road, value: 1}] and void: {value: 255}, "
    "each on its line"
)


@dataclass(frozen=True)
class FolderCode:
    """Masks of values, of colours, or of both, as far as labels.yaml gives them.

    Args:
        values: For masks of one channel; None if some class has no value.
        colours: For masks of RGB colours; None if some class has no colour.
    """

    values: IndexCode | None
    colours: ColourCode | None

    def decode(self, picture: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
        """Turn H,W uint8 values or H,W,3 uint8 RGB into a mask.

        Raises:
            MaskError: A file that is no PNG, or values or colours that labels.yaml does not name.
        """
        if path.suffix.lower() != ".png":
            raise MaskError(
                f"the mask {path} is no PNG",
                allowed="PNG masks: JPEG and WebP change values and blend colours",
                do="export the mask again as PNG; a converted JPEG keeps its wrong edges",
            )
        code = self.values if picture.ndim == 2 else self.colours
        if code is None:
            has, wants = ("one channel", "value") if picture.ndim == 2 else ("RGB", "colour")
            raise MaskError(
                f"the mask {path} has {has}, and {NAME} does not give every class a {wants}",
                allowed=f"a {wants} for each class, or masks of the other kind",
                do=f"add the {wants}s to {NAME}, or export the masks in the other kind",
            )
        try:
            return code.decode(picture, path)
        except MaskError as problem:
            raise MaskError(
                problem.found,
                allowed=problem.allowed,
                do=f"add what is missing to {NAME}, or export the mask again, not resized",
            ) from problem


def read_labels(path: Path) -> tuple[LabelSet, FolderCode]:
    """Read labels.yaml.

    Raises:
        DatasetError: The file is missing, no YAML, or says something impossible.
    """
    table = _read_table(path)
    unknown = set(table) - {"classes", "void", "road"}
    if unknown:
        raise _mistake(path, f"has the entry {sorted(map(str, unknown))[0]}", "classes, void, road")
    classes = table.get("classes")
    if not isinstance(classes, list) or not classes:
        raise _mistake(path, "has no list 'classes'", "classes: a list with a name for each class")
    entries = [_entry(path, item, named=True) for item in classes]
    void = _entry(path, table["void"], named=False) if table.get("void") is not None else _Entry()
    names = _names(path, [entry.name for entry in entries], table.get("road"))
    _refuse_doubles(path, [*entries, void])
    try:
        label_set = LabelSet(
            "own",
            names,
            tuple(
                entry.colour or distinct_colour(name, index)
                for index, (name, entry) in enumerate(zip(names, entries, strict=True))
            ),
        )
    except LabelSetError as problem:
        raise _mistake(path, f"cannot be used: {problem.found}", problem.allowed) from problem
    return label_set, FolderCode(_value_code(entries, void), _colour_code(entries, void))


def write_labels_file(path: Path, label_set: LabelSet) -> None:
    """Write labels.yaml for masks that hold class indices, and 255 for void.

    Raises:
        OutputError: The file cannot be written.
    """
    lines = ["# Which value in the masks means what.", "classes:"]
    for index, (name, colour) in enumerate(zip(label_set.classes, label_set.colours, strict=True)):
        entry = {"name": name, "value": index, "colour": list(colour)}
        text = yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, width=10_000)
        lines.append(f"  - {text.strip()}")
    lines.append(f"void: {{value: {VOID}}}")
    if _ROAD in label_set.classes:
        lines.append(f"road: {_ROAD}")
    write_text(path, "\n".join(lines) + "\n")


@dataclass(frozen=True)
class _Entry:
    name: str = ""
    value: int | None = None
    colour: Colour | None = None


def _read_table(path: Path) -> dict[Any, Any]:
    try:
        table = parse_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as problem:
        raise DatasetError(
            f"{path} is missing",
            allowed=f"a text file that tells what the masks' values mean, such as {_EXAMPLE}",
            do="write it, or let 'roadfcn data convert' make the folder",
        ) from problem
    except (OSError, ValueError) as problem:  # no text, or no YAML
        raise _mistake(path, f"cannot be read: {problem}", "a YAML text file") from problem
    if not isinstance(table, dict):
        raise _mistake(path, f"holds a {type(table).__name__}", f"a mapping: {_EXAMPLE}")
    return table


def _entry(path: Path, item: object, *, named: bool) -> _Entry:
    place = "a class" if named else "void"
    allowed = f"{place} as {{{'name: road, ' if named else ''}value: 1, colour: [0, 200, 83]}}"
    keys = {"value", "colour"} | ({"name"} if named else set())
    unknown = sorted(map(str, set(item) - keys)) if isinstance(item, dict) else []
    if unknown:
        near = difflib.get_close_matches(unknown[0], keys, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise _mistake(path, f"describes {place} by '{unknown[0]}'{meant}", allowed)
    if not isinstance(item, dict) or len(item) < 1 + named:
        raise _mistake(path, f"describes {place} as {shown(item)}", allowed + "; value or colour")
    name, value, colour = item.get("name", ""), item.get("value"), item.get("colour")
    if named and (not isinstance(name, str) or not name.strip()):
        raise _mistake(path, f"names a class {name!r}", "a name in letters, in quotes if need be")
    if value is not None and not _is_byte(value):
        raise _mistake(path, f"gives {name or place} the value {value!r}", "0 to 255")
    if colour is None:
        return _Entry(name.strip(), value)
    if not isinstance(colour, list) or len(colour) != 3 or not all(map(_is_byte, colour)):
        raise _mistake(
            path,
            f"gives {name or place} the colour {colour!r}",
            "[red, green, blue], each 0 to 255",
        )
    return _Entry(name.strip(), value, (colour[0], colour[1], colour[2]))


def _names(path: Path, names: list[str], road: object) -> tuple[str, ...]:
    """Give the classes' names in lower case, the one that `road` names as "road"."""
    lowered = [name.lower() for name in names]
    if road is None:
        return tuple(lowered)
    wanted = str(road).strip().lower()
    if wanted not in lowered:
        raise _mistake(path, f"says road: {road}, which is no class", ", ".join(names))
    if wanted != _ROAD and _ROAD in lowered:
        raise _mistake(
            path, f"says road: {road} and has a class 'road' beside it", "one class for the road"
        )
    if wanted == REST:
        raise _mistake(path, "says road: background", "a class other than background")
    return tuple(_ROAD if name == wanted else name for name in lowered)


def _refuse_doubles(path: Path, entries: list[_Entry]) -> None:
    for kind in ("value", "colour"):
        seen: dict[object, str] = {}
        for entry in entries:
            key, name = getattr(entry, kind), entry.name or "void"
            if key in seen:
                raise _mistake(
                    path, f"gives {seen[key]} and {name} the same {kind} {key}", f"each {kind} once"
                )
            if key is not None:
                seen[key] = name


def _value_code(entries: list[_Entry], void: _Entry) -> IndexCode | None:
    values = tuple(entry.value for entry in entries if entry.value is not None)
    if len(values) < len(entries):
        return None
    return IndexCode(len(values), () if void.value is None else (void.value,), values)


def _colour_code(entries: list[_Entry], void: _Entry) -> ColourCode | None:
    pairs = [(entry.colour, index) for index, entry in enumerate(entries) if entry.colour]
    if len(pairs) < len(entries):
        return None
    return ColourCode((*pairs, *([(void.colour, VOID)] if void.colour else [])))


def _is_byte(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255


def _mistake(path: Path, found: str, allowed: str) -> DatasetError:
    return DatasetError(f"{path} {found}", allowed=allowed, do=f"correct {path.name}")
