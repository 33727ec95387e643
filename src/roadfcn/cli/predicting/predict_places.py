"""Refuse, before any work, results that would be written over something that is still wanted.

The tables are written last, so a wrong place for one would be told after hours, or not at all: a
picture that was read would be gone, or one table would lie over the other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from roadfcn.cli.parts.json_output import is_standard_output
from roadfcn.cli.predicting.predict_options import PredictOptions
from roadfcn.errors import ConfigError, OutputError
from roadfcn.model_files import MODEL_NAME
from roadfcn.output_files import check_writable, writing
from roadfcn.prediction.results.outputs import RESULT_PLACES
from roadfcn.prediction.sources.source import Picture, Source, Video, ZippedPicture


def check_places(given: PredictOptions, sources: Sequence[Source], model: Path) -> None:
    """Refuse tables and results that would take the place of each other, or of what is read.

    Args:
        given: What was asked for.
        sources: All of them.
        model: The model's file or run folder.

    Raises:
        ConfigError: Two tables go to the same place.
        OutputError: One cannot be written, or lies where results or what is read lie.
    """
    tables = {"--csv": given.csv, "--coco": given.coco, "--json": given.json}
    asked = {option: path for option, path in tables.items() if path is not None}
    _refuse_two_at_one_place(asked)
    inputs = list(_inputs(given, sources, model))
    for option, path in asked.items():
        if is_standard_output(path):
            continue
        check_writable(path)
        _refuse_among_results(option, path, given.out)
        for read in inputs:
            if _is_same(path, read):
                raise OutputError(
                    f"{option} {path} would be written over {read}, which this call reads",
                    allowed="a new file, or the table of an earlier call",
                    do=f"give {option} another name",
                )
    for read in inputs:
        _refuse_to_read_results(read, given.out)


def _refuse_two_at_one_place(asked: dict[str, Path]) -> None:
    taken: dict[object, str] = {}
    for option, path in asked.items():
        other = taken.setdefault(_identity(path), option)
        if other != option:
            place = "standard output" if is_standard_output(path) else f"the file {path}"
            raise ConfigError(
                f"{other} and {option} would both be written to {place}",
                allowed="one table or summary in one place",
                do="give each a name of its own",
            )


def _identity(path: Path) -> object:
    """Give what two names of one place have in common."""
    if is_standard_output(path):
        return path
    try:
        found = path.stat()
    except OSError:
        return os.path.normcase(path.absolute().resolve())
    return found.st_dev, found.st_ino


def _refuse_among_results(option: str, path: Path, out: Path) -> None:
    with writing(path):
        place, out = path.absolute().resolve(), out.absolute().resolve()
    below = place.relative_to(out).parts if place.is_relative_to(out) else ("",)
    is_journal = len(below) == 1 and below[0].startswith("records") and place.suffix == ".jsonl"
    if out.is_relative_to(place) or below[0] in RESULT_PLACES or is_journal:
        raise OutputError(
            f"{option} {path} lies where the results of this call will be",
            allowed=f"any other file, in {out} too",
            do=f"give {option} another name, such as {out / 'road'}{_ENDINGS[option]}",
        )


_ENDINGS = {"--csv": ".csv", "--coco": ".coco.json", "--json": ".json"}


def _inputs(given: PredictOptions, sources: Sequence[Source], model: Path) -> Iterator[Path]:
    """Give all files that a call reads; an archive once."""
    archives = set()
    for source in sources:
        if isinstance(source, Picture):
            yield source.path
        elif isinstance(source, Video) and isinstance(source.address, Path):
            yield source.address
        elif isinstance(source, ZippedPicture):
            archives.add(source.archive.path)
    yield from sorted(archives)
    yield from (Path(word.removeprefix("@")) for word in given.sources)  # lists among them
    # A run folder has its model inside, an OpenVINO model its weights beside it.
    yield from (model, model / MODEL_NAME, model.parent / f"{model.stem}.bin")
    if given.calibration is not None:
        yield given.calibration


def _is_same(table: Path, read: Path) -> bool:
    # Endings first, as there may be a million pictures, and a look at each would take a while.
    if table.suffix.lower() != read.suffix.lower():
        return False
    try:
        return table.samefile(read)
    except OSError:  # one of them is not there
        return False


def _refuse_to_read_results(read: Path, out: Path) -> None:
    if not set(RESULT_PLACES).intersection(read.absolute().parts):
        return
    place, out = read.resolve(), out.resolve()
    if any(place.is_relative_to(out / kind) and place.is_file() for kind in RESULT_PLACES):
        raise OutputError(
            f"{read} lies among the results in {out}, and may be written over",
            allowed="pictures and videos from elsewhere",
            do="give --out another folder",
        )
