"""Many idle sessions in one event loop, and when each of them heard of how many messages."""

from __future__ import annotations

import asyncio
import re
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from tests.live.serving import Service

_TIMEOUT_S = 90.0
_LOGINS_AT_ONCE = 20
_EXISTS = re.compile(rb"\* (\d+) EXISTS")


class IdleSessions:
    """``heard`` has for each session the last EXISTS that it was told. The addresses take turns."""

    def __init__(self, service: Service, addresses: list[str], count: int) -> None:
        self._port = service.ports["imap.listen"]
        self._addresses = [addresses[number % len(addresses)] for number in range(count)]
        self.heard = [0] * count
        self.ended: list[int] = []
        self._idle: Future[None] = Future()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        self._idle.result(_TIMEOUT_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join()

    def all_heard(self, messages: int) -> bool:
        assert not self.ended, f"{len(self.ended)} sessions were thrown out"
        return set(self.heard) == {messages}

    def _cancel(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._all())
            except asyncio.CancelledError:
                return
            except BaseException as error:
                self._idle.set_exception(error)
                raise

    async def _all(self) -> None:
        gate = asyncio.Semaphore(_LOGINS_AT_ONCE)
        clients = await asyncio.gather(*(self._begin(gate, address) for address in self._addresses))
        self._idle.set_result(None)
        try:
            await asyncio.gather(*(self._listen(number, reader) for number, (reader, _) in enumerate(clients)))
        finally:
            for _, writer in clients:
                writer.transport.abort()

    async def _begin(self, gate: asyncio.Semaphore, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(f"a LOGIN {address} secret\r\nb SELECT INBOX\r\nc IDLE\r\n".encode())
            while not (line := await reader.readline()).startswith(b"+"):
                assert line
        return reader, writer

    async def _listen(self, number: int, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if found := _EXISTS.match(line):
                self.heard[number] = int(found[1])
        self.ended.append(number)
