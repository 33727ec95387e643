"""The folder of a run: its name, the names of what is in it, and who may go on in it."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import itertools
import logging
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from roadfcn.errors import ConfigError
from roadfcn.output_files import writing

CONFIG_FILE = "config.yaml"
ENVIRONMENT_FILE = "environment.json"
LAST_CHECKPOINT = "last.ckpt"
FROZEN_WEIGHTS = "frozen.ckpt"
BEST_MODEL = "model.safetensors"
EPOCH_TABLE = "metrics.csv"
TENSORBOARD_FOLDER = "tensorboard"
EVALUATION_FOLDER = "evaluation"

_logger = logging.getLogger(__name__)
_held: set[int] = set()


@contextlib.contextmanager
def new_run_folder(
    runs: Path, name: str, describe: Callable[[Path], None], stack: contextlib.ExitStack
) -> Iterator[Path]:
    """Give a new `runs/<yyyymmdd-hhmmss>-<name>`; a second run in the same second gets a number.

    It is filled under a hidden name, and gets its own when it is described: so a run that is
    killed at any moment is there with its recipe, and can be resumed, or is not there. It is
    taken away again if what is done inside fails.

    Args:
        runs: Is made if needed.
        name: Of the recipe.
        describe: Writes recipe and circumstances to a folder.
        stack: Holds the folder until it ends.

    Raises:
        OutputError: The folder cannot be made.
    """
    run = hidden = runs / f".{secrets.token_hex(8)}.part"
    try:
        with writing(hidden):
            hidden.mkdir(parents=True)
        stack.enter_context(held(hidden))
        describe(hidden)
        for run in _names(runs, name):
            if _takes_name(hidden, run):
                break
        yield run
    except BaseException:  # a signal too
        if not hidden.exists():  # it has its name: away with that first, for the same reason
            with contextlib.suppress(OSError):
                run.rename(hidden)
        shutil.rmtree(hidden, ignore_errors=True)
        raise


def _names(runs: Path, name: str) -> Iterator[Path]:
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    yield runs / f"{stamp}-{name}"
    for number in itertools.count(2):
        yield runs / f"{stamp}-{name}-{number}"


def _takes_name(folder: Path, name: Path) -> bool:
    """Rename a folder; False if the name is another run's."""
    with writing(name):
        if os.path.lexists(name):
            return False
        try:
            # Of several processes the system lets one have it: no other's folder is empty.
            folder.rename(name)
        except OSError:
            if os.path.lexists(name):
                return False
            raise
    return True


def check_resumable(run: Path) -> None:
    """See to it that a folder is a run that can go on, or begin again.

    Raises:
        ConfigError: It is no run, or its checkpoint is gone although epochs were finished.
    """
    if not (run / CONFIG_FILE).is_file():
        runs = sorted(run.glob(f"[!.]*/{CONFIG_FILE}"))
        raise ConfigError(
            f"{run} cannot be resumed: "
            + (f"it has no {CONFIG_FILE}" if run.exists() else "there is no such folder"),
            allowed="a run folder as roadfcn train makes it",
            do=f"give one of the {len(runs)} runs in it; the newest is {runs[-1].parent}"
            if runs
            else "give the folder of a run, or start a new one from the recipe",
        )
    if not (run / LAST_CHECKPOINT).exists() and _has_finished_epochs(run):
        raise ConfigError(
            f"{run} cannot be resumed: it has no {LAST_CHECKPOINT}, but results that would be lost",
            allowed="the run folder with all files that the run wrote",
            do="put the file back, or start a new run from the recipe",
        )


def _has_finished_epochs(run: Path) -> bool:
    """Whether a checkpoint must have been there: it comes right after the table's first row."""
    table = run / EPOCH_TABLE
    rows = table.read_text(encoding="utf-8").splitlines() if table.is_file() else []
    return (run / EVALUATION_FOLDER).exists() or len(rows) > 2


def start_over(run: Path) -> None:
    """Remove what a run left that ended before its first checkpoint.

    Raises:
        OutputError: A file cannot be removed.
    """
    with writing(run):
        (run / BEST_MODEL).unlink(missing_ok=True)
        (run / FROZEN_WEIGHTS).unlink(missing_ok=True)
        (run / EPOCH_TABLE).unlink(missing_ok=True)
        if (run / TENSORBOARD_FOLDER).exists():
            shutil.rmtree(run / TENSORBOARD_FOLDER)


@contextlib.contextmanager
def held(run: Path) -> Iterator[None]:
    """Keep other processes from resuming a run while it is going on.

    The system gives the folder free when this process ends, however it ends: processes forked
    from it, such as those that read frames, live on for seconds but do not hold the folder.

    Raises:
        ConfigError: Another process holds it.
    """
    descriptor = os.open(run, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise ConfigError(
                f"another process is training in {run}",
                allowed="one process, or one group of processes, for each run",
                do="wait for it to end or end it, then resume",
            ) from problem
        except OSError:  # not all network disks can do this; then nothing is held
            _logger.debug("the disk of %s cannot hold folders", run)
        _held.add(descriptor)
        yield
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


def _let_go() -> None:
    """Hold nothing in a process that was just forked."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_let_go)
