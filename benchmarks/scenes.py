"""How many road scenes one core paints a second, against packing the same pictures as PNG.

    python benchmarks/scenes.py [--frames 60] [--size 375x1242]

Processor time of one thread, drawing the scene and painting picture and truths, without files.
The peer is Pillow's PNG packing of the picture alone, the cheapest thing to do with it next.
"""

from __future__ import annotations

import argparse
import io
import time

import cv2
import numpy as np
from PIL import Image

from roadfcn.kitti.layout import CATEGORIES, FrameId
from roadfcn.scenes.description.variety import PRESETS
from roadfcn.scenes.drawing.draw import draw_scene
from roadfcn.scenes.painter import paint

_WARM_UP = 6  # textures and sprites are made once per process


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--size", default="375x1242", help="height x width")
    options = parser.parse_args()
    height, width = (int(part) for part in options.size.split("x"))
    cv2.setNumThreads(1)
    for preset in PRESETS:
        painting, packing = _measure(preset, options.frames, (height, width))
        median, worst = np.median(painting), np.percentile(painting, 95)
        print(
            f"{preset:9s} {1 / np.mean(painting):6.1f} frames/s a core "
            f"(median {1000 * median:.0f} ms, 95 % below {1000 * worst:.0f} ms), "
            f"{np.mean(packing) / np.mean(painting):.2f} x as fast as packing them as PNG"
        )


def _measure(preset: str, frames: int, size: tuple[int, int]) -> tuple[list[float], list[float]]:
    """Give the seconds of painting and of packing, frame by frame."""
    painting, packing = [], []
    for number in range(_WARM_UP + frames):
        frame = FrameId(CATEGORIES[number % len(CATEGORIES)], number // len(CATEGORIES))
        start = time.process_time()
        painted = paint(draw_scene(0, "training", frame, PRESETS[preset], size), size)
        between = time.process_time()
        Image.fromarray(painted.image).save(io.BytesIO(), "PNG")
        if number >= _WARM_UP:
            painting.append(between - start)
            packing.append(time.process_time() - between)
    return painting, packing


if __name__ == "__main__":
    main()
