"""Pictures read, labelled and written at the same time, a few at once."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import CalibrationError, DownloadError, ImageFileError
from roadfcn.machine import usable_threads
from roadfcn.picture_decoding import MAX_PIXELS
from roadfcn.prediction.network.predictor import LabelMap, Predictor
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.results.record import Record, make_record
from roadfcn.prediction.runs.pipeline import Room, in_threads
from roadfcn.prediction.sources.fetched_picture import FetchedPicture
from roadfcn.prediction.sources.source import Picture, RemotePicture, Unreadable, ZippedPicture

_FEWEST_THREADS, _MOST_THREADS = 2, 8
"""That read, and as many that write. A small network may take less time than a PNG does."""

_AHEAD = 4
"""Pictures under way between two stages, beside those that threads are at."""

_PIXELS_UNDER_WAY = 2**26
"""Half a GB: 8 bytes for each, of the picture, its labels, and what Pillow needs to read them."""

_BYTES_UNDER_WAY = 2**30
"""Of files from archives and addresses, as they are before they are read."""

AnyPicture = Picture | ZippedPicture | Unreadable | RemotePicture
Problem = ImageFileError | DownloadError | CalibrationError
Outcome = Record | Problem

_PROBLEMS = (ImageFileError, DownloadError, CalibrationError)


@dataclass(frozen=True, eq=False)
class _Fetched:
    picture: AnyPicture
    file: FetchedPicture | Problem
    pixels: int


@dataclass(frozen=True, eq=False)
class _Read:
    picture: AnyPicture
    image: NDArray[np.uint8] | Problem
    pixels: int


@dataclass(frozen=True, eq=False)
class _Labelled:
    picture: AnyPicture
    image: NDArray[np.uint8]
    answer: LabelMap
    seconds: float
    pixels: int


class PictureRun:
    """Predicts pictures, and writes what is wanted of each.

    Args:
        predictor: The model.
        out: Folder of results.
        outputs: What is written.
        max_pixels: Larger pictures are refused before they are decoded.
    """

    def __init__(
        self, predictor: Predictor, out: Path, outputs: Outputs, *, max_pixels: int = MAX_PIXELS
    ) -> None:
        self._predictor, self._out, self._outputs = predictor, out, outputs
        self._max_pixels = max_pixels
        self._measured = outputs.measured(predictor.label_set)
        self._room, self._fetch_room = Room(_PIXELS_UNDER_WAY), Room(_BYTES_UNDER_WAY)
        self._stopped = threading.Event()  # no picture is wanted any more
        self._threads = min(max(usable_threads(), _FEWEST_THREADS), _MOST_THREADS)

    def outcomes(
        self, pictures: Sequence[AnyPicture]
    ) -> Generator[tuple[AnyPicture, Outcome], None, None]:
        """Give each picture with its record once it is written, or why it cannot be taken.

        Raises:
            OutputError: A result cannot be written.
            ModelFileError: The model's scores are not finite.
        """
        threads, ahead = self._threads, self._threads + _AHEAD
        fetched = in_threads(
            self._fetch,
            pictures,
            threads=threads,
            ahead=ahead,
            enter=self._may_fetch,
            stop=self._stopped.set,
        )
        read = in_threads(self._read, fetched, threads=threads, ahead=ahead, enter=self._may_read)
        labelled = self._labelled(read)
        yield from in_threads(self._write, labelled, threads=threads, ahead=ahead, prompt=True)

    def _may_fetch(self, picture: AnyPicture, wait: bool) -> bool:
        return self._fetch_room.enter(picture.fetch_bytes, wait=wait)

    def _fetch(self, picture: AnyPicture) -> _Fetched:
        """Get hold of a picture's file, and look how large the picture is."""
        try:
            if isinstance(picture, RemotePicture):
                file = picture.fetch(self._stopped)
            else:
                file = picture.fetch()
        except _PROBLEMS as problem:
            return _Fetched(picture, problem, 1)
        return _Fetched(picture, file, file.pixels(self._max_pixels))

    def _may_read(self, fetched: _Fetched, wait: bool) -> bool:
        return self._room.enter(fetched.pixels, wait=wait)

    def _read(self, fetched: _Fetched) -> _Read:
        try:
            if not isinstance(fetched.file, FetchedPicture):
                raise fetched.file
            image = fetched.file.read(self._max_pixels)
            self._check(image, fetched.picture)
        except _PROBLEMS as problem:
            return _Read(fetched.picture, problem, fetched.pixels)
        finally:
            self._fetch_room.leave(fetched.picture.fetch_bytes)
        return _Read(fetched.picture, image, fetched.pixels)

    def _check(self, image: NDArray[np.uint8], picture: AnyPicture) -> None:
        try:
            self._outputs.check((image.shape[0], image.shape[1]))
        except CalibrationError as problem:
            raise CalibrationError(
                f"{picture}: {problem.found}", allowed=problem.allowed, do=problem.do
            ) from problem

    def _labelled(self, read: Generator[_Read, None, None]) -> Iterator[_Read | _Labelled]:
        with contextlib.closing(read):
            for item in read:
                if not isinstance(item.image, np.ndarray):
                    yield item
                    continue
                begin = time.perf_counter()
                answer = self._predictor.label(item.image, self._measured)
                seconds = time.perf_counter() - begin
                yield _Labelled(item.picture, item.image, answer, seconds, item.pixels)

    def _write(self, item: _Read | _Labelled) -> tuple[AnyPicture, Outcome]:
        picture = item.picture
        try:
            if isinstance(item, _Read):
                assert not isinstance(item.image, np.ndarray)
                return picture, item.image
            self._outputs.write(self._out, picture.stem, item.image, item.answer)
            record = make_record(
                picture.stem.as_posix(),
                picture.file_name,
                item.answer,
                measured=self._measured,
                seconds=item.seconds,
                shapes=self._outputs.shapes,
            )
            return picture, record
        finally:
            self._room.leave(item.pixels)
