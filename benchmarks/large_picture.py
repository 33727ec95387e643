"""Memory that a very large picture takes: written, read, labelled, and its labels written again.

    python benchmarks/large_picture.py --side 20000 --model slim-camvid11 --no-limit

The network is run on the first windows only, and gives zeros for the others: memory is the same
for each row of windows, and all of them would take hours on a processor. `--windows 0` runs all.
A model that has a limit of pixels sees the picture shrunk, and needs no windows: `--no-limit`
lifts it.
"""

import argparse
import resource
import struct
import sys
import tempfile
import time
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn import Predictor, open_backend
from roadfcn.backends.protocol import Backend
from roadfcn.image_files import read_image, write_labels
from roadfcn.label_sets import drivable_class


def write_picture(path: Path, side: int) -> None:
    """Write a PNG of side x side random columns, row by row, without ever holding it."""
    row = np.random.default_rng(0).integers(0, 256, (-(-side // 50), 3), np.uint8)
    row = np.repeat(row, 50, axis=0)[:side]
    with path.open("wb") as file:
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        file.write(b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header))
        packer = zlib.compressobj(1)
        for number in range(side):
            packed = packer.compress(b"\0" + np.roll(row, number // 3, axis=0).tobytes())
            if packed:
                file.write(_chunk(b"IDAT", packed))
        file.write(_chunk(b"IDAT", packer.flush()) + _chunk(b"IEND", b""))


class FewWindows:
    """A model that answers zeros after its first windows.

    Args:
        backend: The model.
        windows: How many it really labels; 0 for all.
        has_limit: Whether it keeps its limit of pixels, if it has one.
    """

    def __init__(self, backend: Backend, windows: int, *, has_limit: bool = True) -> None:
        self.card, self.running, self.calls = backend.card, backend.running, 0
        if not has_limit:
            unlimited = replace(self.card.input_format, max_pixels=None)
            self.card = replace(self.card, input_format=unlimited)
        self._backend, self._windows = backend, windows

    def logits(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score every pixel, or give zeros; see `backends.protocol`."""
        self.calls += 1
        if not self._windows or self.calls <= self._windows:
            return self._backend.logits(batch)
        shape = (len(batch), len(self.card.label_set), *batch.shape[2:])
        return np.zeros(shape, np.float32)


def main(arguments: list[str]) -> None:
    """Measure, and print a line for each step: the most memory until then, and seconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=20_000)
    parser.add_argument("--model", default="slim-camvid11")
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument("--no-limit", action="store_true", help="the model sees every pixel")
    given = parser.parse_args(arguments)

    backend = FewWindows(
        open_backend(given.model, device="cpu", precision="float32"),
        given.windows,
        has_limit=not given.no_limit,
    )
    predictor = Predictor(backend)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        write_picture(path, given.side)
        start = time.perf_counter()

        def tell(step: str) -> None:
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux: in KiB
            print(
                f"{step:<12} {most / 1e9:5.2f} GB {time.perf_counter() - start:7.1f} s", flush=True
            )

        tell("model loaded")
        image = read_image(path)
        tell("read")
        answer = predictor.label(image, drivable_class(predictor.label_set))
        tell("labelled")
        write_labels(Path(folder) / "labels.png", answer.labels, answer.label_set)
        tell("written")
    print(f"{given.side} x {given.side} pixels, {given.model}, {backend.calls} windows")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


if __name__ == "__main__":
    main(sys.argv[1:])
