"""Shapes of what an earlier run has labelled, made of its label pictures, without the network.

Label pictures hold each pixel's class as it is, so they give the shapes that the network's answer
gave. Of a video that became a video no labels lie there.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from roadfcn.errors import ImageFileError, MaskError
from roadfcn.image_files import read_mask_picture
from roadfcn.label_sets import LabelSet
from roadfcn.prediction.results.outputs import LABELS, Outputs, Shapes, picture_path
from roadfcn.prediction.results.record import Record, shapes_of
from roadfcn.prediction.runs.journal import Journal
from roadfcn.prediction.runs.resuming import is_done
from roadfcn.prediction.sources.origin import Origin
from roadfcn.prediction.sources.source import Source, Video


def lacks_shapes_only(
    source: Source, origin: Origin, out: Path, outputs: Outputs, journal: Journal
) -> bool:
    """Tell whether a source is done but for shapes, and its labels lie there.

    Args:
        source: A picture or video that is not done.
        origin: Where it comes from, in the state that it has now.
        out: Folder of results.
        outputs: What is to be written.
        journal: What was noted down.
    """
    if outputs.shapes is None or (isinstance(source, Video) and not outputs.frames):
        return False
    return is_done(source, origin, out, replace(outputs, shapes=None), journal)


def add_shapes(
    source: Source, origin: Origin, out: Path, form: Shapes, label_set: LabelSet, journal: Journal
) -> bool:
    """Note down the shapes of a source that lacks nothing else.

    Args:
        source: A picture, or a video whose frames became pictures.
        origin: Where it comes from.
        out: Folder of results.
        form: Of the shapes.
        label_set: Classes of the labels.
        journal: Has its records, and gets them with shapes.

    Returns:
        Whether all its labels could be read; else it is to be labelled again.

    Raises:
        OutputError: The journal cannot be written.
    """
    name = source.stem.as_posix()
    is_video = isinstance(source, Video)
    for picture in journal.frames(name) if is_video else [name]:
        record = _with_shapes(journal.record(picture), out, form, label_set)
        if record is None:
            return False
        journal.add(record, None if is_video else origin)
    if is_video:
        journal.add_video(name, journal.videos[name] | {"shapes": form})
    return True


def _with_shapes(record: Record, out: Path, form: Shapes, label_set: LabelSet) -> Record | None:
    """Give a record with its shapes; None if its labels are not whole any more."""
    path = picture_path(out, LABELS, Path(record.name))
    try:
        labels = read_mask_picture(path, max_pixels=record.height * record.width)
    except (ImageFileError, MaskError):
        return None
    if labels.shape != (record.height, record.width) or labels.max() >= len(label_set):
        return None
    return replace(record, shapes=shapes_of(labels, label_set, form), form=form)
