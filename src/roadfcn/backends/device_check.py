"""Whether an engine has a device, asked before a model is converted for it."""

from __future__ import annotations

from typing import Literal

from roadfcn.errors import ConfigError


def check_device(engine: Literal["onnx", "openvino"], device: str) -> None:
    """Refuse a device that the engine does not find here.

    An engine that is not installed, or broken, is told where it is opened.

    Raises:
        ConfigError: There is no such device.
    """
    try:
        if engine == "openvino":
            from roadfcn.backends.openvino_engine import check_openvino_device

            check_openvino_device(device)
            return
        from roadfcn.backends.onnx_engine import TITLE, list_onnx_devices

        here = list_onnx_devices()
    except (ImportError, OSError):
        return
    if device != "auto" and device.partition(":")[0] not in here:
        raise ConfigError(
            f"{TITLE} has no device '{device}' here",
            allowed=", ".join(["auto", *here]),
            do="use one of these, or install a build of onnxruntime for your device",
        )
