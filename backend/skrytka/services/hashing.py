"""Runs password hashes on ``core.hashing``, with a bounded queue: a flood of logins must not cost the memory or the minutes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from skrytka.core import Core
from skrytka.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")


class Queue:
    """How many hashes of this process run or wait, and the turns that they wait for."""

    def __init__(self) -> None:
        self.length = 0
        self.turns: asyncio.Semaphore | None = None


@asynccontextmanager
async def turn(core: Core) -> AsyncIterator[None]:
    """Wait for one of ``auth.argon2_concurrency`` turns, first come, first served; ``Unavailable`` when too many wait already."""
    queue = core.state(Queue)
    if queue.length >= core.settings.auth.argon2_queue:
        raise Unavailable("Too many logins at once, try again later")
    if queue.turns is None:
        queue.turns = asyncio.Semaphore(core.settings.auth.argon2_concurrency)
    queue.length += 1
    try:
        async with queue.turns:
            yield
    finally:
        queue.length -= 1


async def in_thread(core: Core, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``function`` in a hashing thread; for whoever has a turn."""
    return await asyncio.get_running_loop().run_in_executor(core.hashing, lambda: function(*args, **kwargs))


async def run(core: Core, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``function`` in a hashing thread when its turn has come."""
    async with turn(core):
        return await in_thread(core, function, *args, **kwargs)
