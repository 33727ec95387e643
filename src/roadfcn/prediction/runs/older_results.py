"""Which results in a folder are of another run, for people to be told."""

from __future__ import annotations

from pathlib import Path

from roadfcn.image_files import IMAGE_SUFFIXES, find_images
from roadfcn.prediction.results.outputs import RESULTS, Outputs, video_path
from roadfcn.prediction.runs.files import PredictedFiles
from roadfcn.prediction.runs.journal import Journal
from roadfcn.prediction.sources.source import Video
from roadfcn.prediction.sources.words import VIDEO_SUFFIXES


def older_results(
    out: Path, result: PredictedFiles, outputs: Outputs, journal: Journal
) -> list[Path]:
    """List the results below `out` that are not of this run, sorted.

    Args:
        out: The folder that `predict_files` wrote to.
        result: What it gave.
        outputs: What it wrote.
        journal: Where it noted down which frames it wrote.
    """
    own: set[Path] = set()
    for source in (*result.written, *result.kept):
        if not isinstance(source, Video):
            own.update(outputs.paths(out, source.stem))
        elif outputs.frames:
            for frame in journal.frames(source.stem.as_posix()):
                own.update(outputs.paths(out, Path(frame)))
        else:
            own.add(video_path(out, source.stem))
    return [
        path
        for kind in RESULTS
        if (out / kind).is_dir()
        for path in find_images(
            out / kind, (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES), refused=lambda _path, _problem: None
        )
        if path not in own
    ]
