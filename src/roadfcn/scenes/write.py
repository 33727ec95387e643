"""Write generated scenes as a KITTI Road tree, with truth for the test split too."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import shutil
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import cv2

from roadfcn.errors import ConfigError, OutputError
from roadfcn.image_files import write_image
from roadfcn.kitti.calibration import write_calibration
from roadfcn.kitti.layout import (
    CALIBRATION_FOLDER,
    CATEGORIES,
    CLASSES_FOLDER,
    IMAGE_FOLDER,
    SCENES_FILE,
    TESTING,
    TRAINING,
    TRUTH_FOLDER,
    FrameId,
)
from roadfcn.machine import usable_threads
from roadfcn.output_files import new_folder, write_text, writing
from roadfcn.scenes.description.scene import FULL_SIZE
from roadfcn.scenes.description.variety import Variety, choose_variety
from roadfcn.scenes.drawing.draw import draw_scene
from roadfcn.scenes.painter import paint

PAINTER_VERSION = 3
"""Raised when the same seed gives other pictures, so that nobody takes old ones for new."""

SMALLEST_SIZE, LARGEST_SIZE = (32, 64), (3000, 8000)
MAX_FRAMES = 300_000
"""Per split: names have six digits for each of three categories, and some disks would fill."""
MAX_WORKERS = 256
"""Each is a process of some 200 MiB; one digit too many shall not end a machine."""

_FOLDERS = (IMAGE_FOLDER, TRUTH_FOLDER, CLASSES_FOLDER, CALIBRATION_FOLDER)
_FRAMES_AHEAD = 4  # jobs queued for each worker


@dataclass(frozen=True)
class Job:
    """One frame to write."""

    out: Path
    seed: int
    split: str
    frame: FrameId
    size: tuple[int, int]
    variety: Variety


def write_scenes(
    out: Path,
    *,
    train: int,
    test: int,
    seed: int = 0,
    size: tuple[int, int] = FULL_SIZE,
    preset: str = "kitti",
    without: Sequence[str] = (),
    workers: int | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write `train` + `test` frames below `out`; categories um, umm, uu take turns.

    A frame depends on the seed, its split and its name alone: not on the number of workers, nor
    on how many frames are written.

    Args:
        out: A new or empty folder.
        train: Frames in `training`.
        test: Frames in `testing`; they have truth too.
        seed: Another seed, other scenes.
        size: Height and width; KITTI's camera sees the same at all, others have square pixels.
        preset: A name in `variety.PRESETS`.
        without: Features of the preset to leave out.
        workers: Processes; None takes one for each core. 1 works in this process.
        overwrite: Whether `out` may hold files; those of the same name are replaced.
        progress: Called with (frames done, frames in all).

    Raises:
        ConfigError: A number is out of range, or there is no such preset or feature.
        OutputError: `out` cannot be written, or holds files and `overwrite` is off, or a process
            was ended by the system. Unless `overwrite` is on, nothing is left in it then.
    """
    _check(train=train, test=test, seed=seed, size=size, workers=workers)
    variety = choose_variety(preset, without)
    out = new_folder(out, overwrite=overwrite)
    counts = {TRAINING: train, TESTING: test}
    _make_folders(out, counts)
    jobs = [
        Job(out, seed, split, frame, size, variety)
        for split, count in counts.items()
        for frame in frame_names(count)
    ]
    processes = min(workers or usable_threads(), len(jobs))
    finished = _one_after_another(jobs) if processes == 1 else _in_processes(jobs, processes)
    try:
        with contextlib.closing(finished):  # no worker writes any more when this is left
            for done in finished:
                if progress is not None:
                    progress(done, len(jobs))
        _describe(out, train=train, test=test, seed=seed, size=size, variety=variety)
    except BaseException:
        # Half of a data set reads like a whole, smaller one. What was here before stays.
        if not overwrite:
            for split in counts:
                shutil.rmtree(out / split, ignore_errors=True)
        raise


def _make_folders(out: Path, splits: Iterable[str]) -> None:
    with writing(out / SCENES_FILE):
        # It vouches for all frames, so it goes before the first of them is replaced.
        (out / SCENES_FILE).unlink(missing_ok=True)
    for split, folder in product(splits, _FOLDERS):
        new_folder(out / split / folder, overwrite=True)


def _describe(
    out: Path, *, train: int, test: int, seed: int, size: tuple[int, int], variety: Variety
) -> None:
    """Write down what the frames were made from; it comes last, so it vouches for all of them."""
    facts = {
        "painter": PAINTER_VERSION,
        "seed": seed,
        "training": train,
        "testing": test,
        "size": list(size),
        "features": [name for name, present in asdict(variety).items() if present],
    }
    write_text(out / SCENES_FILE, json.dumps(facts, indent=2) + "\n")


def frame_names(count: int) -> list[FrameId]:
    """Give the names of `count` frames: um_000000, umm_000000, uu_000000, um_000001, ..."""
    return [
        FrameId(CATEGORIES[number % len(CATEGORIES)], number // len(CATEGORIES))
        for number in range(count)
    ]


def write_frame(job: Job) -> None:
    """Paint a frame and write its picture, truth and calibration.

    Raises:
        OutputError: A file cannot be written.
    """
    painted = paint(draw_scene(job.seed, job.split, job.frame, job.variety, job.size), job.size)
    folder = job.out / job.split
    write_calibration(folder / CALIBRATION_FOLDER / f"{job.frame}.txt", painted.calibration)
    road, lane = painted.road_truth(), painted.lane_truth()
    write_image(folder / TRUTH_FOLDER / f"{job.frame.truth_stem('road')}.png", road)
    if lane is not None:
        write_image(folder / TRUTH_FOLDER / f"{job.frame.truth_stem('lane')}.png", lane)
    write_image(folder / CLASSES_FOLDER / f"{job.frame}.png", painted.street_class)
    write_image(folder / IMAGE_FOLDER / f"{job.frame}.png", painted.image)


def _one_after_another(jobs: list[Job]) -> Generator[int]:
    for done, job in enumerate(jobs, start=1):
        write_frame(job)
        yield done


def _in_processes(jobs: list[Job], workers: int) -> Generator[int]:
    """Write frames in fresh processes; give the number done after each that ends."""
    # Spawned, not forked: a fork of a process with threads (torch, OpenCV) may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=cv2.setNumThreads, initargs=(1,)
    ) as pool:
        waiting = iter(jobs)
        running = set()
        done = 0
        try:
            while True:
                for job in waiting:
                    running.add(pool.submit(write_frame, job))
                    if len(running) >= workers * _FRAMES_AHEAD:
                        break
                if not running:
                    return
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    future.result()
                    done += 1
                    yield done
        except BrokenProcessPool as problem:
            raise OutputError(
                "a process that painted frames was ended by the system, as happens when memory "
                "runs out",
                allowed="about 200 bytes of memory for each pixel of a frame in each process, and "
                "100 MiB",
                do="give a smaller --workers or --size",
            ) from problem
        finally:
            for future in running:
                future.cancel()


def _check(*, train: int, test: int, seed: int, size: tuple[int, int], workers: int | None) -> None:
    for name, count in (("train", train), ("test", test)):
        if not 0 <= count <= MAX_FRAMES:
            raise ConfigError(
                f"{name} is {count} frames",
                allowed=f"0 to {MAX_FRAMES}",
                do=f"give another number for {name}",
            )
    if train + test == 0:
        raise ConfigError(
            "both train and test are 0 frames", allowed="at least one frame", do="ask for some"
        )
    if not 0 <= seed < 2**63:
        raise ConfigError(f"the seed is {seed}", allowed="0 to 2^63 - 1", do="give another seed")
    if not all(
        low <= value <= high
        for low, value, high in zip(SMALLEST_SIZE, size, LARGEST_SIZE, strict=True)
    ):
        raise ConfigError(
            f"the size is {size[0]}x{size[1]} (height x width)",
            allowed=f"{SMALLEST_SIZE[0]}x{SMALLEST_SIZE[1]} to {LARGEST_SIZE[0]}x{LARGEST_SIZE[1]}",
            do="give another size",
        )
    if workers is not None and not 1 <= workers <= MAX_WORKERS:
        raise ConfigError(
            f"workers is {workers}", allowed=f"1 to {MAX_WORKERS}", do="give another number"
        )
