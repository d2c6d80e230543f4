"""Runs password hashes on ``core.hashing``, with a bounded queue: a flood of logins must not cost the memory or the minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from skrytka.core import Core
from skrytka.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")


class Queue:
    """How many hashes of this process run or wait."""

    def __init__(self) -> None:
        self.length = 0


async def run(core: Core, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``function`` in a hashing thread; ``Unavailable`` when too many wait already."""
    queue = core.state(Queue)
    if queue.length >= core.settings.auth.argon2_queue:
        raise Unavailable("Too many logins at once, try again later")
    queue.length += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(core.hashing, lambda: function(*args, **kwargs))
    finally:
        queue.length -= 1
