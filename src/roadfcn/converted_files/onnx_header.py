"""What an ONNX file says of itself, without ONNX Runtime.

An ONNX file is one protobuf message, a ModelProto (https://github.com/onnx/onnx, onnx/onnx.proto,
which numbers its fields). The graph with all weights is one field of it and is stepped over, so
the card of half a gigabyte is read at once, and a file that breaks off is known before an engine
sees it.
"""

from __future__ import annotations

import mmap
from pathlib import Path

from roadfcn.model_files import MAX_HEADER_BYTES, ModelFile, damaged, reading
from roadfcn.protobuf_wire import LENGTH, Walker, WireError

_GRAPH, _METADATA = 7, 14
"""Fields of a ModelProto."""

_KEY, _VALUE = 1, 2
"""Fields of its metadata's entries."""

_MOST_FIELDS = 100_000
"""In a file and in its metadata. A network of ours has about ten; functions may be thousands."""


def inspect_onnx(path: Path) -> ModelFile:
    """Read an ONNX file's metadata.

    Raises:
        ModelFileError: Unreadable, cut short, or no ONNX file.
    """
    path = Path(path)
    with reading(path), path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as problem:
            raise damaged(path, "it is empty") from problem
        with mapped, memoryview(mapped) as content:
            try:
                return ModelFile(path, {}, _metadata(content), "onnx")
            except WireError as problem:
                raise damaged(path, f"as an ONNX file, {problem}") from problem


def _metadata(content: memoryview) -> dict[str, str]:
    """Walk the outermost message, and the entries of metadata in it."""
    walker = Walker(_MOST_FIELDS)
    has_graph, metadata = False, {}
    for field in walker.fields(content):
        if field.kind != LENGTH:
            continue
        has_graph |= field.number == _GRAPH
        if field.number == _METADATA:
            if field.end - field.begin > MAX_HEADER_BYTES:
                raise WireError(f"an entry of its metadata has {field.end - field.begin} bytes")
            # No view outlives the file: a map cannot be closed while one does.
            with content[field.begin : field.end] as entry:
                texts = {
                    part.number: str(entry[part.begin : part.end], "utf-8", "replace")
                    for part in walker.fields(entry)
                    if part.kind == LENGTH
                }
            metadata[texts.get(_KEY, "")] = texts.get(_VALUE, "")
    if not has_graph:
        raise WireError("it has no graph")
    return metadata
