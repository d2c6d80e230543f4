"""Runs an operation to its end without awaiting anything but its ``tx``: a SQLite read at once, a transaction in slices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Generator
from typing import TypeVar

from skrytka.store.interface import StatementRefused

T = TypeVar("T")


class Pause:
    """Awaited in an operation, lets the event loop have its turn when a slice of work is over."""

    __slots__ = ("_slice_s", "_until")

    def __init__(self, slice_s: float) -> None:
        self._slice_s = slice_s
        self.start()

    def start(self) -> None:
        """A slice begins."""
        self._until = time.perf_counter() + self._slice_s

    @property
    def due(self) -> bool:
        return time.perf_counter() > self._until

    async def if_due(self) -> None:
        if self.due:
            await _TURN
            self.start()


class _Turn:
    """What a pause yields: as ``asyncio.sleep(0)`` does to the loop, but told from it by ``run_yielding``."""

    def __await__(self) -> Generator[_Turn, None, None]:
        yield self


_TURN = _Turn()


def run_inline(operation: Awaitable[T]) -> T:
    """The result of an operation whose ``tx`` answers at once. One that awaits anything else is refused: it would hold the
    snapshot while it waits.
    """
    steps = operation.__await__()
    try:
        next(steps)
    except StopIteration as done:
        result: T = done.value
        return result
    raise _refused(steps)


async def run_yielding(operation: Awaitable[T]) -> T:
    """The same for a transaction, with pauses. Waiting for anything else would hold the write turn of all processes."""
    steps = operation.__await__()
    try:
        while True:
            if next(steps) is not _TURN:
                raise _refused(steps)
            await asyncio.sleep(0)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        steps.close()


def _refused(steps: Generator[object, None, object]) -> StatementRefused:
    steps.close()
    return StatementRefused("an operation awaited something other than its transaction")
