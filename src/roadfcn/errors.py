"""The exceptions of roadfcn: what a user did or brought that cannot be used.

    RoadfcnError                  anything a user can mend
    ├── ImageFileError            a picture that cannot be read (missing, truncated, too large, ...)
    ├── VideoFileError            a video, camera or stream that cannot be read
    ├── MaskError                 a ground-truth picture whose values or size make no sense
    ├── CalibrationError          a KITTI calibration file with missing or malformed entries
    ├── LabelSetError             unknown classes, or label sets that cannot be translated
    ├── DatasetError              a data folder whose layout, files or splits do not fit
    ├── ConfigError               a recipe or override with unknown keys or impossible values
    ├── ModelFileError            a saved model that is damaged, foreign or does not fit
    ├── ExportError               a converted model that does not answer as the one it came from
    ├── DownloadError             a known file that cannot be fetched, or is not what it should be
    ├── OutputError               a result that cannot be written (exists, no rights, disk full)
    └── TrainingError             a run that cannot go on (non-finite loss, other data at resume)

Every message has three parts: what was found, what is allowed, what to do. The command line
prints them and exits with 2; a library user catches `RoadfcnError`.
"""

from __future__ import annotations

_LONGEST_FOUND, _LONGEST_ADVICE, _LONGEST_VALUE = 6000, 1500, 120  # characters


class RoadfcnError(Exception):
    """Base of all errors a user can mend.

    Args:
        found: What was found, with the offending value and file; a sentence without a full stop.
        allowed: What would have been accepted.
        do: What to do next.
    """

    def __init__(self, found: str, *, allowed: str, do: str) -> None:
        # Names and values of damaged files come along in messages: whatever they hold, a message
        # can be read, and gives a terminal no commands.
        self.found = _printable(found, _LONGEST_FOUND)
        self.allowed, self.do = (_printable(text, _LONGEST_ADVICE) for text in (allowed, do))
        super().__init__(self.found, self.allowed, self.do)

    def __str__(self) -> str:
        return f"{self.found}\n  allowed: {self.allowed}\n  do this: {self.do}"

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling, and worker processes send
        # their errors to the parent as pickles.
        return (_rebuild, (type(self), self.found, self.allowed, self.do))


def shown(value: object) -> str:
    """Give a value of the user's as an error shows it: at most 120 characters of its `repr`."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # whole numbers of thousands of digits; endless nesting
        return f"a value too long to show ({type(value).__name__})"
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _printable(text: str, most: int) -> str:
    if len(text) > most:
        text = f"{text[:most]}... ({len(text) - most} more characters)"
    if text.replace("\n", "").isprintable():
        return text
    text = "".join(
        letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text
    )
    return text if len(text) <= 2 * most else f"{text[:most]}..."  # spelled out, it may be long


def _rebuild(kind: type[RoadfcnError], found: str, allowed: str, do: str) -> RoadfcnError:
    return kind(found, allowed=allowed, do=do)


class ImageFileError(RoadfcnError):
    """A picture file that is missing, empty, truncated, too large or of no known format."""


class VideoFileError(RoadfcnError):
    """A video that is missing, damaged or without frames, or a camera that gives none."""


class MaskError(RoadfcnError):
    """A ground-truth picture of another size than its image, or with values that are no label."""


class CalibrationError(RoadfcnError):
    """A calibration file with a missing key, a malformed line or a matrix without inverse."""


class LabelSetError(RoadfcnError):
    """Unknown or duplicate classes, or two label sets that cannot be translated."""


class DatasetError(RoadfcnError):
    """A data folder that is missing, empty, of no known layout, or lacks the split asked for."""


class ConfigError(RoadfcnError):
    """A recipe or override with unknown keys, wrong types or values that exclude each other."""


class ModelFileError(RoadfcnError):
    """A saved model that is damaged, of another kind, or whose tensors do not fit the network."""


class ExportError(RoadfcnError):
    """A model that cannot be converted, or answers otherwise than before. No file is left."""


class DownloadError(RoadfcnError):
    """A file or archive from elsewhere that cannot be fetched, or is not what it should be."""


class OutputError(RoadfcnError):
    """A result that could not be written. Nothing half-written is left behind."""


class TrainingError(RoadfcnError):
    """A training run that cannot start or go on."""
