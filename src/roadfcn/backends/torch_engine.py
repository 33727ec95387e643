"""The engine that runs our own networks with PyTorch, as they are or compiled."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from roadfcn.backends.protocol import Running
from roadfcn.backends.torch_device import choose_device, choose_precision, keep_within_limits
from roadfcn.model_card import ModelCard
from roadfcn.models.fcn import FCN


class TorchBackend:
    """A network of ours, ready to run; see `protocol.Backend`.

    Args:
        model: N,3,H,W float to N,C,H,W logits. It is moved to the device and converted in place.
        card: What travels with the weights.
        device: "auto", "cpu", "cuda", "cuda:1", "mps", ...
        precision: "auto", "float32" or "bfloat16"; see `torch_device.choose_precision`.
        compiled: Compile it for each size of pictures that comes; see `torch_compiled`. Weights of
            `model` must not change after the first picture then.

    Raises:
        ConfigError: No such device or precision.
        ModelFileError: It is to be compiled, and there is no compiler that works.
    """

    def __init__(
        self,
        model: nn.Module,
        card: ModelCard,
        *,
        device: str = "auto",
        precision: str = "auto",
        compiled: bool = False,
    ) -> None:
        self.card = card
        self.device = choose_device(device)
        keep_within_limits(self.device)
        self.dtype = choose_precision(precision, self.device)
        engine = "torch-compiled" if compiled else "torch"
        self.running = Running(engine, str(self.device), str(self.dtype).removeprefix("torch."))
        # Weights are converted once: autocast would convert all of VGG16's 134 million on every
        # call. Channels-last is the layout that convolutions are fast in, on CPU and GPU.
        self._model = model.eval().to(self.device)
        for part in self._model.modules():
            # Rounding the statistics of batch norm loses accuracy and gains no time.
            if not isinstance(part, nn.BatchNorm2d):
                _convert_own_parameters(part, self.dtype)
        # torch declares no overload of Module.to() that takes memory_format alone.
        self._model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._network: Callable[[torch.Tensor], torch.Tensor] = self._model
        if compiled:
            # Loads PyTorch's compiler, which takes a second or two.
            from roadfcn.backends.torch_compiled import CompiledNetwork

            multiple = model.alignment.multiple if isinstance(model, FCN) else 1
            self._network = CompiledNetwork(self._model, self.device, multiple)

    @torch.inference_mode()
    def logits(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score every pixel: N,3,H,W float32 to N,C,H,W float32.

        Raises:
            ModelFileError: It cannot be compiled for this size.
        """
        pictures = torch.from_numpy(batch).to(
            device=self.device, dtype=self.dtype, memory_format=torch.channels_last
        )
        scores = self._network(pictures)
        result: NDArray[np.float32] = scores.float().contiguous().cpu().numpy()
        return result


def _convert_own_parameters(part: nn.Module, dtype: torch.dtype) -> None:
    """Convert the floats that a module itself holds, in place, and leave its children alone."""
    for tensor in (*part.parameters(recurse=False), *part.buffers(recurse=False)):
        if tensor.is_floating_point():
            tensor.data = tensor.data.to(dtype)
