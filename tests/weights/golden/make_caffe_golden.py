"""Runs small Caffe networks in OpenCV, and keeps what it read and computed.

OpenCV 4 reads caffemodels with a parser of its own and runs them with layers of its own (OpenCV 5
reads none any more), so the golden file owes nothing to roadfcn. To make it again:

    python3 -m venv /tmp/opencv4
    /tmp/opencv4/bin/pip install "opencv-python-headless<5" "numpy<2.3"
    /tmp/opencv4/bin/python tests/weights/golden/make_caffe_golden.py

`caffe_fcn.npz` then holds, for each head and size, the picture's seed and the scores C,H,W, and
of the network at once, which has all layers, every blob as OpenCV has it.
"""

import tempfile
from pathlib import Path

import cv2
import numpy as np

from caffe_small_nets import HEADS, prototxt, small_net
from caffe_writing import caffemodel, layer, v1_layer

SIZES = ((1, 1), (17, 40), (33, 35), (64, 7))
OUT = Path(__file__).with_name("caffe_fcn.npz")


def picture(height, width):
    """Give 1,3,H,W BGR values around 0, as after the mean was subtracted."""
    random = np.random.RandomState(1000 * height + width)
    return random.uniform(-120, 150, (1, 3, height, width)).astype(np.float32)


def open_in_opencv(head, height, width):
    with tempfile.TemporaryDirectory() as folder:
        definition, weights = Path(folder, "net.prototxt"), Path(folder, "net.caffemodel")
        definition.write_text(prototxt(head, height, width))
        form = v1_layer if head == "16s" else layer  # both forms
        weights.write_bytes(caffemodel(small_net(head), form=form))
        net = cv2.dnn.readNetFromCaffe(str(definition), str(weights))
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.enableWinograd(False)  # it loses digits
    net.enableFusion(False)
    return net


def main():
    golden = {}
    for head in HEADS:
        for height, width in SIZES:
            net = open_in_opencv(head, height, width)
            net.setInput(picture(height, width))
            golden[f"{head}/scores/{height}x{width}"] = net.forward("score")[0]
    net = open_in_opencv("at-once", 1, 1)
    for name, arrays in small_net("at-once").items():
        for place in range(len(arrays)):
            golden[f"at-once/blobs/{name}/{place}"] = net.getParam(name, place)
    np.savez_compressed(OUT, opencv=cv2.__version__, **golden)
    print(f"{OUT}: {OUT.stat().st_size} bytes, OpenCV {cv2.__version__}")


if __name__ == "__main__":
    main()
