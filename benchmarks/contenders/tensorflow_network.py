"""The described network in TensorFlow: VGG16 with an FCN-8s head, out of a file of ours.

Padding is TensorFlow's 'SAME' everywhere, as in the course project's graph and its `layers()`.
Weights are variables, as in that project, or frozen: constants in the graph, which TensorFlow
brings into a faster order once and not for every picture, and takes many times their memory for.
Neither torch nor anything of roadfcn is imported here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before it is imported
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

CONVOLUTIONS = (2, 2, 3, 3, 3)


class TensorFlowNetwork:
    """The network, with a graph for each size.

    Args:
        path: The `.safetensors` file of a `tensorflow_fcn` in the alignment "same".
        threads: Of the processor.
        frozen: Whether weights are constants.

    Attributes:
        weights: Its variables, by our names.
    """

    def __init__(self, path: Path, threads: int, *, frozen: bool) -> None:
        self._frozen = frozen
        tf.config.set_visible_devices([], "GPU")  # all contenders compute on the processor
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        # O,I,H,W to H,W,I,O; of transposed convolutions I,O,H,W to H,W,O,I: the same axes.
        self.weights = {
            name: tf.Variable(array.transpose(2, 3, 1, 0) if array.ndim == 4 else array)
            for name, array in load_file(path).items()
        }
        self._graphs: dict[tuple[int, ...], Any] = {}

    def feed(self, batch: np.ndarray) -> tf.Tensor:
        """Turn N,3,H,W float32 into what `run` takes: N,H,W,3, and make the graph for its size."""
        pictures = tf.constant(np.ascontiguousarray(batch.transpose(0, 2, 3, 1)))
        shape = tuple(pictures.shape)
        if shape not in self._graphs:
            function = tf.function(self.graph).get_concrete_function(
                tf.TensorSpec(shape, tf.float32)
            )
            if self._frozen:
                function = convert_variables_to_constants_v2(function)
            self._graphs = {shape: function}  # the last one goes: frozen it holds all weights
        return pictures

    def run(self, pictures: tf.Tensor) -> np.ndarray:
        """Give N,H,W,C float32 scores."""
        found = self._graphs[tuple(pictures.shape)](pictures)
        return np.asarray(found[0] if self._frozen else found)

    def scores(self, batch: np.ndarray) -> np.ndarray:
        """Give N,C,H,W float32 scores of N,3,H,W pictures."""
        return self.run(self.feed(batch)).transpose(0, 3, 1, 2)

    def graph(self, pictures: tf.Tensor, dropout: tf.Tensor | None = None) -> tf.Tensor:
        """Give N,H,W,C scores of N,H,W,3 pictures; in training with a share to drop, 0..1."""
        maps, pools = pictures, []
        for block, convolutions in enumerate(CONVOLUTIONS, start=1):
            for number in range(1, convolutions + 1):
                maps = tf.nn.relu(self._convolution(maps, f"encoder.conv{block}_{number}"))
            maps = tf.nn.max_pool2d(maps, 2, 2, "SAME")
            pools.append(maps)
        for name in ("encoder.fc6", "encoder.fc7"):
            maps = tf.nn.relu(self._convolution(maps, name))
            if dropout is not None:
                maps = tf.nn.dropout(maps, dropout)
        scores = self._up(self._convolution(maps, "head.score_fr"), "head.upscore2", 2)
        scores += self._convolution(pools[3], "head.score_pool4")
        scores = self._up(scores, "head.upscore_pool4", 2)
        scores += self._convolution(pools[2], "head.score_pool3")
        return self._up(scores, "head.upscore8", 8)

    def _convolution(self, maps: tf.Tensor, name: str) -> tf.Tensor:
        found = tf.nn.conv2d(maps, self.weights[f"{name}.weight"], 1, "SAME")
        return tf.nn.bias_add(found, self.weights[f"{name}.bias"])

    def _up(self, maps: tf.Tensor, name: str, stride: int) -> tf.Tensor:
        count, height, width, classes = maps.shape
        shape = (count, height * stride, width * stride, classes)
        kernel = self.weights[f"{name}.weight"]
        found = tf.nn.conv2d_transpose(maps, kernel, shape, stride, "SAME")
        return tf.nn.bias_add(found, self.weights[f"{name}.bias"])
