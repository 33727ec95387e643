"""Runs small Caffe networks in OpenCV, and keeps what it read and computed.

OpenCV 4 reads caffemodels with a parser of its own and runs them with layers of its own (OpenCV 5
reads none any more), so the golden file owes nothing to roadfcn. To make it again:

    python3 -m venv /tmp/opencv4
    /tmp/opencv4/bin/pip install "opencv-python-headless<5" "numpy<2.3"
    /tmp/opencv4/bin/python tests/weights/golden/make_caffe_golden.py

`caffe_fcn.npz` then holds, for each head and size, the picture's seed and the scores C,H,W, and
of the network at once, which has all layers, every blob as OpenCV has it. `caffe_vgg16.npz` holds
what the classifier, whose fc6 and fc7 are inner products, makes of one picture: pool4, fc6, fc7.
"""

import tempfile
from pathlib import Path

import cv2
import numpy as np

from caffe_small_nets import (
    HEADS,
    classifier_prototxt,
    prototxt,
    small_classifier,
    small_net,
)
from caffe_writing import caffemodel, layer, v1_layer

SIZES = ((1, 1), (17, 40), (33, 35), (64, 7))
FCN = Path(__file__).with_name("caffe_fcn.npz")
VGG16 = Path(__file__).with_name("caffe_vgg16.npz")


def picture(height, width):
    """Give 1,3,H,W BGR values around 0, as after the mean was subtracted."""
    random = np.random.RandomState(1000 * height + width)
    return random.uniform(-120, 150, (1, 3, height, width)).astype(np.float32)


def open_in_opencv(definition, content):
    with tempfile.TemporaryDirectory() as folder:
        prototxt_file, caffemodel_file = (
            Path(folder, "net.prototxt"),
            Path(folder, "net.caffemodel"),
        )
        prototxt_file.write_text(definition)
        caffemodel_file.write_bytes(content)
        net = cv2.dnn.readNetFromCaffe(str(prototxt_file), str(caffemodel_file))
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.enableWinograd(False)  # it loses digits
    net.enableFusion(False)
    return net


def open_fcn(head, height, width):
    form = v1_layer if head == "16s" else layer  # both forms
    content = caffemodel(small_net(head), form=form)
    return open_in_opencv(prototxt(head, height, width), content)


def fcn_golden():
    golden = {}
    for head in HEADS:
        for height, width in SIZES:
            net = open_fcn(head, height, width)
            net.setInput(picture(height, width))
            golden[f"{head}/scores/{height}x{width}"] = net.forward("score")[0]
    net = open_fcn("at-once", 1, 1)
    for name, arrays in small_net("at-once").items():
        for place in range(len(arrays)):
            golden[f"at-once/blobs/{name}/{place}"] = net.getParam(name, place)
    return golden


def classifier_golden():
    """Read a file like VGG_ILSVRC_16_layers.caffemodel: V1 layers, shapes as four numbers."""
    content = caffemodel(
        small_classifier(), form=v1_layer, pad=1, dense=("fc6", "fc7"), legacy_shape=True
    )
    net = open_in_opencv(classifier_prototxt(), content)
    net.setInput(picture(224, 224))
    # As after their ReLU, which has a layer of its own in OpenCV.
    return {name: net.forward(f"relu_{name}")[0] for name in ("fc6", "fc7")} | {
        "pool4": net.forward("pool4")[0]
    }


def main():
    for out, golden in ((FCN, fcn_golden()), (VGG16, classifier_golden())):
        np.savez_compressed(out, opencv=cv2.__version__, **golden)
        print(f"{out}: {out.stat().st_size} bytes, OpenCV {cv2.__version__}")


if __name__ == "__main__":
    main()
