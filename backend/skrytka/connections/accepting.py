"""From a listening socket to conversations: accept, read the PROXY header, count, shake hands, converse, close.

The PROXY header has to be read to the octet before TLS starts, so the sockets become connections of the event loop here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable

import msgspec

from skrytka import metrics
from skrytka.connections import networks, proxy_protocol, slowness
from skrytka.connections.accept_loop import AcceptLoop
from skrytka.connections.connection import (
    HANDSHAKE_TIMEOUT_S,
    TLS_SHUTDOWN_TIMEOUT_S,
    Client,
    ClientConnection,
    Patience,
)
from skrytka.connections.interface import Connection, Listener
from skrytka.connections.limits import ConnectionLimits
from skrytka.outage import Outage

logger = logging.getLogger(__name__)

PROXY_HEADER_TIMEOUT_S = 5.0
_LIMITS = ("connections", "connections_per_address")


class Terms(msgspec.Struct, frozen=True):
    """What holds for every connection of one listener; ``limits`` is shared by the listeners of a front end."""

    listener: Listener
    converse: Callable[[Connection], Awaitable[None]]
    limits: ConnectionLimits
    trusted: tuple[networks.Network, ...] = ()
    tls_context: ssl.SSLContext | None = None
    allow_plaintext: bool = False
    patience: Patience = Patience()
    busy: bytes = b""


class _Refused(Exception):
    """This connection is not served; the text says why, ``reason`` is the metric's label."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Acceptor:
    """Serves one listening socket until drained."""

    def __init__(self, listening: socket.socket, terms: Terms) -> None:
        self._accepting = AcceptLoop(listening, terms.listener.name, self._take)
        self._terms = terms
        self._loop = asyncio.get_running_loop()
        self._connections: set[ClientConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False
        self._quiet_s = 0.0
        name = terms.listener.name
        self._full = {reason: Outage(f"{name}: limit of {reason}", logger, level=logging.WARNING) for reason in _LIMITS}
        self._open = metrics.CONNECTIONS_OPEN.labels(name)
        self._accepted = metrics.CONNECTIONS_ACCEPTED.labels(name)

    def start(self) -> None:
        self._accepting.start()

    async def leave(self, quiet_s: float, timeout_s: float) -> None:
        """Take what is queued, stop accepting, and let the clients go when they are quiet, as far as the time allows."""
        self._stop_accepting(quiet_s)
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=timeout_s)

    async def drain(self, timeout_s: float) -> None:
        """Take what is queued, stop accepting, let conversations end, and cut those that have not by then."""
        await self.leave(0.0, timeout_s)
        if self._tasks:
            logger.warning("%s: %d conversations cut at the end of draining", self._name, len(self._tasks))
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _stop_accepting(self, quiet_s: float) -> None:
        self._accepting.stop()
        self._draining = True
        self._quiet_s = quiet_s
        for connection in tuple(self._connections):
            connection.drain(quiet_s)

    @property
    def _name(self) -> str:
        return self._terms.listener.name

    def _take(self, client: socket.socket, peer: str) -> None:
        self._accepted.inc()
        if not self._terms.limits.enter():
            self._refuse(client, _Refused("connections", "too many connections"), peer)
            client.close()
            return
        self._full["connections"].worked()
        task = self._loop.create_task(self._serve(client, peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: socket.socket, peer: str) -> None:
        limits, key = self._terms.limits, None
        self._open.inc()
        try:
            address, key = await self._identify(client, networks.parse_address(peer))
            connection = await self._connect(client, address)
            await self._converse(connection)
        except _Refused as refused:
            self._refuse(client, refused, peer)
        finally:
            client.close()
            self._open.dec()
            limits.leave()
            if key is not None:
                limits.leave_from(key)

    async def _identify(self, client: socket.socket, peer: networks.Address) -> tuple[Client, int | None]:
        """Who the client is, and its entry in the limits; a trusted proxy that names no client is not limited."""
        terms = self._terms
        trusted = networks.contains(terms.trusted, peer)
        named, with_tls = None, trusted
        if terms.listener.proxy_protocol:
            if not trusted:
                raise _Refused("untrusted", "a PROXY header is expected here, and this network is not trusted")
            named, with_tls = await self._read_proxy_header(client)
        address = named or peer
        key = None if trusted and address == peer else networks.client_key(address)
        if key is not None and not terms.limits.enter_from(key):
            raise _Refused("connections_per_address", f"too many connections from {address}")
        self._full["connections_per_address"].worked()
        plaintext = with_tls or address.is_loopback or terms.allow_plaintext
        return Client(str(address), plaintext), key

    async def _read_proxy_header(self, client: socket.socket) -> tuple[networks.Address | None, bool]:
        """The client that the proxy names, and whether it came with TLS; the proxy itself counts as such."""
        try:
            async with asyncio.timeout(PROXY_HEADER_TIMEOUT_S):
                prefix = await self._read_exactly(client, proxy_protocol.PREFIX_OCTETS)
                body = await self._read_exactly(client, proxy_protocol.body_octets(prefix))
            named = proxy_protocol.source(prefix, body)
        except (proxy_protocol.ProxyProtocolError, OSError) as error:
            raise _Refused("proxy_protocol", f"no PROXY header: {error or 'it did not come in time'}") from None
        ended = self._terms.listener.tls_ended_upstream or proxy_protocol.ended_tls(prefix, body)
        return named, named is None or ended

    async def _read_exactly(self, client: socket.socket, size: int) -> bytes:
        octets = b""
        while len(octets) < size:
            more = await self._loop.sock_recv(client, size - len(octets))
            if not more:
                raise proxy_protocol.ProxyProtocolError("the connection ended before it")
            octets += more
        return octets

    async def _connect(self, client: socket.socket, who: Client) -> ClientConnection:
        terms = self._terms
        tls = terms.listener.tls
        connection = ClientConnection(terms.listener, who, terms.tls_context, terms.patience)
        try:
            await self._loop.connect_accepted_socket(
                lambda: connection,
                client,
                ssl=terms.tls_context if tls else None,
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT_S if tls else None,
                ssl_shutdown_timeout=TLS_SHUTDOWN_TIMEOUT_S if tls else None,
            )
        except OSError as error:
            raise _Refused("handshake", f"no connection: {error}") from None
        return connection

    async def _converse(self, connection: ClientConnection) -> None:
        self._connections.add(connection)
        if self._draining:
            connection.drain(self._quiet_s)
        try:
            await self._terms.converse(connection)
        except asyncio.CancelledError:
            connection.abort()  # the end of draining: no time for a client that takes its time
            raise
        except ConnectionError:
            logger.debug("%s: %s went away", self._name, connection.client_address)
        except Exception:
            logger.exception("%s: bug in the conversation with %s", self._name, connection.client_address)
        finally:
            try:
                await connection.close()
            finally:
                self._connections.discard(connection)
            if connection.too_slow is not None:
                slowness.note(self._name, connection.client_address, connection.too_slow)

    def _refuse(self, client: socket.socket, refused: _Refused, peer: str) -> None:
        """Where there are too many, the client is told; the log only that it began, because such clients come by the thousand."""
        metrics.CONNECTIONS_REFUSED.labels(self._name, refused.reason).inc()
        full = self._full.get(refused.reason)
        if full is None:
            logger.info("%s: refused %s: %s", self._name, peer, refused)
            return
        full.failed(refused)
        if self._terms.busy and not self._terms.listener.tls:
            with contextlib.suppress(OSError):
                client.send(self._terms.busy)
