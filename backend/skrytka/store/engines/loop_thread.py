"""A thread beside the event loop, for what blocks: waiting for a turn, COMMIT, checkpoints.

An executor does the same by two futures and three locks a call; each commit waits for that, and the interpreter is held for
it (measured: 120 us of processor time a call, this 70).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Does one thing after the other, and the end of the process does not wait for it."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._work: SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """What ``work`` returns or raises. A future cancelled before its turn comes is not begun."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._work.put((work, future))
        return future

    def end(self) -> None:
        """End after what is queued, without waiting for it."""
        self._work.put(None)

    def _run(self) -> None:
        while (job := self._work.get()) is not None:
            work, future = job
            if future.cancelled():
                continue
            result, failure = None, None
            try:
                result = work()
            except BaseException as error:
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
                self._loop.call_soon_threadsafe(_settle, future, result, failure)


def _settle(future: asyncio.Future[Any], result: Any, failure: BaseException | None) -> None:
    if future.done():  # nobody waits any more
        return
    if failure is not None:
        future.set_exception(failure)
    else:
        future.set_result(result)
