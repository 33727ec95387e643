"""Draw the pictures of the README from a finished `make demo`.

    python docs/images/make_images.py runs/<run>

Everything shown is generated: no picture of anybody's data set is in this repository.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn import open_backend, open_dataset
from roadfcn.datasets.contact_sheet import draw_contact_sheet
from roadfcn.datasets.statistics import compute_statistics
from roadfcn.image_files import write_image
from roadfcn.input_format import InputFormat
from roadfcn.overlays import blend, draw_text, side_by_side
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.training.recipes.config_files import read_config
from roadfcn.weights.shipped_models import DEFAULT_MODEL

HERE = Path(__file__).resolve().parent
PANEL = (188, 621)  # height, width: half of a frame
GAP_PX = 4


def main() -> None:
    """Draw all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="run folder of a `make demo`")
    parser.add_argument("--frames", type=int, nargs="+", default=[1, 2, 6], help="test frames")
    arguments = parser.parse_args()
    data = read_config(arguments.run / "config.yaml").data.path
    dataset = open_dataset(data, "test")
    before, after = (Predictor(open_backend(model)) for model in (DEFAULT_MODEL, arguments.run))
    rows = []
    for index in arguments.frames:
        sample = dataset[index]
        maps = (*(each.predict(sample.image).labels for each in (before, after)), sample.mask)
        shown = [blend(sample.image, labels, dataset.label_set) for labels in maps]
        rows.append(side_by_side([InputFormat(size=PANEL).resize(picture) for picture in shown]))
    page = _stacked(rows)
    third = page.shape[1] // 3
    titles = (f"{DEFAULT_MODEL}, as it comes", "after python main.py", "truth (hatched: void)")
    for number, title in enumerate(titles):
        draw_text(page, title, (16, 8 + number * third), size_px=18, colour=(255, 255, 255))
    write_image(HERE / "demo.jpg", page)
    train = open_dataset(data, "train")
    sheet = draw_contact_sheet(train, compute_statistics(train))
    write_image(HERE / "scenes.jpg", sheet)


def _stacked(rows: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    gap = np.full((GAP_PX, rows[0].shape[1], 3), 255, np.uint8)
    return np.concatenate([part for row in rows for part in (row, gap)][:-1])


if __name__ == "__main__":
    main()
