"""Pictures read, labelled and written at the same time, a few at once."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import DownloadError, ImageFileError
from roadfcn.machine import usable_threads
from roadfcn.picture_decoding import MAX_PIXELS
from roadfcn.prediction.outputs import Outputs
from roadfcn.prediction.pipeline import Room, in_threads
from roadfcn.prediction.predictor import LabelMap, Predictor
from roadfcn.prediction.record import Record, make_record
from roadfcn.prediction.source import Picture, RemotePicture, ZippedPicture

_FEWEST_THREADS, _MOST_THREADS = 2, 8
"""That read, and as many that write. A small network may take less time than a PNG does."""

_AHEAD = 4
"""Pictures under way between two stages, beside those that threads are at."""

_PIXELS_UNDER_WAY = 2**26
"""Half a GB: 8 bytes for each, of the picture, its labels, and what Pillow needs to read them."""

AnyPicture = Picture | ZippedPicture | RemotePicture
Problem = ImageFileError | DownloadError
Outcome = Record | Problem


@dataclass(frozen=True, eq=False)
class _Read:
    picture: AnyPicture
    image: NDArray[np.uint8] | Problem


@dataclass(frozen=True, eq=False)
class _Labelled:
    picture: AnyPicture
    image: NDArray[np.uint8]
    answer: LabelMap
    seconds: float


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
        self._room = Room(_PIXELS_UNDER_WAY)
        self._threads = min(max(usable_threads(), _FEWEST_THREADS), _MOST_THREADS)
        self._pixels: dict[AnyPicture, int] = {}

    def outcomes(
        self, pictures: Sequence[AnyPicture]
    ) -> Generator[tuple[AnyPicture, Outcome], None, None]:
        """Give each picture with its record once it is written, or why it cannot be read.

        Raises:
            OutputError: A result cannot be written.
            ModelFileError: The model's scores are not finite.
            CalibrationError: The calibration of the map does not fit a picture.
        """
        threads, ahead = self._threads, self._threads + _AHEAD
        read = in_threads(self._read, pictures, threads=threads, ahead=ahead, enter=self._may_enter)
        labelled = self._labelled(read)
        yield from in_threads(self._write, labelled, threads=threads, ahead=ahead, prompt=True)

    def _may_enter(self, picture: AnyPicture, wait: bool) -> bool:
        if picture not in self._pixels:
            self._pixels[picture] = picture.pixels()
        return self._room.enter(self._pixels[picture], wait=wait)

    def _leave(self, picture: AnyPicture) -> None:
        self._room.leave(self._pixels.pop(picture))

    def _read(self, picture: AnyPicture) -> _Read:
        try:
            return _Read(picture, picture.read(self._max_pixels))
        except (ImageFileError, DownloadError) as problem:
            return _Read(picture, problem)

    def _labelled(self, read: Iterator[_Read]) -> Iterator[_Read | _Labelled]:
        for item in read:
            if not isinstance(item.image, np.ndarray):
                yield item
                continue
            begin = time.perf_counter()
            answer = self._predictor.label(item.image, self._measured)
            yield _Labelled(item.picture, item.image, answer, time.perf_counter() - begin)

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
            self._leave(picture)
