"""The ways to run a network of ours on a GPU: as it is, captured, compiled, end to end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from roadfcn.backends.torch_engine import TorchBackend
from roadfcn.model_card import ModelCard


@dataclass(frozen=True)
class Way:
    """One way to run a network.

    Args:
        title: How it is called in tables.
        precision: "float32" (channels first) or "bfloat16" (channels-last).
        mode: Of `torch.compile`; None if it is not compiled.
        captured: Its work is recorded in a CUDA graph once, and then replayed.
        tries: cuDNN times its algorithms at the first call for a size, instead of guessing.
        whole: From numbers in the computer's memory to scores there, by `TorchBackend`.
        climbs: With ever larger batches; else with one picture and with the best batch.
    """

    title: str
    precision: str = "bfloat16"
    mode: str | None = None
    captured: bool = False
    tries: bool = False
    whole: bool = False
    climbs: bool = False

    @property
    def graphed(self) -> bool:
        """Whether it needs CUDA graphs, which PyTorch's compiler makes in these modes."""
        return self.captured or self.mode in ("reduce-overhead", "max-autotune")


# What is safest and cheapest comes first: what is late may fail, or not come to its turn.
EAGER = Way("eager float32", "float32", climbs=True)
WAYS = (
    EAGER,
    Way("eager bfloat16", climbs=True),
    Way("TorchBackend, end to end", whole=True),
    Way("eager bfloat16, cuDNN tries", tries=True),
    Way("eager bfloat16 + CUDA graph", captured=True),
    Way("compiled bfloat16", mode="default"),
    Way("TorchBackend compiled, end to end", mode="default", whole=True),
    Way("compiled bfloat16 + CUDA graph", mode="reduce-overhead"),
)
AUTOTUNED = Way("compiled bfloat16, autotuned + CUDA graph", mode="max-autotune")


@contextlib.contextmanager
def opened(
    way: Way, model: nn.Module, card: ModelCard, device: torch.device
) -> Iterator[Callable[[Any], Any]]:
    """Give what runs a network: tensors of `feed` to N,C,H,W scores, arrays to arrays if `whole`.

    Args:
        way: How.
        model: It is moved and converted in place.
        card: The model's.
        device: Where.

    Raises:
        RuntimeError: The device has no CUDA graphs; or, from what it gives, none was made.
    """
    if way.graphed and device.type != "cuda":
        raise RuntimeError("CUDA graphs want a CUDA device")
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = way.tries
    try:
        # PyTorch's own graphs were made for `no_grad`; `TorchBackend` runs in `inference_mode`.
        run = _open(way, model, card, device)
        with torch.no_grad() if way.mode and way.graphed else torch.inference_mode():
            yield run
    finally:
        torch.backends.cudnn.benchmark = before
        if way.mode:
            # Else compiled code keeps the network and its graphs' memory for ever.
            torch.compiler.reset()


def _open(
    way: Way, model: nn.Module, card: ModelCard, device: torch.device
) -> Callable[[Any], Any]:
    if way.precision == "float32":
        return model.eval().to(device)
    compiled = way.whole and way.mode is not None
    backend = TorchBackend(
        model, card, device=str(device), precision=way.precision, compiled=compiled
    )
    if way.whole:
        return backend.logits
    if way.captured:
        return Captured(model)
    if way.mode is None:
        return model
    run = torch.compile(model, fullgraph=True, dynamic=False, mode=way.mode)
    return _Marked(run) if way.graphed else run


def feed(way: Way, pictures: torch.Tensor, device: torch.device) -> Any:
    """Put N,3,H,W float32 pictures where, and into the form in which, a way takes them."""
    if way.whole:
        return pictures.numpy()
    if way.precision == "float32":
        return pictures.to(device, copy=True)
    return pictures.to(device, torch.bfloat16, memory_format=torch.channels_last)


class Captured:
    """A network recorded in a CUDA graph, anew for each shape; its scores last until the next call.

    Args:
        network: On a CUDA device.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._graph: torch.cuda.CUDAGraph | None = None
        self._pictures = self._scores = torch.empty(0)

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Score every pixel."""
        if self._graph is None or pictures.shape != self._pictures.shape:
            self._graph = self._capture(pictures)
        self._pictures.copy_(pictures)
        self._graph.replay()
        return self._scores

    def _capture(self, pictures: torch.Tensor) -> torch.cuda.CUDAGraph:
        self._graph = None
        self._pictures = pictures.clone(memory_format=torch.preserve_format)
        aside = torch.cuda.Stream(pictures.device)  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream(pictures.device))
        with torch.cuda.stream(aside):
            for _ in range(3):  # libraries get ready, which cannot be recorded
                self._network(self._pictures)
        torch.cuda.current_stream(pictures.device).wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._scores = self._network(self._pictures)
        return graph


class _Marked:
    """A network compiled with CUDA graphs, each call of which may overwrite the last one's scores.

    Raises:
        RuntimeError: When called: the compiler made no graph, and would run without in silence.
    """

    def __init__(self, run: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self._run = run
        self._skipped = _skipped_graphs()
        self._calls = 0

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        scores = self._run(pictures)
        # Looked at during warm-up only.
        self._calls += 1
        if self._calls <= 3 and _skipped_graphs() > self._skipped:
            raise RuntimeError("PyTorch's compiler made no CUDA graph of it")
        return scores


def _skipped_graphs() -> int:
    from torch._dynamo.utils import counters

    return int(counters["inductor"]["cudagraph_skips"])
