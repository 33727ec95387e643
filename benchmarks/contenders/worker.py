"""A process that holds one contender, or all of one engine, and answers when it is asked.

Engines keep threads that spin for a while after their work, and some set what others read. Apart
from each other, and each waiting while another one works, they are as fast as alone.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any


class Worker:
    """The near end of such a process.

    Args:
        make: Makes what answers, in the process and when it is first asked: a class, or a function
            that a module has by name.
        arguments: Of it.
    """

    def __init__(self, make: Callable[..., object], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._near, far = context.Pipe()
        self._process = context.Process(target=_serve, args=(far, make, arguments), daemon=True)
        self._process.start()
        far.close()

    def ask(self, *question: Any) -> Any:
        """Put a question, a method's name with its arguments, and wait for the answer.

        Raises:
            RuntimeError: It failed; with the words of who was asked.
        """
        self._near.send(question)
        try:
            kind, answer = self._near.recv()
        except EOFError:
            raise RuntimeError("the process has died, for lack of memory perhaps") from None
        if kind == "failed":
            raise RuntimeError(answer)
        return answer

    def close(self) -> None:
        """End the process."""
        self._near.close()
        self._process.join(timeout=30)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()


def _serve(far: Connection, make: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    asked = None
    while True:
        try:
            method, *words = far.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            asked = asked or make(*arguments)
            answer = ("done", getattr(asked, method)(*words))
        except Exception as problem:  # whatever an engine raises, the other side tells it
            answer = ("failed", f"{type(problem).__name__}: {problem}")
        far.send(answer)
