"""Refuses sources whose results would take each other's place, all of them at once.

Nothing is renamed to avoid it: what a result is called would depend on what else lies there, and a
call that goes on, or another share, would find it under another name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from roadfcn.errors import OutputError
from roadfcn.prediction.results.outputs import is_frame_name, main_result
from roadfcn.prediction.sources.source import Picture, Source, Video

_MOST_SHOWN = 5

_Pair = tuple[Source, Source]


def check_names(sources: Iterable[Source], out: Path) -> None:
    """Refuse sources of one name; a picture and a video may have one, as their results differ.

    A picture that is called as a frame of one of the videos is refused too.

    Args:
        sources: All of them.
        out: Folder of results.

    Raises:
        OutputError: There are such; several pairs are listed.
    """
    pairs = list(_pairs(sources))
    if not pairs:
        return
    first, second = pairs[0]
    places = {main_result(out, source) for source in pairs[0]}
    both = f"be written to {places.pop()}" if len(places) == 1 else f"be called {second.stem}"
    raise OutputError(
        f"{first} and {second} would both {both}{_more(pairs[1:])}",
        allowed="sources of different names, or in different subfolders; a picture and a video "
        "may be called the same",
        do=_advice(first, second),
    )


def _pairs(sources: Iterable[Source]) -> Iterator[_Pair]:
    pictures: dict[Path, Source] = {}
    videos: dict[Path, Source] = {}
    for source in sources:
        same = videos if isinstance(source, Video) else pictures
        other = same.setdefault(source.stem, source)
        if other is not source:
            yield other, source
    for kind in (pictures, videos):
        for stem, source in kind.items():
            if stem.parent in videos and is_frame_name(stem.name):
                yield videos[stem.parent], source


def _more(pairs: Sequence[_Pair]) -> str:
    if not pairs:
        return ""
    shown = [f"{first} and {second}" for first, second in pairs[:_MOST_SHOWN]]
    rest = "; ..." if len(pairs) > _MOST_SHOWN else ""
    noun = "pair" if len(pairs) == 1 else "pairs"
    return f", and so it is with {len(pairs)} more {noun}: {'; '.join(shown)}{rest}"


def _advice(first: Source, second: Source) -> str:
    endings = [_ending(source) for source in (first, second)]
    if all(endings) and endings[0] != endings[1]:
        patterns = " and ".join(f'"FOLDER/**/*{ending}"' for ending in endings)
        return f"predict them in two calls, {patterns}, each with an --out of its own"
    return "predict them in two calls, each with an --out of its own, or rename one of them"


def _ending(source: Source) -> str:
    """Give the ending of a file that a pattern can find; of others none."""
    if isinstance(source, Picture):
        return source.path.suffix
    if isinstance(source, Video) and isinstance(source.address, Path):
        return source.address.suffix
    return ""
