"""Runs an operation to its end without the event loop: what makes a SQLite transaction and its reads never suspend."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from skrytka.store.interface import StatementRefused

T = TypeVar("T")


def run_inline(operation: Awaitable[T]) -> T:
    """The result of an operation whose ``tx`` answers at once. One that awaits anything else is refused: it would hold the
    write turn of all processes while it waits.
    """
    steps = operation.__await__()
    try:
        next(steps)
    except StopIteration as done:
        result: T = done.value
        return result
    steps.close()
    raise StatementRefused("an operation awaited something other than its transaction")
