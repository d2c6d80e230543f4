"""An acceptor on a real listening socket, on uvloop, with a conversation that the test writes."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from skrytka.connections.accepting import Acceptor, Terms
from skrytka.connections.interface import Connection, Listener
from skrytka.connections.limits import ConnectionLimits
from skrytka.connections.networks import parse_networks
from skrytka.serve.self_signed import make_self_signed
from skrytka.serve.tls import server_context

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Converse = Callable[[Connection], Awaitable[None]]


@pytest.fixture(scope="session")
def tls_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    make_self_signed(certificate, key, "localhost")
    return certificate, key


@pytest.fixture
def client_context(tls_files: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=tls_files[0])


class Served:
    """Listeners of one test, each with its acceptor."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self.acceptors: list[Acceptor] = []
        self.ports: list[int] = []

    def listen(
        self,
        converse: Converse,
        *,
        tls: bool = False,
        proxy: bool = False,
        trusted: tuple[str, ...] = (),
        limits: ConnectionLimits | None = None,
        allow_plaintext: bool = False,
        tls_ended: bool = False,
    ) -> Acceptor:
        listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.ports.append(listening.getsockname()[1])
        listener = Listener("test.listen", f"127.0.0.1:{self.ports[-1]}", tls, proxy, trusted, tls_ended)
        terms = Terms(
            listener,
            converse,
            limits or ConnectionLimits(100, 100),
            parse_networks(trusted),
            self._context,
            allow_plaintext,
        )
        acceptor = Acceptor(listening, terms)
        acceptor.start()
        self.acceptors.append(acceptor)
        return acceptor

    async def connect(self, context: ssl.SSLContext | None = None) -> Streams:
        return await asyncio.open_connection(
            "127.0.0.1", self.ports[-1], ssl=context, server_hostname="localhost" if context else None
        )


@pytest.fixture
async def served(tls_files: tuple[Path, Path]) -> AsyncIterator[Served]:
    served = Served(server_context(*tls_files))
    yield served
    for acceptor in served.acceptors:
        await acceptor.drain(0.5)


@pytest.fixture(autouse=True)
def _no_bug_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelname == "ERROR"] == []
