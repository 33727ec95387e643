"""From what a user names to a list of sources, each with a name of its own.

    street.jpg, drive.mp4     a picture, a video
    frames/                   a folder: all pictures and videos below it, through links too
    "frames/*/left_*.png"     a pattern: all that fit it; ** stands for any folders
    @list.txt, list.txt       a list, see `lists`
    frames.zip                an archive: all pictures in it
    camera:0                  the first camera of this machine
    camera:http://host/path   a network camera that sends MJPEG
    rtsp://host/path          a network stream
    https://host/street.jpg   a picture at an address

What is found below folders and in archives comes sorted.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from roadfcn.errors import DownloadError, ImageFileError
from roadfcn.files_below import is_there, look_into
from roadfcn.image_files import IMAGE_SUFFIXES, find_images
from roadfcn.model_files import MODEL_NAME
from roadfcn.prediction.gathering.lists import LIST_SUFFIX, name_of, read_source_list
from roadfcn.prediction.gathering.names import check_names
from roadfcn.prediction.results.outputs import RESULT_PLACES
from roadfcn.prediction.sources.source import (
    Picture,
    RemotePicture,
    Source,
    Unreadable,
    Video,
    ZippedPicture,
)
from roadfcn.prediction.sources.ts_files import is_text_in_ts
from roadfcn.prediction.sources.words import (
    VIDEO_SUFFIXES,
    address_name,
    has_torn_password,
    is_address,
)
from roadfcn.prediction.sources.zip_pictures import ZipPictures

ARCHIVE_SUFFIX = ".zip"

_CAMERA = re.compile(r"camera:(\d{1,3})")
_MJPEG = re.compile(r"camera:(https?://.*)", re.IGNORECASE)
_STREAM = re.compile(r"rtsps?://", re.IGNORECASE)
_OTHER_ADDRESS = re.compile(r"[a-z][a-z0-9+.:-]*://", re.IGNORECASE)
_PATTERN = re.compile(r"[*?\[]")


def find_sources(words: Sequence[str | Path], out: Path) -> list[Source]:
    """List what `words` name.

    Results of an earlier run below `out` are not taken for sources. What is named twice is
    predicted once. An archive that cannot be read, or would do harm if it was unpacked, is one
    source, which says so when its turn comes.

    Raises:
        ImageFileError: Something is missing, is a run, or there is nothing at all.
        OutputError: Results of two sources would have the same name.
    """
    results = [(Path(out) / kind).resolve() for kind in RESULT_PLACES]
    found: dict[tuple[object, ...], Source] = {}
    for word in words:
        for source in _named_by(word, results):
            found.setdefault(source.identity, source)
    if not found:
        raise ImageFileError(
            f"there is no picture or video in {', '.join(map(str, words))}",
            allowed=f"pictures ending in {', '.join(IMAGE_SUFFIXES)}; videos ending in "
            f"{', '.join(VIDEO_SUFFIXES)}",
            do="name a folder with pictures or videos, or one of them itself",
        )
    check_names(found.values(), Path(out))
    return list(found.values())


def share_of(sources: Sequence[Source], number: int, count: int) -> list[Source]:
    """Give the sources that are one of several processes' or machines' share.

    Sources are sorted by name and dealt out like cards, so that the shares are of equal length,
    have nothing in common and leave nothing out, if all name the same sources.

    Args:
        sources: All of them.
        number: Which share, from 1.
        count: How many there are.
    """

    def place(source: Source) -> tuple[str, bool]:
        return source.stem.as_posix(), isinstance(source, Video)

    return sorted(sources, key=place)[number - 1 :: count]


def _named_by(word: str | Path, results: Sequence[Path]) -> Iterator[Source]:
    if isinstance(word, str):
        if (source := elsewhere(word)) is not None:
            yield source
            return
        if word.startswith("@"):
            yield from _listed(Path(word[1:]), results)
            return
    path = Path(word)
    if _PATTERN.search(str(word)) and not is_there(path):
        yield from _fitting(str(word), results)
    elif path.is_file() and path.suffix.lower() == LIST_SUFFIX:
        yield from _listed(path, results)
    elif path.exists():
        yield from _at(path, Path() if path.is_dir() else Path(path.name), results)
    else:
        raise ImageFileError(
            f"there is no picture or folder {path}",
            allowed="existing pictures, videos, folders, archives and lists; patterns that fit "
            "some; camera:0; rtsp://, camera:http:// and https:// addresses",
            do="check the path"
            if str(word) != "-"
            else "write what comes on standard input to a file, and name it: input is not read",
        )


def elsewhere(word: str) -> Source | None:
    """Give the camera, stream or address that a word names; None for a path.

    Raises:
        ImageFileError: It is an address of a kind that nothing here reads, or not a whole one.
    """
    if camera := _CAMERA.fullmatch(word):
        return Video(int(camera[1]), Path(f"camera-{camera[1]}"))
    if camera := _MJPEG.fullmatch(word):
        return Video(_whole(camera[1]), Path(address_name(camera[1], ())))
    if _STREAM.match(word):
        return Video(_whole(word), Path(address_name(word, ())))
    if is_address(word):
        return RemotePicture(_whole(word), Path(address_name(word, IMAGE_SUFFIXES)))
    if (other := _OTHER_ADDRESS.match(word)) and not Path(word).exists():
        raise ImageFileError(
            f"{other[0]} stands before an address, and such addresses are not read",
            allowed="rtsp:// and rtsps:// for streams, camera:http:// for cameras that send MJPEG, "
            "https:// for pictures",
            do="look up which of them the camera knows, or save what lies there to a file",
        )
    return None


def _whole(address: str) -> str:
    """Refuse an address whose password ends it: the rest would be taken for a path, and shown.

    Raises:
        ImageFileError: It is such an address.
    """
    if has_torn_password(address):
        raise ImageFileError(
            "an address has a name and password in which / or ? or # ends the host",
            allowed="//NAME:PASSWORD@HOST/PATH, with / ? # in the password written in hexadecimal",
            do="write / as %2F, ? as %3F, # as %23",
        )
    return address


def _at(path: Path, name: Path, results: Sequence[Path]) -> Iterator[Source]:
    """Give what lies at an existing path.

    Args:
        path: A file or folder.
        name: What the results are called: of a file with its ending, of a folder what stands
            before the names of all that is in it.
        results: Folders in which nothing is looked for.
    """
    if path.is_dir():
        _refuse_run(path)
        yield from _in_folder(path, name, results)
    elif path.suffix.lower() == ARCHIVE_SUFFIX:
        try:
            archive = ZipPictures(path)
        except (ImageFileError, DownloadError) as problem:
            yield Unreadable(path, name, problem)
            return
        for member in archive.names():
            yield ZippedPicture(archive, member, name.parent / Path(member).with_suffix(""))
    else:
        yield _file(path, name)


def _in_folder(path: Path, name: Path, results: Sequence[Path]) -> Iterator[Source]:
    """Give what lies below a folder, and of its folders those that may not be read.

    Raises:
        ImageFileError: It may not be read itself, and was named by itself.
    """
    closed: list[Source] = []

    def refused(place: Path, problem: ImageFileError) -> None:
        if place == path and name == Path():
            raise problem
        closed.append(_closed(place, name / place.relative_to(path), problem))

    found = find_images(path, (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES), refused=refused)
    for file in _outside(results, found):
        yield _file(file, name / file.relative_to(path))
    yield from closed


def _closed(path: Path, name: Path, problem: ImageFileError) -> Unreadable:
    """Give a folder that may not be read, called as no picture is."""
    return Unreadable(path, name / "*", problem)


def _file(path: Path, name: Path) -> Picture | Video:
    kind = Video if path.suffix.lower() in VIDEO_SUFFIXES else Picture
    return kind(path, name.with_suffix(""))


def _listed(path: Path, results: Sequence[Path]) -> Iterator[Source]:
    """Give what a list names. What is missing is told when its turn comes, not before all else."""
    for line in read_source_list(path):
        if (source := elsewhere(line)) is not None:
            yield source
            continue
        item, name = path.parent / line, name_of(path.parent, Path(line))
        if is_there(item):
            yield from _at(item, name, results)
        else:
            yield _file(item, name)


def _fitting(pattern: str, results: Sequence[Path]) -> Iterator[Source]:
    """Give all that fits a pattern; called by its path below the part that is no pattern."""
    known = (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES, ARCHIVE_SUFFIX)
    parts = Path(pattern).parts
    fixed = next(index for index, part in enumerate(parts) if _PATTERN.search(part))
    base = Path(*parts[:fixed])
    found = sorted(map(Path, glob.iglob(pattern, recursive=True)))  # noqa: PTH207 - its own gives hidden files
    files = [path for path in found if path.is_dir() or path.suffix.lower() in known]
    closed = _closed_on_the_way(parts, fixed)
    if not files and not closed:
        raise ImageFileError(
            f"no picture, video, archive or folder fits the pattern {pattern}",
            allowed="* for any letters, ? for one, [abc] for one of these, ** for any folders",
            do="put the pattern between quotation marks, and check the folder before it",
        )
    for path in _outside(results, files):
        yield from _at(path, name_of(base, path.relative_to(base)), results)
    yield from closed


def _closed_on_the_way(parts: Sequence[str], fixed: int) -> list[Source]:
    """List folders that a pattern leads through and that may not be read: `glob` hides them.

    Args:
        parts: Of the pattern.
        fixed: How many of them stand before the first that is a pattern.
    """
    base = Path(*parts[:fixed])
    closed: list[Source] = []
    for end in range(fixed, len(parts)):
        way = str(Path(*parts[:end])) if end else "."
        for path in sorted(map(Path, glob.iglob(way, recursive=True))):  # noqa: PTH207 - as above
            problem = look_into(path) if path.is_dir() else None
            if problem is not None:
                closed.append(_closed(path, name_of(base, path.relative_to(base)), problem))
    return closed


def _outside(folders: Sequence[Path], paths: Iterable[Path]) -> Iterator[Path]:
    """Give what was found, without results and without texts that are called as videos are."""
    for path in paths:
        if is_text_in_ts(path):
            continue
        whole = Path(os.path.realpath(path))  # `resolve` gives up on links in circles
        if not any(whole.is_relative_to(folder) for folder in folders):
            yield path


def _refuse_run(path: Path) -> None:
    """Refuse a run among the pictures, as a shell gives it for `runs/*-name` with two runs."""
    if os.access(path, os.X_OK) and (path / MODEL_NAME).is_file():
        raise ImageFileError(
            f"{path} is a run, and stands where pictures were expected",
            allowed="one run or model, after --model",
            do="name one run: a pattern such as runs/*-name may fit several",
        )
