"""What KITTI Road's server takes: a zip archive of bird's-eye pictures, one for each test frame.

    um_lane_000000.png ... um_lane_000095.png     only if own lanes were predicted
    um_road_000000.png ... um_road_000095.png
    umm_road_000000.png ... umm_road_000093.png
    uu_road_000000.png ... uu_road_000099.png

Each is 800 rows by 400 columns of 8-bit grey, 255 times the probability, in the archive's root.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import DatasetError, ImageFileError, OutputError
from roadfcn.image_files import read_grey_picture, write_image
from roadfcn.kitti.birds_eye import BIRDS_EYE_SIZE
from roadfcn.kitti.layout import OFFICIAL_TESTING_COUNTS, FrameId, Target
from roadfcn.output_files import atomic_output

_NAMED_IN_ERRORS = 5
_SAME_DATE = (1980, 1, 1, 0, 0, 0)  # the same pictures make the same archive


def entry_name(frame: FrameId, target: Target) -> str:
    """Name a frame's picture in the archive."""
    return f"{frame.truth_stem(target)}.png"


def check_complete(frames: Collection[FrameId]) -> None:
    """Refuse frames that are not the benchmark's 290 test frames.

    Raises:
        DatasetError: Frames are missing, or there are some that the benchmark does not have.
    """
    official = _official()
    missing = [frame for frame in official if frame not in frames]
    strange = sorted(set(frames).difference(official))
    found = []
    if missing:
        found.append(f"lacks {len(missing)} of the {len(official)} test frames: {_some(missing)}")
    if strange:
        found.append(f"has {len(strange)} that the benchmark has not: {_some(strange)}")
    if not found:
        return
    raise DatasetError(
        f"the data {' and '.join(found)}",
        allowed=" and ".join(
            f"{category}_000000 to {category}_{count - 1:06d}"
            for category, count in OFFICIAL_TESTING_COUNTS.items()
        ),
        do="copy the whole testing folder; --allow-incomplete writes what there is, but the "
        "benchmark's server will not take it",
    )


def is_complete(frames: Collection[FrameId]) -> bool:
    """Tell whether frames are the benchmark's 290 test frames, as its server wants them."""
    return set(frames) == set(_official())


def write_submission(path: Path, pictures: Iterable[tuple[str, NDArray[np.uint8]]]) -> int:
    """Write an archive, read every entry back, and only then let it have its name.

    Args:
        path: The zip file.
        pictures: Names (see `entry_name`) with 800,400 uint8; taken one after another.

    Returns:
        The number of pictures.

    Raises:
        OutputError: The file cannot be written, or does not hold what was written.
    """
    names = []
    with atomic_output(path) as part, tempfile.TemporaryDirectory() as scratch:
        with zipfile.ZipFile(part, "w") as archive:
            for name, picture in pictures:
                write_image(Path(scratch) / name, picture)
                content = (Path(scratch) / name).read_bytes()
                archive.writestr(zipfile.ZipInfo(name, _SAME_DATE), content)
                (Path(scratch) / name).unlink()
                names.append(name)
        check_submission(part, names)
    return len(names)


def check_submission(path: Path, names: Collection[str]) -> None:
    """Read an archive back: whether it holds these pictures and no others, in size and kind.

    Raises:
        OutputError: It does not.
    """
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as scratch:
            present = archive.namelist()
            if sorted(present) != sorted(names):
                odd = sorted(set(present).symmetric_difference(names)) or ["a name twice"]
                raise _unsound(f"{len(present)} entries where {len(names)} belong: {_some(odd)}")
            for name in present:
                extracted = Path(archive.extract(name, scratch))
                size = read_grey_picture(extracted).shape
                extracted.unlink()
                if size != BIRDS_EYE_SIZE:
                    raise _unsound(f"{name} with {size[0]} x {size[1]} pixels (height x width)")
    except ImageFileError as problem:
        raise _unsound(f"a picture that is none: {problem.found}") from problem
    except (zipfile.BadZipFile, EOFError) as problem:
        raise _unsound(f"no whole zip archive: {problem}") from problem


def _official() -> list[FrameId]:
    return [
        FrameId(category, index)
        for category, count in OFFICIAL_TESTING_COUNTS.items()
        for index in range(count)
    ]


def _unsound(found: str) -> OutputError:
    height, width = BIRDS_EYE_SIZE
    return OutputError(
        f"read back, the archive holds {found}",
        allowed=f"one 8-bit grey picture of {height} x {width} pixels for each frame",
        do="check the disk, then write it again",
    )


def _some(names: Collection[object]) -> str:
    listed = ", ".join(str(name) for name in list(names)[:_NAMED_IN_ERRORS])
    return listed + (", ..." if len(names) > _NAMED_IN_ERRORS else "")
