"""A network small enough to be computed by hand, written for each engine without PyTorch.

Each pixel's scores are a matrix times its colour, plus a constant: one convolution of 1x1.
"""

import numpy as np
import onnx
import openvino
from onnx import TensorProto, helper, numpy_helper
from openvino import opset13 as ops

from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.model_card import ModelCard
from roadfcn.model_files import CARD_KEY

MATRIX = np.array([[1, -2, 0.5], [0, 3, -1]], np.float32)
CONSTANT = np.array([0.25, -4], np.float32)
CARD = ModelCard({"name": "colours"}, ROAD, InputFormat(mean=(0.5, 0.4, 0.3), std=(1, 1, 1)))

ANY = ("n", 3, "h", "w")
"""The shape of the input: names stand for any size."""


def scores(batch):
    """Compute what the network gives: N,3,H,W to N,2,H,W."""
    return np.einsum("ck,nkhw->nchw", MATRIX, batch) + CONSTANT[:, None, None]


def write_onnx(
    path, *, card=CARD, shape=ANY, names=("pictures", "logits"), kind=None, weights=None
):
    """Write it as ONNX: with another card, shape, names or kind of number, if some are given."""
    taken, given = names
    matrix = MATRIX if weights is None else weights
    constant = np.zeros(len(matrix), np.float32) if len(matrix) != 2 else CONSTANT
    nodes = [helper.make_node("Conv", ["cast", "w", "b"], [given])]
    nodes.insert(0, helper.make_node("Cast", [taken], ["cast"], to=TensorProto.FLOAT))
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info(taken, kind or TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(given, TensorProto.FLOAT, ("n", len(matrix), "h", "w"))],
        [
            numpy_helper.from_array(matrix[:, :, None, None], "w"),
            numpy_helper.from_array(constant, "b"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if card is not None:
        helper.set_model_props(model, {CARD_KEY: card if isinstance(card, str) else card.to_json()})
    onnx.save(model, path)
    return path


def write_openvino(path, *, card=CARD, notes=None, names=("pictures", "logits"), weights=None):
    """Write it as OpenVINO's pair of files; `notes` are further entries beside the card."""
    matrix = MATRIX if weights is None else weights
    constant = np.zeros(len(matrix), np.float32) if len(matrix) != 2 else CONSTANT
    pictures = ops.parameter(openvino.PartialShape([-1, 3, -1, -1]), np.float32)
    pictures.output(0).set_names({names[0]})
    kernel = ops.constant(matrix[:, :, None, None])
    mixed = ops.convolution(pictures, kernel, [1, 1], [0, 0], [0, 0], [1, 1])
    logits = ops.add(mixed, ops.constant(constant.reshape(1, -1, 1, 1)))
    logits.output(0).set_names({names[1]})
    model = openvino.Model([ops.result(logits)], [pictures], "colours")
    if card is not None:
        model.set_rt_info(card if isinstance(card, str) else card.to_json(), ["roadfcn", CARD_KEY])
    for name, text in (notes or {}).items():
        model.set_rt_info(text, ["roadfcn", name])
    openvino.save_model(model, path, compress_to_fp16=False)
    return path
