"""The names that options take. Written out here, as the modules that own them load slowly."""

from __future__ import annotations

from typing import Literal

Split = Literal["train", "val", "test", "all"]
LayoutName = Literal[
    "kitti-road", "camvid", "camvid-32", "cityscapes", "voc", "sbd", "voc-sbd", "folders"
]
Target = Literal["road", "lane", "camvid-11"]
TARGET_HELP = "Which truth of KITTI Road: road, own lane, or generated scenes' 11 classes."
Precision = Literal["auto", "float32", "bfloat16"]
EngineName = Literal["auto", "torch", "torch-compiled", "onnx", "openvino"]
LabelSetName = Literal["road", "ego-lane", "camvid-11", "cityscapes-19", "voc-21"]
MapCorner = Literal["upper-right", "upper-left", "lower-right", "lower-left"]
OverlayFormat = Literal["png", "jpeg", "none"]
ExportForm = Literal["cvat-masks", "cvat-images", "labelme"]
Unlabelled = Literal["background", "void"]
InputFormatName = Literal["imagenet-rgb", "vgg-bgr", "caffe-bgr"]
_SHIPPED_HELP = "or a model that comes with roadfcn: slim-road, slim-camvid11."
MODEL_HELP = f"Run folder, .safetensors, .onnx or OpenVINO .xml file, {_SHIPPED_HELP}"
TORCH_MODEL_HELP = f"Run folder or .safetensors file, {_SHIPPED_HELP}"
