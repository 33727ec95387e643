"""Records as one file of COCO's annotations (https://cocodataset.org/#format-data).

Every class that is in a picture is one annotation there, as in COCO's annotations of stuff; the
background is none. A category's id is the class's index plus 1, as 0 is no category to many tools.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from roadfcn.label_sets import REST, LabelSet
from roadfcn.output_files import atomic_output
from roadfcn.prediction.results.record import Record


def write_coco(
    path: Path, records: Callable[[], Iterable[Record]], label_set: LabelSet, description: str
) -> None:
    """Write pictures, annotations and categories, over an older file.

    Args:
        path: The JSON file.
        records: Gives them anew each time it is called: they are gone through twice, and never
            held all at once.
        label_set: The classes of their shapes.
        description: Of the file: which model made it.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_output(path) as part, part.open("w", encoding="utf-8") as file:
        file.write('{"info": ' + json.dumps({"description": description}) + ',\n"categories": ')
        json.dump(_categories(label_set), file)
        file.write(',\n"images": ')
        _write_list(file, _images(records()))
        file.write(',\n"annotations": ')
        _write_list(file, _annotations(records()))
        file.write("}\n")


def _categories(label_set: LabelSet) -> list[dict[str, Any]]:
    return [
        {"id": index + 1, "name": name, "supercategory": label_set.name}
        for index, name in enumerate(label_set.classes)
        if name != REST
    ]


def _images(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    for number, record in enumerate(records, start=1):
        yield {
            "id": number,
            "file_name": record.file_name,
            "height": record.height,
            "width": record.width,
        }


def _annotations(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    number = 0
    for picture, record in enumerate(records, start=1):
        for shape in record.shapes or ():
            number += 1
            yield {
                "id": number,
                "image_id": picture,
                "category_id": shape["class"] + 1,
                "segmentation": shape["segmentation"],
                "area": shape["area"],
                "bbox": shape["bbox"],
                "iscrowd": 0,
            }


def _write_list(file: TextIO, values: Iterable[dict[str, Any]]) -> None:
    """Write a JSON list, a value a line."""
    separator = "["
    for value in values:
        file.write(separator + "\n" + json.dumps(value))
        separator = ","
    file.write("]" if separator == "," else "[]")
