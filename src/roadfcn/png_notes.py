"""What a PNG says about itself beside its pixels, taken out without decoding them.

EXIF and XMP may stand behind the pixels (PNG specification, third edition, 5.6: eXIf and iTXt may
come anywhere before the end), and there a decoder finds them only when it has unpacked all of
the picture, however large its header says that it is.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD, _CHECKSUM = 8, 4  # bytes: a chunk's length and kind; its CRC
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_KEYWORDS = (b"XML:com.adobe.xmp", b"Raw profile type exif")
"""Of texts that say how a picture is turned: XMP's own, and what ImageMagick makes of EXIF."""


def one_pixel_with_notes(path: Path) -> bytes:
    """Give a PNG of one pixel with the EXIF and XMP of the one at `path`, wherever they stand.

    Its size is bounded by that of the file, whatever the file claims. A chunk that is cut off is
    left out.

    Raises:
        OSError: The file cannot be read.
    """
    header = (1).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])  # 1 x 1, 8-bit grey
    pixel = zlib.compress(bytes(2))
    parts = [_chunk(b"IHDR", header), *_notes(path), _chunk(b"IDAT", pixel), _chunk(b"IEND", b"")]
    return _SIGNATURE + b"".join(parts)


def _notes(path: Path) -> Iterator[bytes]:
    """Give the chunks as they stand in the file; of all others only heads are read."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        place = len(_SIGNATURE)
        while place + _HEAD <= size:
            file.seek(place)
            head = file.read(_HEAD)
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            end = place + _HEAD + length + _CHECKSUM
            start = file.read(min(length, max(map(len, _KEYWORDS)))) if kind in _TEXTS else b""
            if end <= size and (kind == b"eXIf" or start.startswith(_KEYWORDS)):
                file.seek(place)
                yield file.read(end - place)
            place = end


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content).to_bytes(_CHECKSUM, "big")
    return len(content).to_bytes(4, "big") + kind + content + checksum
