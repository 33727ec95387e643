"""Protobuf's wire format, one level at a time: where the fields of a message lie in a file.

A message is a row of fields, each a tag (number and kind) and a payload; a payload may be a
message again (https://protobuf.dev/programming-guides/encoding). Only what a caller walks into is
looked at and nothing is copied, so that half a gigabyte of weights costs no memory here, and a
length that a damaged file claims costs none either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5
"""Kinds of fields. 3 and 4, groups, are older than the formats that are read here."""


class WireError(ValueError):
    """Bytes that cannot be a protobuf message, with the reason."""


class Field(NamedTuple):
    """One field of a message.

    Args:
        number: As the message's definition numbers it.
        kind: One of the kinds above.
        start: Where its tag begins in the message, in bytes.
        begin: Where its payload begins.
        end: Where its payload ends.
    """

    number: int
    kind: int
    start: int
    begin: int
    end: int


class Walker:
    """Walks messages, and stops where a file has more fields than any honest one.

    Args:
        most: Fields in all messages that are walked, together; bounds the time.
    """

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def fields(self, message: memoryview) -> Iterator[Field]:
        """Give the fields of a message.

        Raises:
            WireError: A field is malformed, or reaches beyond the message; or there are too many.
        """
        at = 0
        while at < len(message):
            if not self._left:
                raise WireError(f"it has more than {self._most} parts")
            self._left -= 1
            field = field_at(message, at)
            at = field.end
            if at > len(message):
                raise WireError(f"it is cut short: {at - len(message)} bytes are missing")
            yield field


def field_at(message: memoryview, start: int) -> Field:
    """Read the head of a field; its payload may reach beyond the message.

    Raises:
        WireError: There is no field.
    """
    tag, begin = _varint(message, start)
    number, kind = tag >> 3, tag & 7
    if number == 0:
        raise WireError(f"byte {start} of a part begins no field")
    if kind == VARINT:
        return Field(number, kind, start, begin, _varint(message, begin)[1])
    if kind == LENGTH:
        length, begin = _varint(message, begin)
        return Field(number, kind, start, begin, begin + length)
    if kind in (EIGHT_BYTES, FOUR_BYTES):
        return Field(number, kind, start, begin, begin + (8 if kind == EIGHT_BYTES else 4))
    raise WireError(f"byte {start} of a part begins a field of the unknown kind {kind}")


def _varint(message: memoryview, start: int) -> tuple[int, int]:
    """Read a number of seven bits per byte, lowest first; give it and where it ends."""
    value = 0
    for place, byte in enumerate(message[start : start + 10]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, start + place + 1
    raise WireError(f"the number at byte {start} of a part does not end")
