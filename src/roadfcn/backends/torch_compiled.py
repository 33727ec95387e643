"""A network compiled by PyTorch's own compiler, for the sizes that come.

PyTorch turns it into C++ (on a GPU into Triton) and that into machine code, for one size at a
time: code for all sizes at once rests on assumptions about them, and was compiled anew at the
second size tried. So that pictures of nearly one size count as one, they are padded here to the
multiple to which the network pads them itself.

On a processor kernels are brought into its order when a size is compiled (PyTorch's "freezing"),
and not in every call again: with AMX that is more than half of the time of VGG16's FCN. For that
each size of each network keeps kernels of its own, as much memory again as the network's. PyTorch
gives it back when it forgets what it compiled (`torch.compiler.reset()`), not with the network.
"""

from __future__ import annotations

import logging
import threading

import torch
from torch import nn
from torch._dynamo import exc
from torch._inductor import config as compiler_settings
from torch.nn import functional

from roadfcn.backends.compilers import how_to_get_compiler
from roadfcn.errors import ModelFileError

_log = logging.getLogger(__name__)

# In older releases of torch a setting of the compiler is changed for all threads at once.
_settings_change = threading.Lock()

# Renamed since torch 2.6.
_LIMIT_REACHED: type[Exception] = (
    getattr(exc, "FailOnRecompileLimitHit", None) or exc.FailOnCacheLimitHit  # type: ignore[attr-defined]
)


class CompiledNetwork:
    """A network of ours, called like it: N,3,H,W to N,C,H,W. Its first call for a size compiles.

    Args:
        network: On its device, in its precision and layout. Its weights must not change any more:
            what is compiled has them inside.
        device: Where it is.
        multiple: Zeros may be added right and bottom up to a multiple of this, which the network
            does itself: see `models.alignment`.

    Raises:
        ModelFileError: There is no compiler that works.
    """

    def __init__(self, network: nn.Module, device: torch.device, multiple: int) -> None:
        _try_compiler(device)
        self._multiple = multiple
        # `fullgraph`: what cannot be compiled, or is compiled for too many sizes, is an error, and
        # never run uncompiled in silence.
        self._run = torch.compile(network, fullgraph=True, dynamic=False)

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Score every pixel.

        Raises:
            ModelFileError: It cannot be compiled.
        """
        height, width = pictures.shape[-2:]
        padding = (0, -width % self._multiple, 0, -height % self._multiple)
        padded = functional.pad(pictures, padding).contiguous(memory_format=torch.channels_last)
        try:
            scores = self._call(padded)
        except exc.TorchDynamoException as problem:
            raise _cannot_compile(pictures.device, problem) from problem
        return scores[..., :height, :width]

    def _call(self, pictures: torch.Tensor) -> torch.Tensor:
        if pictures.device.type != "cpu":
            return self._run_compiled(pictures)
        # As an option of `torch.compile` it comes too late: whoever traces the network asks for it.
        with _settings_change, compiler_settings.patch(freezing=True):
            return self._run_compiled(pictures)

    def _run_compiled(self, pictures: torch.Tensor) -> torch.Tensor:
        try:
            scores: torch.Tensor = self._run(pictures)
        except _LIMIT_REACHED:
            # PyTorch keeps eight of them in a process, and forgets them all or none.
            _log.warning(
                "compiled for more models and sizes of pictures than PyTorch keeps: from here on "
                "also for those again that were there before; --engine torch takes any size at once"
            )
            torch.compiler.reset()
            scores = self._run(pictures)
        return scores


def _try_compiler(device: torch.device) -> None:
    """Compile next to nothing, so that what is missing is told before pictures are read.

    Raises:
        ModelFileError: There is no compiler that works.
    """
    try:
        torch.compile(_next_to_nothing, fullgraph=True, dynamic=False)(
            torch.ones(64, device=device)
        )
    except (exc.TorchDynamoException, OSError) as problem:
        raise _cannot_compile(device, problem) from problem


def _next_to_nothing(numbers: torch.Tensor) -> torch.Tensor:
    return numbers.sin() + 1


def _cannot_compile(device: torch.device, problem: Exception) -> ModelFileError:
    reason = " ".join(str(problem).split())
    return ModelFileError(
        f"engine 'torch-compiled' cannot compile for {device}: {reason[:400]}",
        allowed="a compiler that works: of C++ for the processor, Triton for a GPU",
        do=f"{how_to_get_compiler(device.type)}; or take engine 'torch', which needs none",
    )
