"""Reading, computing and writing at the same time, with bounded memory and in order.

What runs here is generators: a stage takes items from the one before it and gives them on. So a
chain of stages reads like a loop, and only the reading and writing ends of it live in threads; the
model runs in the thread that asks for results. An error in any stage comes out there, in its
item's turn. However a stage ends (its last item, an error, Ctrl-C), nothing new is begun after
that, and what is running is waited for: files that are being written become whole.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class Room:
    """How much may be under way between two stages, in pixels.

    What is larger than all of the room goes through alone. Without this, a number of pictures
    that is right for photographs would be many gigabytes of aerial pictures.

    Args:
        pixels: How many may be under way at once.
    """

    def __init__(self, pixels: int) -> None:
        self._pixels = pixels
        self._taken = 0
        self._change = threading.Condition()

    def enter(self, pixels: int, *, wait: bool) -> bool:
        """Take a place for a picture; without `wait`, only if there is one now.

        Returns:
            Whether there was a place.
        """
        with self._change:
            while self._taken and self._taken + pixels > self._pixels:
                if not wait:
                    return False
                self._change.wait()
            self._taken += pixels
            return True

    def leave(self, pixels: int) -> None:
        """Give a picture's place back. May be called from any thread."""
        with self._change:
            self._taken -= pixels
            self._change.notify_all()


def in_threads(
    function: Callable[[_In], _Out],
    items: Iterable[_In],
    *,
    threads: int,
    ahead: int,
    prompt: bool = False,
    enter: Callable[[_In, bool], bool] | None = None,
    stop: Callable[[], None] | None = None,
) -> Generator[_Out, None, None]:
    """Apply a function to items in threads, and give its results in the items' order.

    Args:
        function: What is done; its error is raised when the item's turn comes.
        items: Taken one by one in the calling thread, no more than `ahead` before their results;
            a generator is closed at the end.
        threads: With 1, the function sees the items in order and never two at once.
        ahead: How many items may be under way.
        prompt: Give results as soon as they are there, as suits the last stage. Else as late as
            possible, so that the next stage always finds some ready.
        enter: Called with an item, and whether to wait, before it is begun: whether it may be.
            Only for the first stage, whose items nothing else keeps waiting.
        stop: Called at the end, also an early one, so that what is running may end sooner.
    """
    waiting: deque[Future[_Out]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                while enter is not None and not enter(item, not waiting):
                    yield waiting.popleft().result()
                waiting.append(pool.submit(function, item))
                while waiting and (len(waiting) >= ahead or (prompt and waiting[0].done())):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            if stop is not None:
                stop()
            pool.shutdown(wait=True, cancel_futures=True)
            # At once: while an error is on its way up, it holds the stage before this one alive.
            _close(items)


def prefetched(items: Iterable[_In], *, ahead: int) -> Generator[_In, None, None]:
    """Take items in a thread of their own, at most `ahead` before they are wanted.

    An error of theirs is raised in its turn. A generator is closed at the end.
    """
    iterator, end = iter(items), object()
    waiting: deque[Future[object]] = deque()
    with ThreadPoolExecutor(1) as pool:
        try:
            waiting.extend(pool.submit(next, iterator, end) for _ in range(ahead))
            while (item := waiting.popleft().result()) is not end:
                waiting.append(pool.submit(next, iterator, end))
                yield item  # type: ignore[misc]  # all but `end` are the iterator's
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            _close(iterator)


def newest(items: Iterable[_In]) -> Generator[_In, None, None]:
    """Take items as they come, in a thread of their own, and give the newest when one is wanted.

    For cameras, which do not wait: what came while the last one was worked on is let go. An error
    is raised when all that came before it was given or let go.
    """
    slot: deque[_In] = deque(maxlen=1)
    change = threading.Condition()
    ended, failed = threading.Event(), deque[BaseException]()
    iterator = iter(items)

    def take() -> None:
        try:
            for item in iterator:
                with change:
                    slot.append(item)
                    change.notify()
                if ended.is_set():
                    return
        except BaseException as problem:  # handed over, whatever it is
            failed.append(problem)
        finally:
            ended.set()
            with change:
                change.notify()

    taker = threading.Thread(target=take, daemon=True)
    taker.start()
    try:
        while True:
            with change:
                while not slot and not ended.is_set():
                    change.wait()
                if not slot:
                    break
                item = slot.popleft()
            yield item
        if failed:
            raise failed.popleft()
    finally:
        ended.set()
        taker.join()
        _close(iterator)


def _close(iterator: Iterable[object]) -> None:
    close = getattr(iterator, "close", None)
    if close is not None:
        with contextlib.suppress(Exception):  # what it raised before is what matters
            close()
