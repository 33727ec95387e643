"""The described programs' networks, written in TensorFlow as they wrote them.

The encoder has the operations, names and order of the VGG16 that the course project hands out
(facts of its graph: scope Processing, layerN_out, keep_prob); the decoder is the project's
`layers()`, with plain operations in place of tf.layers, which Keras 3 no longer has. Widths are a
sixteenth of the real ones. Runs in a process of its own; roadfcn is not imported here.
"""

from collections import Counter

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1

BLOCKS = ((4, 2), (8, 2), (16, 3), (32, 3), (32, 3))
FC = 16
VGG_MEAN = (103.939, 116.779, 123.68)
"""Blue, green, red."""


def bgr_minus(mean):
    """Give the described graph's preparation of RGB pictures, with a mean in its place."""

    def prepare(image):
        red, green, blue = tf.split(image, 3, 3)
        return tf.concat([blue - mean[0], green - mean[1], red - mean[2]], 3)

    return prepare


AS_DESCRIBED = bgr_minus(VGG_MEAN)


def vgg16(rng, dtype=tf.float32, prepare=AS_DESCRIBED):
    """Build image_input:0 to layer7_out:0 in the default graph."""
    image = tf1.placeholder(dtype, [None, None, None, 3], name="image_input")
    keep_prob = tf1.placeholder(dtype, name="keep_prob")
    with tf.name_scope("Processing"):
        maps = prepare(image)
    channels = 3
    for block, (width, convolutions) in enumerate(BLOCKS, start=1):
        for number in range(1, convolutions + 1):
            maps = _convolution(rng, maps, f"conv{block}_{number}", 3, channels, width, "filter")
            channels = width
        maps = tf.nn.max_pool2d(maps, 2, 2, "SAME", name=f"pool{block}")
        if block in (3, 4):
            tf.identity(maps, name=f"layer{block}_out")
    maps = _convolution(rng, maps, "fc6", 7, channels, FC, "weights")
    maps = tf1.nn.dropout(maps, rate=1 - keep_prob)
    maps = _convolution(rng, maps, "fc7", 1, FC, FC, "weights")
    maps = tf1.nn.dropout(maps, rate=1 - keep_prob)
    tf.identity(maps, name="layer7_out")


def layers(rng, layer3_out, layer4_out, layer7_out, classes, deviation=0.01):
    """Build the decoder; give its logits and the L2 terms of its kernels.

    The kernels' deviation is the project's unless another is given.
    """
    build = _Decoder(rng, classes, deviation, layer7_out.dtype)
    layer7_1x1 = build.conv2d(layer7_out)
    layer7_up = build.conv2d_transpose(layer7_1x1, 4, 2)
    layer4_1x1 = build.conv2d(layer4_out)
    layer4_up = build.conv2d_transpose(layer7_up + layer4_1x1, 4, 2)
    layer3_1x1 = build.conv2d(layer3_out)
    last = build.conv2d_transpose(layer4_up + layer3_1x1, 16, 8)
    return last, [1e-3 * tf.nn.l2_loss(kernel) for kernel in build.kernels]


class _Decoder:
    """tf.layers.conv2d and conv2d_transpose with their names, 'same' padding and biases."""

    def __init__(self, rng, classes, deviation, dtype):
        self.rng, self.classes, self.deviation, self.dtype = rng, classes, deviation, dtype
        self.kernels = []
        self.made = Counter()

    def conv2d(self, maps):
        kernel, bias = self._variables("conv2d", (1, 1, maps.shape[-1], self.classes))
        return tf.nn.conv2d(maps, kernel, 1, "SAME") + bias

    def conv2d_transpose(self, maps, edge, stride):
        shape = (edge, edge, self.classes, self.classes)
        kernel, bias = self._variables("conv2d_transpose", shape)
        count, height, width, _ = tf.unstack(tf.shape(maps))
        larger = (count, height * stride, width * stride, self.classes)
        return tf.nn.conv2d_transpose(maps, kernel, larger, stride, "SAME") + bias

    def _variables(self, kind, shape):
        number = self.made[kind]
        self.made[kind] += 1
        with tf1.variable_scope(f"{kind}_{number}" if number else kind):
            kernel = _variable(self.rng, "kernel", shape, self.deviation, self.dtype)
            bias = _variable(self.rng, "bias", (self.classes,), 0.1, self.dtype)
        self.kernels.append(kernel)
        return kernel, bias


def _convolution(rng, maps, name, edge, channels_in, channels, kernel_name):
    with tf1.variable_scope(name):
        shape = (edge, edge, channels_in, channels)
        he = (2 / (edge * edge * channels_in)) ** 0.5
        kernel = _variable(rng, kernel_name, shape, he, maps.dtype)
        biases = _variable(rng, "biases", (channels,), 0.5, maps.dtype)
        return tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(maps, kernel, 1, "SAME"), biases))


def _variable(rng, name, shape, deviation, dtype=tf.float32):
    """Make a variable with random values that float32 holds exactly, whatever its type."""
    shape = [int(size) for size in shape]
    values = rng.normal(0, deviation, shape).astype(np.float32)
    start = tf1.constant_initializer(values.astype(dtype.as_numpy_dtype))
    return tf1.get_variable(name, shape, dtype, initializer=start, use_resource=False)


def variables():
    """Give all global variables by name."""
    return {variable.op.name: variable for variable in tf1.global_variables()}
