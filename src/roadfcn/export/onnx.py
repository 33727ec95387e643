"""From a network of ours to an ONNX file, for pictures of any number and size.

PyTorch's older exporter, which runs the network once and writes down what it does, is the one
that is taken: sizes that the network computes with are traced as values, so the graph is right for
every size. The newer one (`dynamo=True`) gave graphs just as right, and took twenty to forty times
as long, most of it to reason about the padding (torch 2.13).

The card travels in the file's `metadata_props`, under the key that it has in our own files.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from roadfcn.backends.converted_network import INPUT, OUTPUT
from roadfcn.errors import ExportError
from roadfcn.export.engine_form import EngineForm
from roadfcn.export.preprocessing import Preprocessed
from roadfcn.model_card import ModelCard
from roadfcn.model_files import CARD_KEY
from roadfcn.models.fcn import FCN
from roadfcn.output_files import atomic_output

if TYPE_CHECKING:
    import onnx

OPSET = 17
"""The version of ONNX's operators that is written: all of the network's are in it, and everything
from ONNX Runtime 1.12 (2022) on reads it."""

_EXAMPLE = (1, 75, 107)
"""Number, height and width of the picture that the network is run on, once; no multiples of 32."""

_MOST_BYTES = 2**31 - 2**24
"""An ONNX file is one protobuf message, which ends at 2 GiB; some room is left for the graph."""

_LARGEST_FLOAT16 = 65504.0


def onnx_graph(network: nn.Module) -> bytes:
    """Write a network down as an ONNX model without a card.

    Args:
        network: In eval mode and on the CPU; N,3,H,W float32 to logits, or N,H,W,3 uint8 if it is
            a `preprocessing.Preprocessed`. An `FCN` is written in its `EngineForm`.

    Returns:
        The bytes of a model with an input "pictures" and an output "logits", N, H and W open.

    Raises:
        ExportError: The network is too large for the format.
    """
    _check_size(network)
    example = _example_of(network)
    pixels = (1, 2) if example.dtype == torch.uint8 else (2, 3)
    if isinstance(network, FCN):
        network = EngineForm(network)
    buffer = io.BytesIO()
    # torch 2.13 announces, by DeprecationWarning, that the newer exporter is the default.
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        export: Any = torch.onnx.export  # its stubs know no file objects, which dynamo=False takes
        export(
            network,
            (example,),
            buffer,
            dynamo=False,
            # Else the functions of `engine_form` are traced, and not asked how to write them.
            autograd_inlining=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={
                INPUT: {0: "batch", pixels[0]: "height", pixels[1]: "width"},
                OUTPUT: {0: "batch", 2: "height", 3: "width"},
            },
        )
    return buffer.getvalue()


def write_onnx(graph: bytes, card: ModelCard, path: Path) -> None:
    """Write a graph with its card, in one step.

    Args:
        graph: From `onnx_graph`.
        card: What travels with it.
        path: An `.onnx` file; replaced if it exists.

    Raises:
        OutputError: The file cannot be written; what was there before is still there.
    """
    import onnx

    entry = onnx.StringStringEntryProto(key=CARD_KEY, value=card.to_json())
    # Protobuf messages that follow each other are one message with the fields of all: so half a
    # gigabyte need not be parsed for the sake of a card.
    tail = onnx.ModelProto(metadata_props=[entry]).SerializeToString()
    size = len(graph) + len(tail)
    with atomic_output(path, durable=True, needed_bytes=size) as part, part.open("wb") as file:
        file.write(graph)
        file.write(tail)


def with_half_kernels(graph: bytes) -> bytes:
    """Store kernels as float16: half the file, and about three significant digits.

    The network still computes in float32: engines turn the kernels back when they load them.
    Biases and batch norm stay float32, as in `checkpoints.save_model`.

    Raises:
        ExportError: A kernel is too large for float16.
    """
    import numpy as np
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(graph)
    casts = []
    for kernel in model.graph.initializer:
        if kernel.data_type != onnx.TensorProto.FLOAT or len(kernel.dims) < 2:
            continue
        values = numpy_helper.to_array(kernel)
        if np.abs(values).max(initial=0) > _LARGEST_FLOAT16:
            raise ExportError(
                f"{kernel.name} holds values beyond {_LARGEST_FLOAT16:g}, float16's largest",
                allowed="kernels within float16",
                do="export with --precision f32",
            )
        name = kernel.name
        kernel.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.float16"))
        casts.append(
            onnx.helper.make_node("Cast", [kernel.name], [name], to=onnx.TensorProto.FLOAT)
        )
    _put_first(model.graph, casts)
    return bytes(model.SerializeToString())


def _example_of(network: nn.Module) -> torch.Tensor:
    count, height, width = _EXAMPLE
    if isinstance(network, Preprocessed):
        return torch.zeros(count, height, width, 3, dtype=torch.uint8)
    return torch.zeros(count, 3, height, width)


def _check_size(network: nn.Module) -> None:
    size = sum(tensor.nbytes for tensor in network.state_dict().values())
    if size > _MOST_BYTES:
        raise ExportError(
            f"the network's weights take {size / 2**30:.1f} GiB",
            allowed="up to 2 GiB, where ONNX files, and protobuf messages at all, end",
            do="export a narrower network, or run this one with PyTorch",
        )


def _put_first(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> None:
    """Put nodes before all others: a graph lists them in the order in which they can run."""
    others = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *others])
