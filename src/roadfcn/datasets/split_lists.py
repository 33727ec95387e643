"""Reads lists such as train.txt and val.txt: a data set's own say in which frame is in which split.

One frame's name on a line, with or without its ending; "#" begins a comment at the beginning of
a line or after a space, for names may hold it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from roadfcn.datasets.findings import Finding
from roadfcn.errors import DatasetError

PARTS = ("train", "val", "test")
FILES = {part: f"{part}.txt" for part in PARTS}
"""Names of the lists, where a data set has no others."""


@dataclass(frozen=True)
class SplitLists:
    """What the lists of a folder say.

    Args:
        names: Frames of each list that is there, in its order.
        unlisted: Frames that are in no list.
        findings: Lines that name no picture.
    """

    names: Mapping[str, tuple[str, ...]]
    unlisted: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_split_lists(
    root: Path,
    pictures: Mapping[str, Path],
    picture_folder: str,
    files: Mapping[str, str] = FILES,
) -> SplitLists:
    """Read those lists that are there.

    Args:
        root: The folder they lie in.
        pictures: Frame names, with their pictures.
        picture_folder: Lines may begin with it.
        files: The name of each split's list.

    Raises:
        DatasetError: A list cannot be read, or a frame is in two of them.
    """
    names: dict[str, tuple[str, ...]] = {}
    home: dict[str, str] = {}
    findings: list[Finding] = []
    for part, file in files.items():
        path = root / file
        if not path.is_file():
            continue
        members: dict[str, None] = {}
        for number, line in _lines(path):
            name = _frame_name(line, pictures, picture_folder)
            if name is None:
                findings.append(
                    Finding(
                        "error",
                        f"{path.name}, line {number}",
                        f"there is no picture {picture_folder}/{line}",
                        "copy the picture, or remove the line",
                    )
                )
            elif home.setdefault(name, part) != part:
                raise DatasetError(
                    f"{path} lists {name}, which {files[home[name]]} lists too",
                    allowed="each frame in one split",
                    do="remove it from one of the two",
                )
            else:
                members[name] = None
        names[part] = tuple(members)
    unlisted = tuple(name for name in pictures if name not in home) if names else ()
    return SplitLists(names, unlisted, tuple(findings))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise DatasetError(
            f"the list {path} cannot be read: {problem}",
            allowed="a text file with one frame on a line",
            do="write it again as UTF-8 text",
        ) from problem
    for number, line in enumerate(text.splitlines(), start=1):
        name = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
        if name:
            yield number, name


def _frame_name(line: str, pictures: Mapping[str, Path], picture_folder: str) -> str | None:
    name = line.replace("\\", "/").removeprefix("./").removeprefix(f"{picture_folder}/")
    if name in pictures:
        return name
    bare = name.rpartition(".")[0]
    return bare if bare in pictures else None
