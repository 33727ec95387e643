"""The FCNs of Long, Shelhamer and Darrell, a thirty-second as wide: weights and definitions.

Definitions follow net.py of each network at https://github.com/shelhamer/fcn.berkeleyvision.org,
with the crop offsets that Caffe computes written out. The classifier that they come from follows
VGG_ILSVRC_16_layers_deploy.prototxt of Simonyan and Zisserman. Only numpy is needed.
"""

import numpy as np

CLASSES, FC_CHANNELS = 3, 6
BLOCKS = ((2, 2), (4, 2), (8, 3), (16, 3), (16, 3))  # channels, convolutions
HEADS = {"32s": (), "16s": ("pool4",), "8s": ("pool4", "pool3"), "at-once": ("pool4", "pool3")}
SCALES = {"pool4": 0.01, "pool3": 0.0001}
SKIP_OFFSETS = {"pool4": 5, "pool3": 9}
LAST = (("upscore", 32, 19), ("upscore16", 16, 27), ("upscore8", 8, 31))  # name, stride, offset
UPSAMPLING_BEFORE = {"pool4": "upscore2", "pool3": "upscore_pool4"}


def convolutions():
    """List (name, channels out, channels in, kernel) of the encoder's layers."""
    channels = 3
    for block, (width, count) in enumerate(BLOCKS, start=1):
        for index in range(1, count + 1):
            yield f"conv{block}_{index}", width, channels, 3
            channels = width
    yield "fc6", FC_CHANNELS, channels, 7
    yield "fc7", FC_CHANNELS, FC_CHANNELS, 1


def bilinear(kernel):
    """Give C,C,k,k kernels, element by element."""
    half = kernel / 2
    kernels = np.zeros((CLASSES, CLASSES, kernel, kernel), np.float32)
    for row in range(kernel):
        for column in range(kernel):
            value = (1 - abs(row + 0.5 - half) / half) * (1 - abs(column + 0.5 - half) / half)
            for label in range(CLASSES):
                kernels[label, label, row, column] = value
    return kernels


def small_net(head, seed=0):
    """Give {layer name: [arrays]} of a network with random weights and bilinear upsampling."""
    # RandomState's stream is frozen for good (NEP 19), and uniform numbers need no rounding.
    random = np.random.RandomState(seed)

    def drawn(outputs, inputs, kernel, gain=1.0):
        limit = gain * np.sqrt(6 / (inputs * kernel * kernel))
        weight = random.uniform(-limit, limit, (outputs, inputs, kernel, kernel))
        return [weight.astype(np.float32), random.uniform(-1, 1, outputs).astype(np.float32)]

    layers = {
        name: drawn(outputs, inputs, kernel) for name, outputs, inputs, kernel in convolutions()
    }
    layers["score_fr"] = drawn(CLASSES, FC_CHANNELS, 1)
    skips = HEADS[head]
    for skip in skips:
        channels = BLOCKS[int(skip[-1]) - 1][0]
        layers[UPSAMPLING_BEFORE[skip]] = [bilinear(4)]
        scale = SCALES[skip] if head == "at-once" else 1
        if head == "at-once":
            layers[f"scale_{skip}"] = [np.full(channels, scale, np.float32)]
        # As loud as the other scores, whatever the scale.
        layers[f"score_{skip}"] = drawn(CLASSES, channels, 1, gain=1 / scale)
    name, stride, _ = LAST[len(skips)]
    layers[name] = [bilinear(2 * stride)]
    return layers


def small_classifier(seed=0):
    """Give {layer name: [arrays]} of the encoder, fc6 and fc7 as inner products: O,I matrices."""
    layers = small_net("32s", seed)
    del layers["score_fr"], layers["upscore"]
    for name in ("fc6", "fc7"):
        weight, bias = layers[name]
        layers[name] = [weight.reshape(FC_CHANNELS, -1), bias]
    return layers


def classifier_prototxt():
    """Give the definition of the classifier, whose pictures are 224 x 224, as text."""
    return "\n".join(_encoder(224, 224, pad=1, dense=True))


def prototxt(head, height, width):
    """Give the definition of a network for pictures of one size, as text."""
    lines = _encoder(height, width, pad=100, dense=False)
    lines.append(_convolution("score_fr", "fc7", CLASSES, 1, 0))
    scores = "score_fr"
    for skip in HEADS[head]:
        up = UPSAMPLING_BEFORE[skip]
        lines.append(_deconvolution(up, scores, 2))
        feature = skip
        if head == "at-once":
            feature = f"scale_{skip}"
            lines.append(_layer(feature, "Scale", [skip], "scale_param { bias_term: false }"))
        lines.append(_convolution(f"score_{skip}", feature, CLASSES, 1, 0))
        lines.append(_crop(f"score_{skip}c", f"score_{skip}", up, SKIP_OFFSETS[skip]))
        scores = f"fuse_{skip}"
        add = "eltwise_param { operation: SUM }"
        lines.append(_layer(scores, "Eltwise", [up, f"score_{skip}c"], add))
    name, stride, offset = LAST[len(HEADS[head])]
    lines.append(_deconvolution(name, scores, stride))
    lines.append(_crop("score", name, "data", offset))
    return "\n".join(lines)


def _encoder(height, width, *, pad, dense):
    """Give the layers from data to fc7; `pad` is conv1_1's, `dense` makes inner products."""
    lines = [_layer("data", "Input", (), f"input_param {{ shape {{ {_dims(height, width)} }} }}")]
    bottom = "data"
    for name, outputs, _, kernel in convolutions():
        if (name.endswith("_1") and name != "conv1_1") or name == "fc6":
            pool = "pool5" if name == "fc6" else f"pool{int(name[4]) - 1}"
            lines.append(
                _layer(pool, "Pooling", [bottom], "pooling_param { kernel_size: 2 stride: 2 }")
            )
            bottom = pool
        if dense and name.startswith("fc"):
            outputs_only = f"inner_product_param {{ num_output: {outputs} }}"
            lines.append(_layer(name, "InnerProduct", [bottom], outputs_only))
        else:
            own_pad = {"conv1_1": pad, "fc6": 0, "fc7": 0}.get(name, 1)
            lines.append(_convolution(name, bottom, outputs, kernel, own_pad))
        lines.append(_layer(f"relu_{name}", "ReLU", [name], "", top=name))
        bottom = name
    return lines


def _dims(height, width):
    return f"dim: 1 dim: 3 dim: {height} dim: {width}"


def _layer(name, kind, bottoms, parameters, top=None):
    below = " ".join(f'bottom: "{bottom}"' for bottom in bottoms)
    return f'layer {{ name: "{name}" type: "{kind}" {below} top: "{top or name}" {parameters} }}'


def _convolution(name, bottom, outputs, kernel, pad):
    sizes = f"num_output: {outputs} kernel_size: {kernel} pad: {pad}"
    return _layer(name, "Convolution", [bottom], f"convolution_param {{ {sizes} }}")


def _deconvolution(name, bottom, stride):
    sizes = f"num_output: {CLASSES} kernel_size: {2 * stride} stride: {stride} bias_term: false"
    return _layer(name, "Deconvolution", [bottom], f"convolution_param {{ {sizes} }}")


def _crop(name, bottom, reference, offset):
    where = f"crop_param {{ axis: 2 offset: {offset} offset: {offset} }}"
    return _layer(name, "Crop", [bottom, reference], where)
