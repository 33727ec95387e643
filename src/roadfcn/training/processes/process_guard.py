"""All processes of a run end together, and one of them says why.

Without this a process that waits for a dead one waits for half an hour, or Lightning kills the
first process before it could say a word. Three things happen instead. A process that fails leaves
its error where the others find it, and the first process raises it. A process whose contact to
another breaks looks for such a word, or for the signal that killed a child. And a thread watches
whether children and parent live, for the case that the main thread hangs in a call that does not
notice.
"""

from __future__ import annotations

import json
import logging
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.utilities.distributed import _set_num_threads_if_needed
from lightning.pytorch import Trainer
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher
from torch import distributed

import roadfcn.errors
from roadfcn.errors import RoadfcnError, TrainingError
from roadfcn.training.batches.loading import explaining_dead_loaders
from roadfcn.training.run_folder import CONFIG_FILE

_WORD_S = 5.0  # to wait for another process's word
_GRACE_S = 15.0  # for the main thread to notice by itself what the watching thread has seen
_LOOK_EVERY_S = 0.2
_KEY = "roadfcn/failure/{}"
_PARENT = "ROADFCN_FIRST_PROCESS"  # tells the processes that it starts its number
_ALLOWED = "all processes of a run, until its end"
_EXIT_CODE = 2

_logger = logging.getLogger(__name__)


@contextmanager
def ending_together(trainer: Trainer, run: Callable[[], Path]) -> Iterator[None]:
    """See to it that an error in one process ends all, told once.

    Args:
        trainer: Has not started its processes yet.
        run: Gives the run folder, once it is known to all.

    Raises:
        RoadfcnError: What went wrong in any process, in the first one; `SystemExit` in others,
            if the first one lives.
    """
    if trainer.world_size == 1:
        with explaining_dead_loaders(run):
            yield
        return
    guard = _Guard(trainer, run)
    try:
        with explaining_dead_loaders(run):
            yield
    except Exception as problem:
        verdict = guard.judge(problem)
        guard.end_children()
        if verdict is problem:
            raise
        raise verdict from problem
    except BaseException:
        guard.end_children()
        raise
    finally:
        guard.stop_watching()


class _Launcher(_SubprocessScriptLauncher):
    """Lightning's launcher, with our watch instead of its own, which kills without a word."""

    def __init__(
        self,
        origin: _SubprocessScriptLauncher,
        watch: Callable[[list[subprocess.Popen[Any]]], None],
    ) -> None:
        super().__init__(origin.cluster_environment, origin.num_processes, origin.num_nodes)
        self._watch = watch

    def launch(
        self,
        function: Callable[..., Any],
        *args: Any,  # noqa: ANN401 - Lightning's types
        trainer: Trainer | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Start the other processes of this machine, then call the function."""
        del trainer
        environment = self.cluster_environment
        environment.validate_settings(num_devices=self.num_processes, num_nodes=self.num_nodes)
        if not environment.creates_processes_externally:
            os.environ[_PARENT] = str(os.getpid())
            try:
                self._call_children_scripts()
            finally:  # a signal may come when some of them are started
                self._watch(self.procs)
        _set_num_threads_if_needed(num_processes=self.num_processes)
        return function(*args, **kwargs)


class _Guard:
    """Watches over one process of a run, its children and its parent."""

    def __init__(self, trainer: Trainer, run: Callable[[], Path]) -> None:
        self._trainer, self._run = trainer, run
        self._children: list[subprocess.Popen[Any]] = []
        self._done = threading.Event()
        # As it was told: it may be gone already, and then another one's number is here.
        self._parent = int(os.environ.get(_PARENT, os.getppid()))
        launcher = trainer.strategy.launcher
        self._is_child = False
        if isinstance(launcher, _SubprocessScriptLauncher):
            environment = launcher.cluster_environment
            own = isinstance(environment, LightningEnvironment)
            self._is_child = own and environment.creates_processes_externally
            trainer.strategy._launcher = _Launcher(launcher, self._watch_children)
        if self._is_child:
            self._start(self._parent_is_gone, "the first process of the run has ended")

    def judge(self, problem: Exception) -> BaseException:
        """Give what to raise in this process for an error that it met."""
        rank = self._trainer.global_rank
        if isinstance(problem, RoadfcnError):
            told = _publish(rank, problem)
            return problem if rank == 0 or not told else SystemExit(_EXIT_CODE)
        if not _contact_is_lost(problem):
            text = f"process {rank} of {self._trainer.world_size} failed: {problem!r}"
            _publish(rank, TrainingError(text, allowed=_ALLOWED, do="see its traceback"))
            return problem
        word = self._wait_for_word()
        if word is not None:
            return word if rank == 0 else SystemExit(_EXIT_CODE)
        if self._is_child:
            found = f"the first of {self._trainer.world_size} processes was killed"
        else:
            found = f"process {rank} of {self._trainer.world_size} lost contact with another one"
        return TrainingError(
            found,
            allowed=_ALLOWED,
            do=f"see what the others say, and whether memory has run out ('dmesg' tells); "
            f"{self._way_on()}",
        )

    def stop_watching(self) -> None:
        """Leave the others alone: this process has come out of what they do together."""
        self._done.set()

    def end_children(self) -> None:
        """Wait a little for the children to end by themselves, then end them."""
        deadline = time.monotonic() + _WORD_S
        for child in self._children:
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                # Gentler signals are not heard in a call that waits for the network.
                child.kill()
                child.wait()

    def _wait_for_word(self) -> RoadfcnError | None:
        """Give what another process left to say, or what became of a child."""
        deadline = time.monotonic() + _WORD_S
        while time.monotonic() < deadline:
            if self._is_child and self._parent_is_gone():
                return None  # and with it the table of words
            word = _published(self._trainer.world_size)
            if word is not None:
                return word
            for rank, child in self._fallen():
                return self._obituary(rank, child)
            time.sleep(_LOOK_EVERY_S)
        return None

    def _fallen(self) -> Iterator[tuple[int, subprocess.Popen[Any]]]:
        first = self._trainer.global_rank + 1
        for rank, child in enumerate(self._children, first):
            if child.poll():
                yield rank, child

    def _obituary(self, rank: int, child: subprocess.Popen[Any]) -> TrainingError:
        who = f"process {rank} of {self._trainer.world_size} (pid {child.pid})"
        if child.returncode >= 0:
            return TrainingError(
                f"{who} ended with code {child.returncode}",
                allowed=_ALLOWED,
                do=f"see its message above; {self._way_on()}",
            )
        name = signal.Signals(-child.returncode).name
        return TrainingError(
            f"{who} was killed by {name}",
            allowed=_ALLOWED,
            do="if nobody did so by hand, memory may have run out ('dmesg' tells): "
            f"data.cache=false and data.workers=0 take less; {self._way_on()}",
        )

    def _way_on(self) -> str:
        run = self._run()
        if (run / CONFIG_FILE).is_file():
            return f"go on from what is saved: roadfcn train --resume {shlex.quote(str(run))}"
        return "nothing was saved yet, so start again"

    def _watch_children(self, children: list[subprocess.Popen[Any]]) -> None:
        self._children = children
        self._start(lambda: any(self._fallen()), "another process of the run has ended")

    def _parent_is_gone(self) -> bool:
        return os.getppid() != self._parent

    def _start(self, is_over: Callable[[], bool], reason: str) -> None:
        def watch() -> None:
            while not self._done.wait(_LOOK_EVERY_S):
                if is_over():
                    break
            if not self._done.wait(_GRACE_S):
                # The main thread hangs where no exception reaches it.
                _logger.critical("roadfcn: %s, and this one waits for it; giving up", reason)
                for child in self._children:
                    child.kill()
                os._exit(_EXIT_CODE)

        threading.Thread(target=watch, name="process-guard", daemon=True).start()


def _contact_is_lost(problem: Exception) -> bool:
    """Whether an error is of the network between processes: torch has no one type for these."""
    if isinstance(problem, distributed.DistError | ConnectionError):
        return True
    text = str(problem).lower()
    signs = ("gloo", "nccl", "connection closed", "connection reset", "tcpstore", "broken pipe")
    return isinstance(problem, RuntimeError) and any(sign in text for sign in signs)


def _publish(rank: int, error: RoadfcnError) -> bool:
    """Leave an error for the other processes; False if there is no place any more."""
    record = {"kind": type(error).__name__, **vars(error)}
    try:
        _store().set(_KEY.format(rank), json.dumps(record))
    except (RuntimeError, ValueError):  # the first process is gone, or was never met
        return False
    return True


def _published(processes: int) -> RoadfcnError | None:
    """Give the error that another process has left, if there is one."""
    try:
        store = _store()
        for rank in range(processes):
            if store.check([_KEY.format(rank)]):
                record = json.loads(store.get(_KEY.format(rank)))
                kind = getattr(roadfcn.errors, record.pop("kind"))
                error: RoadfcnError = kind(**record)
                return error
    except (RuntimeError, ValueError):
        return None
    return None


def _store() -> Any:  # noqa: ANN401 - a type that torch declares nowhere
    """Give the table that all processes share; torch has no public name for it."""
    return distributed.distributed_c10d._get_default_store()
