"""What an OpenVINO model says of itself, without OpenVINO.

Such a model is two files: NAME.xml with the graph, and NAME.bin with the weights, one after
another at the places that the graph names (https://docs.openvino.ai, "OpenVINO IR format"). What
an exporter adds stands in the graph's `rt_info`. Two files can be torn apart, by a copy that
breaks off or by an older NAME.bin that stays: so the graph carries a hash of the weights.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from xml.parsers import expat

from roadfcn.errors import ModelFileError
from roadfcn.model_files import ModelFile, cut_short, damaged, reading

RT_INFO = "roadfcn"
"""The part of `rt_info` that holds what roadfcn notes, under the names it has elsewhere."""

WEIGHTS_KEY = "weights_sha256"
"""Where the SHA-256 of NAME.bin stands, in hex."""

MAX_XML_BYTES = 64 * 2**20
"""More than any graph needs (FCN-8s: 0.1 MB, quantised 0.4 MB); bounds time and memory."""

_OLDEST_FORMAT = 10
"""Since OpenVINO 2020. For older ones OpenVINO tries whether it is a file of other programs."""

_BLOCK_BYTES = 1 << 20


def inspect_openvino(path: Path) -> ModelFile:
    """Read what an OpenVINO model's graph says, and compare its weights' length with it.

    Raises:
        ModelFileError: Unreadable, cut short, no OpenVINO model, or its weights are missing.
    """
    path = Path(path)
    reader = _GraphReader()
    with reading(path):
        size = path.stat().st_size
        if size > MAX_XML_BYTES:
            raise damaged(path, f"an OpenVINO graph of {size} bytes")
        try:
            with path.open("rb") as file:
                reader.parser.ParseFile(file)
        except (expat.ExpatError, ValueError, LookupError) as problem:
            raise damaged(path, f"it cannot be read as XML ({problem})") from problem
    if not reader.is_network:
        raise ModelFileError(
            f"{path} is an XML file, but no OpenVINO model",
            allowed="an .xml file that OpenVINO wrote",
            do="check the path",
        )
    _check_length(weights_of(path), reader.weight_bytes)
    return ModelFile(path, {}, reader.metadata, "openvino")


def weights_of(path: Path) -> Path:
    """Give the file with the weights of an OpenVINO model."""
    return path.with_suffix(".bin")


def check_weights(file: ModelFile) -> None:
    """Make sure that the weights are those that the graph was written with, to the last bit.

    A model without a hash passes: programs that write none are no less right.

    Raises:
        ModelFileError: They are others, or cannot be read.
    """
    wanted = file.metadata.get(WEIGHTS_KEY)
    if wanted is None:
        return
    weights = weights_of(file.path)
    digest = hashlib.sha256()
    with reading(weights), weights.open("rb") as opened:
        while block := opened.read(_BLOCK_BYTES):
            digest.update(block)
    if digest.hexdigest() != wanted.lower():
        raise damaged(weights, f"its bytes are not those that {file.path.name} was written with")


def _check_length(weights: Path, needed: int) -> None:
    try:
        found = weights.stat().st_size
    except FileNotFoundError as problem:
        raise ModelFileError(
            f"the weights {weights} are missing: an OpenVINO model is two files",
            allowed="the .xml file with its .bin beside it, of the same name",
            do="copy both",
        ) from problem
    if found < needed:
        raise cut_short(weights, found, needed)
    if found > needed:
        raise damaged(weights, f"it has {found} bytes and its graph ends at {needed}")


class _GraphReader:
    """Reads the XML element by element, and keeps nothing but what is asked for."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = _refuse_entities
        self.is_network = False
        self.weight_bytes = 0
        self.metadata: dict[str, str] = {}
        self._open: list[str] = []
        self._is_constant = False

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if self._open == ["net"]:
            version = attributes.get("version", "")
            self.is_network = version.isdecimal() and int(version) >= _OLDEST_FORMAT
        elif name == "layer":
            self._is_constant = attributes.get("type") == "Const"
        elif name == "data" and self._is_constant:
            end = _whole(attributes["offset"]) + _whole(attributes["size"])
            self.weight_bytes = max(self.weight_bytes, end)
        elif self._open[:-1] == ["net", "rt_info", RT_INFO]:
            self.metadata[name] = attributes.get("value", "")

    def _end(self, _name: str) -> None:
        self._open.pop()


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise ValueError(f"{text[:20]!r} is no place in a file")
    return int(text)


def _refuse_entities(*_declaration: object) -> None:
    """No exporter declares entities; those that expand each other fill any memory."""
    raise ValueError("it declares entities")
