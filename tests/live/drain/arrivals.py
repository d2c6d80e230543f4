"""Clients that come at a steady rate, each for one short conversation, and what became of them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from tests.live.serving import Service

_TIMEOUT_S = 30.0


class Arrivals:
    """``ok`` counts whole conversations; ``faults`` are all others. IMAP, POP3, LMTP and REST take turns."""

    def __init__(self, service: Service, per_second: int) -> None:
        self.ok = 0
        self.faults: list[str] = []
        self._pause_s = 1 / per_second
        self._stop = threading.Event()
        rest = b"GET /healthz/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        self._kinds = [
            (service.ports["imap.listen"], b"", b"a LOGOUT\r\n", b"a OK"),
            (service.ports["pop3.listen"], b"", b"QUIT\r\n", b"+OK"),
            (service.ports["lmtp.listen"], b"", b"QUIT\r\n", b"221 "),
            (service.ports["rest.listen"], rest, b"", b'"ok"'),
        ]

    @contextlib.contextmanager
    def coming(self) -> Iterator[None]:
        thread = threading.Thread(target=lambda: asyncio.run(self._come()))
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    async def _come(self) -> None:
        loop = asyncio.get_running_loop()
        began, number = loop.time(), 0
        async with asyncio.TaskGroup() as group:
            while not self._stop.is_set():
                group.create_task(self._converse(*self._kinds[number % len(self._kinds)]))
                number += 1
                await asyncio.sleep(max(began + number * self._pause_s - loop.time(), 0))

    async def _converse(self, port: int, first: bytes, after_greeting: bytes, wanted: bytes) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                answer = await _conversation(port, first, after_greeting)
        except (OSError, TimeoutError) as error:
            self.faults.append(f"{wanted!r}: {error!r}")
            return
        if wanted in answer:
            self.ok += 1
        else:
            self.faults.append(f"{wanted!r}: {answer!r}")


async def _conversation(port: int, first: bytes, after_greeting: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(first)
        greeting = b""
        if after_greeting:
            greeting = await reader.readline()
            writer.write(after_greeting)
        return greeting + await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
