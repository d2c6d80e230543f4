"""The REST server on a socket: what one client may cost, in octets, time and connections."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from skrytka.core import Core
from skrytka.model import Actor
from skrytka.rest.app import create_app
from skrytka.rest.outermost import Outermost
from skrytka.serve import rest_server
from skrytka.serve.bounded_http import RESERVED
from skrytka.serve.rest_server import RestServer
from skrytka.services import keys
from skrytka.settings import Rest, Settings
from tests.cores import open_core

if TYPE_CHECKING:
    from skrytka.store.opening import Databases

LIVE = b"GET /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture(autouse=True)
def _sweep_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_server, "SWEEP_S", 0.02)


@pytest.fixture
async def core(open_databases: Databases, settings: Settings) -> AsyncIterator[Core]:
    async with open_core(open_databases, settings) as core:
        yield core


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, octets: bytes) -> tuple[int, dict[str, str], Any]:
        self.writer.write(octets)
        return await self.answer()

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        fields = dict(line.split(": ", 1) for line in head[1:-1])
        body = await self.reader.readexactly(int(fields.get("content-length", 0)))
        return int(head[0].split()[1]), fields, json.loads(body) if body else None

    async def statuses(self) -> list[int]:
        """Of the answers until the server closes."""
        found = []
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionResetError, BrokenPipeError):
            while True:
                found.append((await self.answer())[0])
        return found

    async def closed(self) -> bool:
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True


class Serving:
    def __init__(self, address: tuple[str, int], secret: str) -> None:
        self._address = address
        self._opened: list[Client] = []
        self.secret = secret

    async def connect(self, host: str = "127.0.0.1") -> Client:
        client = Client(*await asyncio.open_connection(*self._address, local_addr=(host, 0)))
        self._opened.append(client)
        return client

    def close(self) -> None:
        for client in self._opened:
            client.writer.close()


@asynccontextmanager
async def serving(core: Core, **rest: Any) -> AsyncIterator[Serving]:
    changed = msgspec.structs.replace(core.settings, rest=msgspec.structs.replace(Rest(), **rest))
    served = dataclasses.replace(core, settings=changed)
    _, secret = await keys.create(core, Actor("tests", "cli"), "tests")
    listening = socket.create_server(("127.0.0.1", 0))
    server = RestServer(Outermost(create_app(served)), changed, "rest.listen", [listening])
    await server.start()
    client = Serving(listening.getsockname()[:2], secret)
    yield client
    client.close()
    await server.drain()


def is_problem(answer: tuple[int, dict[str, str], Any], status: int, code: str) -> bool:
    found, fields, body = answer
    return (found, fields["content-type"], body["code"], body["status"]) == (
        status,
        "application/problem+json",
        code,
        status,
    )


HEADS: dict[str, Callable[[int], bytes]] = {
    "path": lambda size: b"GET /" + b"a" * size + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "value": lambda size: b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * size + b"\r\n\r\n",
    "name": lambda size: b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a" * size + b": x\r\n\r\n",
    "trailer": lambda size: (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * size + b"\r\n\r\n"
    ),
    "extension": lambda size: (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"a" * size + b"\r\nx\r\n0\r\n\r\n"
    ),
}


@pytest.mark.parametrize("kind", ["path", "value", "name"])
async def test_a_large_head_is_431(core: Core, kind: str) -> None:
    """Whole, and in pieces of which none is too large."""
    async with serving(core, header_octets=4_096) as served:
        for step in (1_000_000, 1_000):
            client = await served.connect()
            octets = HEADS[kind](4_096)
            for start in range(0, len(octets), step):
                client.writer.write(octets[start : start + step])
                await asyncio.sleep(0.001)
            assert is_problem(await client.answer(), 431, "header_too_large")
            assert await client.closed()
        client = await served.connect()
        assert (await client.ask(HEADS[kind](3_900)))[0] in (400, 404)


@pytest.mark.parametrize("kind", HEADS)
async def test_endless_octets_that_are_no_body_end(core: Core, kind: str) -> None:
    async with serving(core, header_octets=4_096) as served:
        client = await served.connect()
        client.writer.write(HEADS[kind](10_000_000)[:5_000_000])
        assert set(await client.statuses()) <= {431, 401}


async def test_many_fields_are_431(core: Core) -> None:
    async with serving(core, header_fields=10) as served:
        client = await served.connect()
        assert (await client.ask(b"GET /healthz/live HTTP/1.1\r\n" + b"A: b\r\n" * 10 + b"\r\n"))[0] == 200
        answer = await client.ask(b"GET /healthz/live HTTP/1.1\r\n" + b"A: b\r\n" * 11 + b"\r\n")
        assert is_problem(answer, 431, "header_too_large")


async def test_no_http_is_400(core: Core) -> None:
    async with serving(core) as served:
        client = await served.connect()
        assert is_problem(await client.ask(b"NONSENSE\r\n\r\n"), 400, "malformed_request")
        assert await client.closed()


async def test_a_body_is_no_head_and_pipelines_are_answered_in_order(core: Core) -> None:
    async with serving(core, header_octets=512) as served:
        client = await served.connect()
        put = (
            b"PUT /v1/domains/a.example HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\nContent-Length: 2000\r\n\r\n"
        )
        client.writer.write(LIVE + put % served.secret.encode() + b'{"status":"active"}'.ljust(2_000) + LIVE * 3)
        assert [(await client.answer())[0] for _ in range(5)] == [200, 201, 200, 200, 200]


async def test_an_endless_pipeline_is_closed(core: Core) -> None:
    async with serving(core) as served:
        client = await served.connect()
        client.writer.write(LIVE * 1_000)
        assert len(await client.statuses()) < 100


async def test_a_head_that_does_not_come_is_408(core: Core) -> None:
    async with serving(core, header_timeout_s=0.3, keep_alive_s=60) as served:
        silent, started, later = [await served.connect() for _ in range(3)]
        assert (await later.ask(LIVE))[0] == 200
        started.writer.write(b"GET / HTTP/1.1\r\nHost:")
        assert is_problem(await started.answer(), 408, "request_timeout")
        assert await started.closed()
        assert await silent.closed()
        assert is_problem(await later.ask(b"GET /"), 408, "request_timeout")


async def test_a_body_that_does_not_come_is_408(core: Core) -> None:
    async with serving(core, idle_timeout_s=0.3) as served:
        client = await served.connect()
        head = (
            b"PUT /v1/domains/a.example HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\nContent-Length: 9\r\n\r\n{"
        )
        assert is_problem(await client.ask(head % served.secret.encode()), 408, "request_timeout")
        assert await client.closed()


async def test_a_client_that_asks_no_more_is_closed(core: Core) -> None:
    async with serving(core, keep_alive_s=0.2) as served:
        client = await served.connect()
        assert (await client.ask(LIVE))[0] == 200
        assert await client.closed()


async def test_a_client_that_does_not_read_is_cut(core: Core) -> None:
    async with serving(core, idle_timeout_s=0.3) as served:
        client = await served.connect()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(200):
            client.writer.write(b"GET /docs/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
            await asyncio.sleep(0.005)
            if client.writer.transport.is_closing():
                break
        await asyncio.sleep(0.5)
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert len(await client.statuses()) < 200


@pytest.mark.parametrize("limit", ["max_connections", "max_connections_per_address"])
async def test_idle_connections_shut_nobody_out(core: Core, limit: str) -> None:
    """Beyond the limits probes are answered, all else is a 503; what has a place keeps it."""
    async with serving(core, **{limit: 2}) as served:
        first, second = await served.connect(), await served.connect()
        assert (await first.ask(LIVE))[0] == (await second.ask(LIVE))[0] == 200
        idle = [await served.connect() for _ in range(3 * RESERVED)]
        probe = await served.connect()
        status, fields, _ = await probe.ask(LIVE)
        assert (status, fields["connection"]) == (200, "close")
        assert await probe.closed()
        other = await served.connect()
        answer = await other.ask(b"GET /v1/domains HTTP/1.1\r\nHost: x\r\n\r\n")
        assert is_problem(answer, 503, "too_many_connections")
        assert int(answer[1]["retry-after"]) > 0
        assert [await client.closed() for client in idle[:RESERVED]] == [True] * RESERVED
        assert (await first.ask(LIVE))[0] == 200
        first.writer.close()
        await asyncio.sleep(0.05)
        assert (await (await served.connect()).ask(b"GET /v1/domains HTTP/1.1\r\nHost: x\r\n\r\n"))[0] == 401


async def test_another_address_has_places_of_its_own(core: Core) -> None:
    async with serving(core, max_connections_per_address=1) as served:
        await (await served.connect()).ask(LIVE)
        here, elsewhere = await served.connect(), await served.connect("127.0.0.2")
        assert (await here.ask(b"GET /v1/domains HTTP/1.1\r\nHost: x\r\n\r\n"))[0] == 503
        assert (await elsewhere.ask(b"GET /v1/domains HTTP/1.1\r\nHost: x\r\n\r\n"))[0] == 401
