"""The networks of one engine, fed, run and timed; asked in a `Worker`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from contenders.matrix_product import SETTLE, MatrixProduct

if TYPE_CHECKING:
    from roadfcn.backends.protocol import Backend

FEWEST_CALLS = 2
_SEED = 0


@dataclass(frozen=True)
class Contender:
    """One network in one engine.

    Args:
        network: "vgg16" or "slim".
        process: Which process it lives in: an engine's name, or "tensorflow, frozen".
        way: How it is run: "eager", "frozen", "compiled", or a precision that `open_backend` takes.
        precision: What it computes in, for people: "float32", "bfloat16" or "int8".
        path: Its file.
        title: How it is called in tables.
    """

    network: str
    process: str
    way: str
    precision: str
    path: Path
    title: str


class Engine:
    """All of one engine's networks.

    Args:
        contenders: Whose networks these are.
    """

    def __init__(self, contenders: list[Contender]) -> None:
        self._networks = {contender: _open(contender) for contender in contenders}

    def seconds(self, contender: Contender, size: tuple[int, int], budget: float) -> list[float]:
        """Time a network on a picture for so many seconds, call by call, after one for nothing."""
        network = self._networks[contender]
        time.sleep(SETTLE)
        fed = network.feed(picture(size))
        network.run(fed)
        found: list[float] = []
        end = time.perf_counter() + budget
        while len(found) < FEWEST_CALLS or time.perf_counter() < end:
            begin = time.perf_counter()
            network.run(fed)
            found.append(time.perf_counter() - begin)
        return found

    def scores(self, contender: Contender, size: tuple[int, int]) -> np.ndarray:
        """Give 1,C,H,W float32 scores of the picture that is timed."""
        return self._networks[contender].scores(picture(size))

    def peak(self, precision: str, budget: float) -> float:
        """Give the operations a second of a large matrix product: see `MatrixProduct`."""
        return MatrixProduct().peak(precision, budget)


def picture(size: tuple[int, int]) -> np.ndarray:
    """Give a normalised picture, 1,3,H,W float32: noise, as time does not depend on it."""
    return np.random.default_rng(_SEED).standard_normal((1, 3, *size)).astype(np.float32)


@dataclass(frozen=True)
class _Network:
    """How an opened network is fed (N,3,H,W to its own form), run, and asked for N,C,H,W."""

    feed: Callable[[np.ndarray], Any]
    run: Callable[[Any], np.ndarray]
    scores: Callable[[np.ndarray], np.ndarray]


def _open(contender: Contender) -> _Network:
    if contender.process.startswith("tensorflow"):
        from contenders.tensorflow_network import TensorFlowNetwork
        from roadfcn.machine import usable_threads

        frozen = contender.way == "frozen"
        described = TensorFlowNetwork(contender.path, usable_threads(), frozen=frozen)
        return _Network(described.feed, described.run, described.scores)
    is_eager = contender.way == "eager"
    run = _eager(contender.path) if is_eager else open_in_roadfcn(contender).logits
    return _Network(lambda batch: batch, run, run)


def open_in_roadfcn(contender: Contender) -> Backend:
    """Open a network with the engine of roadfcn that is measured."""
    from roadfcn.backends.opening import open_backend

    path, way = contender.path, contender.way
    if way == "compiled":
        precision = contender.precision
        return open_backend(path, device="cpu", precision=precision, engine="torch-compiled")
    return open_backend(path, device="cpu", precision=way)


def _eager(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Give the network as one would run it first: float32, channels first."""
    import torch

    from roadfcn.checkpoints import load_model

    model = load_model(path)[0].eval()

    @torch.inference_mode()
    def run(batch: np.ndarray) -> np.ndarray:
        scores: np.ndarray = model(torch.from_numpy(batch)).numpy()
        return scores

    return run
