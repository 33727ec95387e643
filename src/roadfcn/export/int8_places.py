"""Where in a quantised OpenVINO graph numbers become 8-bit ones, moved to where that is faster.

NNCF quantises as early as it can. What it puts before padding is of no use to the convolution
behind, which OpenVINO then computes in floats; and what it puts before a pooling makes that
slower where channels are few. Both moves leave the numbers as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import openvino

_LEVELS = 256

_LAYERS = ("Convolution", "GroupConvolution", "MatMul")
_MOVING = ("Reshape", "Pad", "Transpose", "MaxPool")

_FEW_CHANNELS = 16
"""OpenVINO pools 8-bit numbers of 16 channels hardly faster than of 64, floats much (2026.4).
Measured to be worth it with 16."""


def move_quantisers(model: openvino.Model) -> None:
    """Let pictures be padded as integers, and narrow maps be pooled before they are quantised.

    Args:
        model: From NNCF, of an `engine_form.EngineForm`; changed. Where it looks otherwise, it
            stays as it is.
    """
    for operation in model.get_ordered_ops():
        if operation.get_type_name() == "MaxPool":
            _pool_first(operation)
        elif operation.get_type_name() == "Pad":
            _pad_integers(operation)
    model.validate_nodes_and_infer_types()


def count_layers(model: openvino.Model) -> tuple[int, int]:
    """Count the convolutions of a graph from NNCF, and those of them that have 8-bit input."""
    layers = [one for one in model.get_ordered_ops() if one.get_type_name() in _LAYERS]
    return len(layers), sum(map(_reads_levels, layers))


def _reads_levels(layer: openvino.Node) -> bool:
    """Tell whether what a layer reads was quantised, then at most moved."""
    node = layer.input_value(0).get_node()
    while node.get_type_name() in _MOVING:
        node = node.input_value(0).get_node()
    return bool(node.get_type_name() == "FakeQuantize")


def _pool_first(pooling: openvino.Node) -> None:
    """Put the quantiser before a pooling behind it: the largest number stays the largest."""
    from openvino import opset13 as operators

    quantiser = pooling.input_value(0).get_node()
    channels = pooling.get_output_partial_shape(0)[1]
    if not _is_quantiser(quantiser) or channels.is_dynamic or channels.get_length() > _FEW_CHANNELS:
        return
    readers = list(pooling.output(0).get_target_inputs())
    pooling.input(0).replace_source_output(quantiser.input_value(0))
    limits = [quantiser.input_value(place) for place in range(1, 5)]
    _let_read(readers, operators.fake_quantize(pooling.output(0), *limits, _LEVELS))


def _pad_integers(padding: openvino.Node) -> None:
    """Quantise, pad with the integer that stands for 0, and turn integers back into numbers.

    The graph is quantiser, planes, padding, pictures: see `engine_form`.
    """
    from openvino import opset13 as operators

    planes = padding.input_value(0).get_node()
    (reader,) = padding.output(0).get_target_inputs()
    pictures = reader.get_node()
    if {planes.get_type_name(), pictures.get_type_name()} != {"Reshape"}:
        return
    quantiser = planes.input_value(0).get_node()
    if not _is_quantiser(quantiser):
        return
    low, high = (quantiser.input_value(place).get_node().data.item() for place in (1, 2))
    step = (high - low) / (_LEVELS - 1)
    zero = round(-low / step)
    if not 0 <= zero < _LEVELS or abs(zero * step + low) > 1e-3 * step:
        return
    readers = list(pictures.output(0).get_target_inputs())
    source = quantiser.input_value(0)
    for one in list(quantiser.output(0).get_target_inputs()):
        one.replace_source_output(source)  # its size is asked for too
    levels = operators.fake_quantize(
        source, _scalar(low), _scalar(high), _scalar(0), _scalar(_LEVELS - 1), _LEVELS
    )
    planes.input(0).replace_source_output(operators.convert(levels, "u8").output(0))
    planes.validate_and_infer_types()
    ends = (padding.input_value(place) for place in (1, 2))
    padded = operators.pad(planes, *ends, "constant", operators.constant(np.uint8(zero)))
    pictures.input(0).replace_source_output(padded.output(0))
    pictures.validate_and_infer_types()
    numbers = operators.subtract(operators.convert(pictures, "f32"), _scalar(zero))
    _let_read(readers, operators.multiply(numbers, _scalar(step)))


def _let_read(readers: list[Any], node: openvino.Node) -> None:
    for reader in readers:
        if reader.get_node().get_type_name() != "ShapeOf":
            reader.replace_source_output(node.output(0))


def _is_quantiser(node: openvino.Node) -> bool:
    """Tell whether a node quantises to 8 bits, all channels alike, and back to the same range."""
    if node.get_type_name() != "FakeQuantize" or node.get_attributes()["levels"] != _LEVELS:
        return False
    limits = [node.input_value(place).get_node() for place in range(1, 5)]
    if any(one.get_type_name() != "Constant" or one.data.size != 1 for one in limits):
        return False
    low, high, low_out, high_out = (one.data.item() for one in limits)
    return bool((low, high) == (low_out, high_out) and low < high)


def _scalar(value: float) -> openvino.Node:
    from openvino import opset13 as operators

    return operators.constant(np.float32(value).reshape(1, 1, 1, 1))
