"""PNG files taken apart and put together again, so that damage gets past their checksums."""

import struct
import zlib

from hypothesis import strategies as st

from fuzzing.mutations import EDGES, damaged

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# Adam7: (first column, first row, column step, row step) of each pass.
_PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)]
_PASSES.append((0, 1, 1, 2))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def build(chunks):
    return SIGNATURE + b"".join(chunk(kind, data) for kind, data in chunks)


def split(content):
    """List (kind, data) of the chunks of a whole PNG file."""
    chunks, at = [], len(SIGNATURE)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def header(width, height, depth, colour_type, interlaced=0):
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlaced)


def from_rows(width, height, depth, colour_type, rows, interlaced=0, extra=()):
    """Build a PNG out of the bytes of its rows, each without its filter."""
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    first = header(width, height, depth, colour_type, interlaced)
    return build([first, *extra, (b"IDAT", data), (b"IEND", b"")])


def interlaced(pixels):
    """Build an Adam7 PNG of H,W,3 uint8."""
    height, width = pixels.shape[:2]
    rows = [
        pixels[row, left::right].tobytes()
        for left, top, right, down in _PASSES
        for row in range(top, height, down)
        if left < width
    ]
    return from_rows(width, height, 8, 2, rows, interlaced=1)


def bomb(width, height, depth=8, colour_type=0):
    """Build a small file of very many pixels, all of them there."""
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour_type]
    row = b"\0" * (1 + (width * bits + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    extra = [(b"PLTE", bytes(range(6)))] if colour_type == 3 else []
    first = header(width, height, depth, colour_type)
    return build([first, *extra, (b"IDAT", data), (b"IEND", b"")])


_sizes = st.one_of(st.integers(0, 64), st.sampled_from([*EDGES, 5000, 20_000, 46_000]))
_text_bomb = zlib.compress(b"\0" * 2**24, 9)
_chunks = st.sampled_from(
    [
        (b"tRNS", b"\x00\x01"),
        (b"tRNS", b"\x00\x80\xff"),
        (b"tRNS", b""),
        (b"PLTE", bytes(range(9))),
        (b"PLTE", bytes(768)),
        (b"PLTE", b"\x01"),
        (b"gAMA", b"\0\0\0\0"),
        (b"pHYs", b"\0"),
        (b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
        (b"eXIf", b"MM\0*\0\0"),
        (b"zTXt", b"key\0\0" + _text_bomb),
        (b"iTXt", b"key\0\1\0\0\0" + _text_bomb),
        (b"iCCP", b"name\0\0" + _text_bomb),
        (b"acTL", struct.pack(">II", 2**31, 0)),
        (b"fcTL", bytes(26)),
        (b"IDAT", b""),
        (b"IEND", b""),
        (b"XXXX", b"?"),
    ]
)


@st.composite
def damaged_png(draw, contents):
    """Give one of `contents` with damage to its chunks, their checksums mended."""
    chunks = split(draw(contents))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, 63)) % len(chunks)
        kind, data = chunks[at]
        what = draw(st.sampled_from(["header", "header", "data", "pixels", "drop", "add", "swap"]))
        if what == "header" and chunks[0][0] == b"IHDR" and len(chunks[0][1]) == 13:
            chunks[0] = (b"IHDR", _damaged_header(draw, chunks[0][1]))
        elif what == "data":
            chunks[at] = (kind, draw(damaged(st.just(data), most=3)))
        elif what == "pixels":
            chunks = [_damaged_pixels(draw, *pair) for pair in chunks]
        elif what == "drop" and len(chunks) > 1:
            del chunks[at]
        elif what == "add":
            chunks.insert(at, draw(_chunks))
        else:
            chunks[0], chunks[at] = chunks[at], chunks[0]
    content = build(chunks)
    return draw(damaged(st.just(content), most=2)) if draw(st.integers(0, 9)) == 0 else content


def _damaged_header(draw, data):
    values = list(struct.unpack(">IIBBBBB", data))
    field = draw(st.integers(0, 6))
    if field < 2:
        values[field] = draw(_sizes)
    else:
        values[field] = draw(st.sampled_from([0, 1, 2, 3, 4, 6, 8, 16, 255]))
    return struct.pack(">IIBBBBB", *values)


def _damaged_pixels(draw, kind, data):
    if kind != b"IDAT":
        return kind, data
    try:
        rows = zlib.decompress(data)
    except zlib.error:
        return kind, data
    return kind, zlib.compress(draw(damaged(st.just(rows), most=3)))
