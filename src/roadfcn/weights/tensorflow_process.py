"""A program of its own that reads one model with TensorFlow and hands its arrays to a pipe.

`tensorflow_reader` starts it by its path, so it imports nothing of roadfcn. TensorFlow stays in
here: its lines on the terminal, its hold on a GPU, its memory, and its crashes on damaged files.

    tensorflow_process.py --most-bytes N [--prefix CHECKPOINT] [--graph SAVED_MODEL_PB]

What it writes: a line of JSON once TensorFlow is loaded; another one with the names, types and
shapes of all arrays, and how the graph prepares pictures. It then reads a line of JSON, the names
wanted, and answers for each with a line of JSON and the numbers as float32, little-endian, in C
order. A line `{"problem": …}` ends it all, in place of the first one if TensorFlow does not load.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

Picture = list[tuple[int, float]]
"""For each channel of a picture: which one of the input's it was, and what was subtracted."""

_PASSED_ON = ("Identity", "Print", "PrintV2", "StopGradient")
"""Operations that change nothing."""

_MOST_STEPS = 64
"""Operations looked at between input and first convolution; the usual graph needs ten."""


def main(arguments: Sequence[str], asked: BinaryIO, answers: BinaryIO) -> None:
    """Serve one reader; whatever goes wrong is told in a line."""
    try:
        parser = argparse.ArgumentParser()
        parser.add_argument("--prefix")
        parser.add_argument("--graph", type=Path)
        parser.add_argument("--most-bytes", type=int)
        options = parser.parse_args(arguments)
        import tensorflow as tf

        _tell(answers)
        _limit_memory(options.most_bytes)
        nodes = {} if options.graph is None else _nodes_of(options.graph)
        found = _checkpoint(tf, options.prefix) if options.prefix else _constants(tf, nodes)
        listing = {name: array[:2] for name, array in found.items()}
        _tell(answers, arrays=listing, preparation=preparation_in(tf, nodes))
        del nodes
        for name in json.loads(asked.readline() or b"[]"):
            numbers = np.ascontiguousarray(found[name][2](), "<f4")
            _tell(answers)
            answers.write(numbers.data)
        answers.flush()
    except Exception as problem:  # all of TensorFlow's, which has many
        _tell(answers, problem=f"{type(problem).__name__}: {problem}"[:600])


Found = dict[str, tuple[str, list[int], Callable[[], Any]]]
"""Of each array: its type, its shape, and a function that reads it."""


def _checkpoint(tf: Any, prefix: str) -> Found:  # noqa: ANN401 - the module
    """List the variables of a checkpoint."""
    reader = tf.train.load_checkpoint(prefix)
    types = reader.get_variable_to_dtype_map()
    return {
        name: (types[name].name, shape, partial(reader.get_tensor, name))
        for name, shape in reader.get_variable_to_shape_map().items()
    }


def _constants(tf: Any, nodes: Mapping[str, Any]) -> Found:  # noqa: ANN401 - the module
    """List the constants of a graph by the variable they stand for.

    A frozen graph has a constant in the variable's place and under its name; one whose variables
    start from constants has it under `…/Initializer/Const`.
    """
    found: Found = {}
    for name, node in nodes.items():
        if node.op == "Const":
            held = node.attr["value"].tensor
            shape = [size.size for size in held.tensor_shape.dim]
            kind = tf.dtypes.as_dtype(held.dtype).name
            entry = (kind, shape, partial(tf.make_ndarray, held))
            if name.endswith("/Initializer/Const"):
                found.setdefault(name.removesuffix("/Initializer/Const"), entry)
            else:
                found[name] = entry
    return found


def _nodes_of(path: Path) -> dict[str, Any]:
    """Give the operations of a SavedModel's graph by name: of the tag `vgg16` or the first."""
    from tensorflow.core.protobuf import saved_model_pb2

    graphs = saved_model_pb2.SavedModel.FromString(path.read_bytes()).meta_graphs
    if not graphs:
        raise ValueError("there is no graph in it")
    tagged = [graph for graph in graphs if "vgg16" in graph.meta_info_def.tags]
    return {node.name: node for node in (tagged or graphs)[0].graph_def.node}


def preparation_in(tf: Any, nodes: Mapping[str, Any]) -> Picture | None:  # noqa: ANN401 - the module
    """Tell what a graph does to pictures before its first convolution; None if that is unclear."""
    try:
        first = next(
            node
            for name, node in nodes.items()
            if node.op == "Conv2D" and name.split("/")[-2:-1] == ["conv1_1"]
        )
        picture = _followed(tf, nodes, first.input[0], iter(range(_MOST_STEPS)))
    except (LookupError, StopIteration, ValueError):
        return None
    return picture if len(picture) == 3 else None


def _followed(
    tf: Any,  # noqa: ANN401 - the module
    nodes: Mapping[str, Any],
    name: str,
    steps: Iterator[int],
) -> Picture:
    """Work out a tensor from the input on, channel by channel.

    Raises:
        LookupError: An operation that is not known here, or that is not in the graph.
        ValueError: Too many operations, or constants of an unfit shape.
    """
    if next(steps, None) is None:
        raise ValueError("too many operations")
    name, _, output = name.partition(":")
    node = nodes[name]

    def before(at: int) -> Picture:
        return _followed(tf, nodes, node.input[at], steps)

    if node.op in ("Placeholder", "PlaceholderWithDefault"):
        return [(0, 0.0), (1, 0.0), (2, 0.0)]
    if node.op in _PASSED_ON:
        return before(0)
    if node.op == "Split":
        return [before(1)[int(output or 0)]]
    if node.op == "ConcatV2":
        return [channel for at in range(len(node.input) - 1) for channel in before(at)]
    if node.op == "Sub":
        picture = before(0)
        mean = np.broadcast_to(_small_constant(tf, nodes[node.input[1]]), len(picture))
        return [(at, less + float(more)) for (at, less), more in zip(picture, mean, strict=True)]
    raise LookupError(node.op)


def _small_constant(tf: Any, node: Any) -> Any:  # noqa: ANN401 - of TensorFlow
    held = node.attr["value"].tensor
    if node.op != "Const" or np.prod([size.size for size in held.tensor_shape.dim]) > 3:
        raise ValueError("no mean")
    return tf.make_ndarray(held).reshape(-1)


def _limit_memory(most_bytes: int) -> None:
    """Let this process take so much more than TensorFlow itself has taken; where systems can."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        return
    taken = pages * os.sysconf("SC_PAGE_SIZE")
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = taken + most_bytes
    if hard == resource.RLIM_INFINITY or wanted < hard:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _tell(answers: BinaryIO, **what: object) -> None:
    answers.write(json.dumps(what).encode() + b"\n")
    answers.flush()


def _own_output() -> Iterator[BinaryIO]:
    """Keep the pipe for arrays alone: whatever else is printed goes where errors go."""
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        yield answers


if __name__ == "__main__":
    for pipe in _own_output():
        main(sys.argv[1:], sys.stdin.buffer, pipe)
