"""One page that shows a data set: frames with their truth, the classes and their shares.

A person sees here in a second what counts do not tell: truth shifted against its picture, wrong
classes, void where road should be. Void is hatched, in the frames and in the legend.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.datasets.statistics import DatasetStatistics
from roadfcn.label_sets import REST, VOID
from roadfcn.overlays import blend, draw_text, stripe_pattern, text_width

_PAGE_WIDTH_PX = 1320
_MARGIN_PX = 28
_GAP_PX = 16
_PAPER = 252
_INK, _PALE_INK, _LINE = (28, 30, 34), (110, 114, 120), (205, 208, 212)
_TITLE_PX, _TEXT_PX, _SMALL_PX = 28, 16, 14
_CHIP_PX, _LEGEND_ROW_PX, _LEGEND_COLUMN_PX = 20, 32, 210
_OPACITY = 0.55


def draw_contact_sheet(
    dataset: FilePairDataset,
    statistics: DatasetStatistics,
    *,
    name: str | None = None,
    frames: int = 12,
) -> NDArray[np.uint8]:
    """Draw the page.

    Args:
        dataset: The frames to choose from: evenly spaced ones, those with truth first.
        statistics: Counts for the headline and the legend.
        name: What the headline calls the data; the layout's name if None.
        frames: At most so many are shown.

    Returns:
        H,1320,3 uint8 RGB.

    Raises:
        RoadfcnError: A chosen frame cannot be read.
    """
    chosen = _choose(dataset, frames)
    parts = [
        _headline(name or statistics.dataset, statistics, len(chosen)),
        *_grid(dataset, chosen),
        _legend(dataset, statistics),
        _paper(_MARGIN_PX - _GAP_PX),
    ]
    return np.concatenate(parts, axis=0)


def _choose(dataset: FilePairDataset, count: int) -> list[int]:
    """Pick evenly spaced frames, so that every part of a drive is seen."""
    with_truth = [i for i, frame in enumerate(dataset.frames) if frame.mask_path is not None]
    candidates = with_truth or list(range(len(dataset)))
    chosen = np.linspace(0, len(candidates) - 1, min(count, len(candidates)))
    return [candidates[round(position)] for position in chosen.tolist()]


def _headline(name: str, statistics: DatasetStatistics, shown: int) -> NDArray[np.uint8]:
    page = _paper(_MARGIN_PX + 76)
    draw_text(
        page,
        f"{name}, {statistics.split}",
        (_MARGIN_PX + 16, _MARGIN_PX),
        size_px=_TITLE_PX,
        colour=_INK,
    )
    everything = f"{statistics.frames} frames"
    facts = [everything if shown == statistics.frames else f"{shown} of {everything} shown"]
    facts += [f"{count} {category}" for category, count in statistics.categories.items()]
    sizes = list(statistics.sizes)
    more = f" and {len(sizes) - 3} more sizes" if sizes[3:] else ""
    facts.append(f"height x width {', '.join(sizes[:3])}{more}")
    if not statistics.frames_with_truth:
        facts.append("no truth")
    draw_text(
        page,
        "   |   ".join(facts),
        (_MARGIN_PX + 52, _MARGIN_PX),
        size_px=_TEXT_PX,
        colour=_PALE_INK,
    )
    return page


def _grid(dataset: FilePairDataset, chosen: list[int]) -> list[NDArray[np.uint8]]:
    """Give the rows of frames, each with its captions."""
    first = dataset.read_image(chosen[0])
    aspect = first.shape[1] / first.shape[0]
    columns = 4 if aspect < 1.6 else 3 if aspect < 2.2 else 2
    width = (_PAGE_WIDTH_PX - 2 * _MARGIN_PX - (columns - 1) * _GAP_PX) // columns
    rows = []
    for start in range(0, len(chosen), columns):
        cells = [_cell(dataset, index, width) for index in chosen[start : start + columns]]
        row = _paper(max(cell.shape[0] for cell in cells) + _GAP_PX)
        for position, cell in enumerate(cells):
            left = _MARGIN_PX + position * (width + _GAP_PX)
            row[: cell.shape[0], left : left + width] = cell
        rows.append(row)
    return rows


def _cell(dataset: FilePairDataset, index: int, width: int) -> NDArray[np.uint8]:
    """Draw one frame with its truth, and its caption below."""
    sample = dataset[index]
    picture, note = sample.image, "no truth"
    if sample.mask is not None:
        picture = blend(sample.image, sample.mask, dataset.label_set, _OPACITY)
        note = f"void {_percent(float((sample.mask == VOID).mean()))}"
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    way = cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_LINEAR
    caption = np.full((_SMALL_PX + 12, width, 3), _PAPER, np.uint8)
    note_left = width - text_width(note, size_px=_SMALL_PX)
    name = _shortened(sample.frame.name, note_left - _GAP_PX)
    middle = caption.shape[0] // 2
    draw_text(caption, name, (middle, 0), size_px=_SMALL_PX, colour=_INK)
    draw_text(caption, note, (middle, note_left), size_px=_SMALL_PX, colour=_PALE_INK)
    return np.concatenate([cv2.resize(picture, (width, height), interpolation=way), caption])


def _legend(dataset: FilePairDataset, statistics: DatasetStatistics) -> NDArray[np.uint8]:
    """Draw a chip for each class and one for void, with their shares."""
    entries = [
        # As in the frames, the class "background" is left uncoloured.
        (entry.name, entry.share, (_PAPER,) * 3 if entry.name == REST else colour)
        for entry, colour in zip(statistics.classes, dataset.label_set.colours, strict=True)
    ]
    columns = (_PAGE_WIDTH_PX - 2 * _MARGIN_PX) // _LEGEND_COLUMN_PX
    rows = -(-(len(entries) + 1) // columns)
    page = _paper(_GAP_PX + rows * _LEGEND_ROW_PX)
    page[2, _MARGIN_PX:-_MARGIN_PX] = _LINE
    for number, (name, share, colour) in enumerate(
        [*entries, ("void", statistics.void_share, None)]
    ):
        top = _GAP_PX + number // columns * _LEGEND_ROW_PX
        left = _MARGIN_PX + number % columns * _LEGEND_COLUMN_PX
        chip = page[top : top + _CHIP_PX, left : left + _CHIP_PX]
        chip[:] = _LINE
        inside = chip[1:-1, 1:-1]
        inside[:] = stripe_pattern(*inside.shape[:2]) if colour is None else colour
        text_left = left + _CHIP_PX + 8
        middle = top + _CHIP_PX // 2
        draw_text(page, name, (middle, text_left), size_px=_TEXT_PX, colour=_INK)
        if share is not None:
            text_left += text_width(name, size_px=_TEXT_PX) + 8
            draw_text(
                page, _percent(share), (middle, text_left), size_px=_TEXT_PX, colour=_PALE_INK
            )
    return page


def _paper(height: int) -> NDArray[np.uint8]:
    return np.full((height, _PAGE_WIDTH_PX, 3), _PAPER, np.uint8)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _shortened(name: str, width: int) -> str:
    """Cut the middle of a name that is too long for its place; its ends tell frames apart."""
    kept = len(name)
    short = name
    while kept > 4 and text_width(short, size_px=_SMALL_PX) > width:
        kept -= 1
        short = f"{name[: kept // 2]}...{name[-(kept - kept // 2) :]}"
    return short
