"""Commands that a client sends together: their answers go out together, but none waits for what a later command waits for."""

from __future__ import annotations

import asyncio
import threading

from skrytka.core import Core
from tests import front_ends


async def test_an_answer_does_not_wait_for_the_command_after_it(core: Core, served: front_ends.Served) -> None:
    """The password of the second command is hashed in the one thread for that, which is taken."""
    reader, writer = await served.connect()
    free = threading.Event()
    taken = asyncio.get_running_loop().run_in_executor(core.hashing, free.wait)
    try:
        assert (await reader.readuntil(b"\r\n")).startswith(b"* OK")
        writer.write(f'a NOOP\r\nb LOGIN ann@example.org "{front_ends.PASSWORD}"\r\nc NOOP\r\n'.encode())
        async with asyncio.timeout(10):
            assert (await reader.readuntil(b"\r\n")).startswith(b"a OK")
            free.set()
            assert (await reader.readuntil(b"\r\n")).startswith(b"b OK")
            assert (await reader.readuntil(b"\r\n")).startswith(b"c OK")
    finally:
        free.set()
        await taken
        writer.close()
