"""From an ONNX graph to an OpenVINO model: NAME.xml with the graph, NAME.bin with the weights.

OpenVINO reads ONNX itself, so there is one conversion out of PyTorch and not two. Its own
`openvino.convert_model` would do the same, but sends what it was used for to Google Analytics
unless a user has opted out; reading and saving a model do not.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from roadfcn.backends.openvino_core import openvino_core
from roadfcn.converted_files.openvino_header import RT_INFO, WEIGHTS_KEY, weights_of
from roadfcn.model_card import ModelCard
from roadfcn.model_files import CARD_KEY
from roadfcn.output_files import atomic_output, write_bytes

if TYPE_CHECKING:
    import openvino

_GRAPH_BYTES = 1 << 20
"""About the size of the largest graph, quantised; a disk with less room than that is full."""


def openvino_model(graph: bytes) -> openvino.Model:
    """Read an ONNX graph, see `onnx.onnx_graph`, as an OpenVINO model."""
    return openvino_core().read_model(graph)


@contextlib.contextmanager
def openvino_output(path: Path) -> Iterator[Path]:
    """Give a temporary .xml to write, and its .bin beside it; on success they become `path`'s.

    No moment leaves the graph of one model beside the weights of another. Where an older model
    is replaced, its graph goes first, then the new weights come, and the new graph last: after a
    break in between there are weights without a graph, which nothing takes for a model.

    Raises:
        OutputError: See `output_files.atomic_output`.
    """
    path = Path(path)
    with contextlib.ExitStack() as stack:
        graph = stack.enter_context(atomic_output(path, durable=True))
        weights = stack.enter_context(atomic_output(weights_of(path), durable=True))
        # OpenVINO calls the weights as it calls the graph, and they go if anything fails.
        written = weights_of(graph)
        stack.callback(written.unlink, missing_ok=True)
        yield graph
        written.replace(weights)
        path.unlink(missing_ok=True)


def save_network(model: openvino.Model, path: Path, *, half: bool) -> None:
    """Write both files of a model without a card, inside `openvino_output`.

    Args:
        model: From `openvino_model`, or quantised.
        path: The temporary .xml.
        half: Store float weights as float16; the network still computes in what its user asks
            for. What is quantised stays so.

    Raises:
        OSError: The files cannot be written.
    """
    import openvino

    try:
        openvino.save_model(model, path, compress_to_fp16=half)
    except RuntimeError as problem:
        raise OSError(_reason(model, path), str(problem)) from problem


def put_card(path: Path, card: ModelCard) -> None:
    """Put a card, and the hash of the weights, into a graph's `rt_info`; the weights stay.

    Raises:
        OutputError: The graph cannot be written.
    """
    tree = ElementTree.parse(path)  # as OpenVINO has just written it
    net = tree.getroot()
    info = net.find("rt_info")
    if info is None:
        info = ElementTree.SubElement(net, "rt_info")
    for older in info.findall(RT_INFO):
        info.remove(older)
    with weights_of(path).open("rb") as weights:
        digest = hashlib.file_digest(weights, "sha256").hexdigest()
    ours = ElementTree.SubElement(info, RT_INFO)
    for key, value in ((CARD_KEY, card.to_json()), (WEIGHTS_KEY, digest)):
        ElementTree.SubElement(ours, key, value=value)
    write_bytes(path, ElementTree.tostring(net, encoding="utf-8", xml_declaration=True))


def _reason(model: openvino.Model, path: Path) -> int:
    """Give the system's number for why a model was not written, which OpenVINO does not tell."""
    weights = sum(
        operation.get_byte_size()
        for operation in model.get_ops()
        if operation.get_type_name() == "Constant"
    )
    left = (one.stat().st_size for one in (path, weights_of(path)) if one.exists())
    room = shutil.disk_usage(path.parent).free + sum(left)
    return errno.ENOSPC if room < weights + _GRAPH_BYTES else errno.EIO
