"""Runs password hashes on ``core.hashing``, with a bounded queue: a flood of logins must not cost the memory or the minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import ParamSpec, TypeVar

from skrytka.core import Core
from skrytka.services.turns import Turns

P = ParamSpec("P")
T = TypeVar("T")


class Queue(Turns):
    """The hashes of this process."""


def turn(core: Core) -> AbstractAsyncContextManager[None]:
    """Wait for one of ``auth.argon2_concurrency`` turns; ``Unavailable`` when too many wait already."""
    return core.state(Queue).take(core.settings.auth.argon2_concurrency, core.settings.auth.argon2_queue)


async def in_thread(core: Core, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``function`` in a hashing thread; for whoever has a turn."""
    return await asyncio.get_running_loop().run_in_executor(core.hashing, lambda: function(*args, **kwargs))


async def run(core: Core, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``function`` in a hashing thread when its turn has come."""
    async with turn(core):
        return await in_thread(core, function, *args, **kwargs)
