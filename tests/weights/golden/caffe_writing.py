"""Writes caffemodels as Caffe does, byte by byte and without protobuf.

Numbers of fields: src/caffe/proto/caffe.proto of https://github.com/BVLC/caffe; the wire format:
https://protobuf.dev/programming-guides/encoding. Only numpy is needed, so that the script that
makes the golden files runs where roadfcn is not installed.
"""

import numpy as np

CONVOLUTION, DECONVOLUTION, INNER_PRODUCT, SPLIT = 4, 39, 14, 22  # V1LayerParameter.LayerType
TYPE_NAMES = {
    CONVOLUTION: "Convolution",
    DECONVOLUTION: "Deconvolution",
    INNER_PRODUCT: "InnerProduct",
    SPLIT: "Scale",  # V1 knows no Scale layers; no file has one
}


def varint(value):
    """Give a number >= 0 in sevens of bits, lowest first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def number(field, value):
    return varint(field << 3) + varint(value)


def chunk(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def blob(array, *, legacy_shape=False, double=False):
    """Give a BlobProto: packed data, and the shape in its own message or in four old fields."""
    array = np.asarray(array)
    data = chunk(8, array.astype("<f8").tobytes()) if double else b""
    data = data or chunk(5, array.astype("<f4").tobytes())
    if legacy_shape:
        four = (1,) * (4 - array.ndim) + array.shape
        return b"".join(number(1 + axis, size) for axis, size in enumerate(four)) + data
    return data + chunk(7, chunk(1, b"".join(map(varint, array.shape))))


def settings(*, pad=0, dilation=1, outputs=1):
    """Give a ConvolutionParameter."""
    written = number(1, outputs) + (number(3, pad) if pad else b"")
    return written + (number(18, dilation) if dilation != 1 else b"")


def layer(name, kind, blobs, convolution=b""):
    """Give a LayerParameter as field 100 of a net."""
    content = chunk(1, name.encode()) + chunk(2, TYPE_NAMES[kind].encode())
    content += chunk(3, b"below") + chunk(4, name.encode())
    content += b"".join(chunk(7, one) for one in blobs) + number(10, 1)  # phase: test
    return chunk(100, content + (chunk(106, convolution) if convolution else b""))


def v1_layer(name, kind, blobs, convolution=b""):
    """Give a V1LayerParameter as field 2 of a net."""
    content = chunk(2, b"below") + chunk(3, name.encode()) + chunk(4, name.encode())
    content += number(5, kind) + b"".join(chunk(6, one) for one in blobs)
    content += varint(7 << 3 | 5) + np.float32(1).tobytes()  # blobs_lr, unpacked
    return chunk(2, content + (chunk(10, convolution) if convolution else b""))


def v0_layer(name, blobs):
    """Give a V0LayerParameter inside a V1LayerParameter, as field 2 of a net."""
    inner = chunk(1, name.encode()) + chunk(2, b"conv") + b"".join(chunk(50, one) for one in blobs)
    return chunk(2, chunk(1, inner) + chunk(2, b"below") + chunk(3, name.encode()))


def kind_of(name):
    if name.startswith("scale"):
        return SPLIT
    return DECONVOLUTION if name.startswith("up") else CONVOLUTION


def caffemodel(layers, *, form=layer, name="small", pad=100, dense=(), **options):
    """Give the bytes of a net.

    Args:
        layers: {layer name: [arrays]}, in order.
        form: `layer` or `v1_layer`.
        pad: Of conv1_1; all other convolutions get none, as only that one matters here.
        dense: Names of inner products.
        options: For `blob`.
    """
    content = chunk(1, name.encode())
    for layer_name, arrays in layers.items():
        kind = INNER_PRODUCT if layer_name in dense else kind_of(layer_name)
        convolution = b""
        if kind in (CONVOLUTION, DECONVOLUTION):
            convolution = settings(pad=pad * (layer_name == "conv1_1"), outputs=len(arrays[0]))
        blobs = [blob(array, **options) for array in arrays]
        content += form(layer_name, kind, blobs, convolution)
    return content
