"""``auth.argon2_concurrency``: so many passwords are hashed at once, and no more."""

from __future__ import annotations

import asyncio
import threading

import msgspec
import pytest

from skrytka.extensions import Extensions
from skrytka.serve.composition import open_core
from skrytka.services import hashing
from skrytka.settings import Auth, Settings


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_auth_argon2_concurrency(settings: Settings) -> None:
    together = threading.Barrier(3)
    running = most = 0
    lock = threading.Lock()

    def meet() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(timeout=20)
        with lock:
            running -= 1

    three = msgspec.structs.replace(settings, auth=Auth(argon2_concurrency=3))
    async with open_core(three, Extensions(), migrating=True) as core:
        await asyncio.gather(*(hashing.run(core, meet) for _ in range(6)))
    assert most == 3
