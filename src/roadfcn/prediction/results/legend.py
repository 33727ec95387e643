"""Which colour stands for which class, as a picture to lie beside overlays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.image_files import write_image
from roadfcn.label_sets import REST, LabelSet
from roadfcn.overlays import draw_text, text_width
from roadfcn.prediction.results.outputs import LEGEND

_ROW_PX, _MARGIN_PX, _TEXT_PX = 28, 12, 16
_SWATCH_PX = (18, 30)  # height, width


def wants_legend(label_set: LabelSet) -> bool:
    """Tell whether overlays have more than one colour."""
    return len(_coloured(label_set)) > 1


def write_legend(out: Path, label_set: LabelSet) -> Path:
    """Write the legend into a folder of results.

    Raises:
        OutputError: It cannot be written.
    """
    write_image(out / LEGEND, draw_legend(label_set))
    return out / LEGEND


def draw_legend(label_set: LabelSet) -> NDArray[np.uint8]:
    """Draw a row for each class that overlays show in colour, H,W,3 uint8 RGB."""
    names = _coloured(label_set)
    tall, wide = _SWATCH_PX
    text_column = 2 * _MARGIN_PX + wide
    widest = max(text_width(name, size_px=_TEXT_PX) for name in names)
    shape = (len(names) * _ROW_PX + _MARGIN_PX, text_column + widest + _MARGIN_PX, 3)
    legend = np.full(shape, 255, np.uint8)
    for number, name in enumerate(names):
        middle = number * _ROW_PX + (_ROW_PX + _MARGIN_PX) // 2
        top = middle - tall // 2
        swatch = legend[top : top + tall, _MARGIN_PX : _MARGIN_PX + wide]
        swatch[:] = label_set.colours[label_set.index(name)]
        draw_text(legend, name, (middle, text_column), size_px=_TEXT_PX)
    return legend


def _coloured(label_set: LabelSet) -> list[str]:
    return [name for name in label_set.classes if name != REST]
