"""One client connection on the event loop: ``interface.Connection`` over an asyncio transport.

Reading stops while 256 KiB wait to be received, so a client cannot fill memory; writing blocks in ``flush`` above
256 KiB, and a client that takes too little of it in a minute is dropped. A waiting ``receive`` costs one future; its timer
stays armed from one wait to the next and only checks the deadline when it fires.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Literal, cast

import msgspec

from skrytka.connections.interface import Channel, Listener, Signal
from skrytka.connections.tls_context import ServerContext

READ_HIGH_WATER = 256 * 1024
WRITE_HIGH_WATER = 256 * 1024
HANDSHAKE_TIMEOUT_S = 30.0
TLS_SHUTDOWN_TIMEOUT_S = 5.0


class Client(msgspec.Struct, frozen=True):
    """Who is at the other end: with ``trusted_plaintext`` a password may cross this connection without TLS here."""

    address: str
    trusted_plaintext: bool


class Patience(msgspec.Struct, frozen=True):
    """A client must take ``least_octets_per_s`` of what is sent to it, on the average of ``write_stall_s``; ``linger_s`` is how
    long to wait for its own close after ours."""

    write_stall_s: float = 60.0
    least_octets_per_s: int = 1_024
    linger_s: float = 2.0


class ClientConnection(asyncio.Protocol):
    """The protocol object of an accepted socket, and what the front end converses on."""

    __slots__ = (
        "_chunks",
        "_closed",
        "_closing",
        "_deadline",
        "_drain_told",
        "_draining",
        "_end_point",
        "_eof",
        "_loop",
        "_lost",
        "_patience",
        "_quiet_s",
        "_reading_paused",
        "_size",
        "_timer",
        "_timer_at",
        "_tls_context",
        "_transport",
        "_trusted_plaintext",
        "_waiter",
        "_waiting_since",
        "_woken",
        "_writable",
        "can_start_tls",
        "client_address",
        "listener",
        "tls",
        "too_slow",
    )

    def __init__(
        self, listener: Listener, client: Client, tls_context: ssl.SSLContext | None, patience: Patience | None = None
    ) -> None:
        self.listener = listener
        self.client_address = client.address
        self.tls = listener.tls
        self.too_slow: Literal["sending", "reading"] | None = None
        """What the client was too slow in, when it ended because of that."""
        self.can_start_tls = not listener.tls and tls_context is not None
        self._trusted_plaintext = client.trusted_plaintext
        self._tls_context = tls_context
        self._end_point = b""
        if listener.tls:
            self._remember_end_point()
        self._patience = patience or Patience()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._chunks: list[bytes] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._deadline = 0.0
        self._waiting_since = 0.0
        self._quiet_s = 0.0
        self._eof = self._lost = self._closing = False
        self._woken = self._draining = self._drain_told = self._reading_paused = False

    @property
    def secure(self) -> bool:
        return self.tls or self._trusted_plaintext

    @property
    def channel(self) -> Channel:
        certificate = self._transport.get_extra_info("peercert") if self.tls else None
        return Channel(self.secure, self._end_point, certificate or None)

    def _remember_end_point(self) -> None:
        """Of the certificate that a handshake which begins now shows: it may be another one before that is over."""
        if isinstance(self._tls_context, ServerContext):
            self._end_point = self._tls_context.end_point

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are none by inheritance
        self._transport.set_write_buffer_limits(WRITE_HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._chunks.append(data)
        self._size += len(data)
        if self._size > READ_HIGH_WATER and not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()
        self._notify()

    def eof_received(self) -> bool:
        """A client that only closed its sending side still gets its answers, except over TLS, where that cannot be."""
        self._eof = True
        self._notify()
        return not self.tls and not self._closing

    def connection_lost(self, exc: Exception | None) -> None:
        self._eof = self._lost = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._notify()
        self.resume_writing()
        if not self._closed.done():
            self._closed.set_result(None)

    def pause_writing(self) -> None:
        if self._writable is None:
            self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    # Receiving

    async def receive(self, timeout_s: float) -> bytes | Signal:
        """What came; a wake-up goes before octets, octets before the end of the stream, and that before draining.

        ``DRAINING`` comes again only after further octets: a front end in the middle of a message can go on waiting.
        """
        self.too_slow = None
        ready = self._next()
        if ready is not None:
            return ready
        self._waiter = self._loop.create_future()
        self._waiting_since = self._loop.time()
        self._arm(timeout_s)
        try:
            await self._waiter
        finally:
            self._waiter = None
        ready = self._next()
        if ready is None:
            self.too_slow = "sending"
            return Signal.TIMED_OUT
        return ready

    def wake(self) -> None:
        self._woken = True
        self._notify()

    def drain(self, quiet_s: float = 0.0) -> None:
        """Tell the front end to come to an end: ``receive`` returns ``DRAINING`` when nothing is buffered.

        With ``quiet_s`` only once it has waited so long for the client, who may finish what it is at.
        """
        if quiet_s and not self._lost:
            self._quiet_s = quiet_s
            self._loop.call_later(quiet_s, self._drain_if_quiet)
            return
        self._draining = True
        self._notify()

    def _drain_if_quiet(self) -> None:
        quiet_for_s = self._loop.time() - self._waiting_since if self._waiter is not None else 0.0
        if quiet_for_s >= self._quiet_s:
            self.drain()
        elif not self._lost:
            self._loop.call_later(self._quiet_s - quiet_for_s, self._drain_if_quiet)

    def _next(self) -> bytes | Signal | None:
        if self._woken:
            self._woken = False
            return Signal.WOKEN
        if self._chunks:
            self._drain_told = False
            return self._take()
        if self._eof:
            return b""
        if self._draining and not self._drain_told:
            self._drain_told = True
            return Signal.DRAINING
        return None

    def _take(self) -> bytes:
        chunks = self._chunks
        octets = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self._size = 0
        if self._reading_paused:
            self._reading_paused = False
            if not self._lost:
                self._transport.resume_reading()
        return octets

    def _notify(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _arm(self, timeout_s: float) -> None:
        self._deadline = self._loop.time() + timeout_s
        if self._timer is not None:
            if self._timer_at <= self._deadline:
                return
            self._timer.cancel()
        self._timer_at = self._deadline
        self._timer = self._loop.call_later(timeout_s, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        remaining_s = self._deadline - self._loop.time()
        if remaining_s > 0:
            self._arm(remaining_s)
        else:
            self._notify()

    # Sending

    def write(self, octets: bytes) -> None:
        if octets and not self._lost and not self._closing:
            self._transport.write(octets)

    async def flush(self) -> None:
        if self._lost:
            raise ConnectionResetError("the client has gone")
        if self._writable is not None:
            await self._sent()

    async def _sent(self) -> None:
        stall_s = self._patience.write_stall_s
        least = max(1, int(stall_s * self._patience.least_octets_per_s))
        queued = self._transport.get_write_buffer_size()
        while (writable := self._writable) is not None:
            await asyncio.wait((writable,), timeout=stall_s)
            if self._lost:
                raise ConnectionResetError("the client has gone")
            left = self._transport.get_write_buffer_size()
            if not writable.done() and queued - left < least:
                self.too_slow = "reading"
                self.abort()
                raise ConnectionAbortedError("the client takes nothing, or too little")
            queued = left

    async def start_tls(self) -> None:
        """Upgrade as server. ``ConnectionError`` when the handshake fails."""
        assert self._tls_context is not None
        if self._lost:
            raise ConnectionResetError("the client has gone")
        self._chunks.clear()
        self._size = 0
        self._reading_paused = False
        self._remember_end_point()
        transport: asyncio.Transport | None = None
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                self._tls_context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT_S,
                ssl_shutdown_timeout=TLS_SHUTDOWN_TIMEOUT_S,
            )
        except OSError as error:
            raise ConnectionAbortedError(f"the TLS handshake failed: {error}") from error
        finally:
            if transport is None:  # it was closed, and nobody else tells us
                self.connection_lost(None)
        if transport is None or self._lost:
            raise ConnectionResetError("the client has gone")
        self.tls = True
        self.can_start_tls = False
        self._transport = transport
        transport.set_write_buffer_limits(WRITE_HIGH_WATER)

    # Closing

    async def close(self) -> None:
        """Our end of the stream goes out behind what is queued; then the client has a moment to close its own.

        Without that moment, octets that it still sends would make the kernel reset the connection, and a last line like
        ``* BYE`` would be lost.
        """
        if self._lost or self._closing:
            return
        self._closing = True
        self._chunks.clear()
        try:
            self._transport.set_write_buffer_limits(1, 0)  # uvloop's TLS counts 0 queued as too much for a limit of 0
            if self._writable is not None:
                await self._sent()
            self._finish()
            await asyncio.wait((self._closed,), timeout=self._patience.linger_s)
        except ConnectionError:
            return
        finally:
            self.abort()

    def _finish(self) -> None:
        if self._lost:
            return
        if self._eof or self.tls:
            self._transport.close()
            return
        if self._reading_paused:
            self._transport.resume_reading()
        self._transport.write_eof()

    def abort(self) -> None:
        """Cut the connection at once."""
        if not self._lost:
            self._transport.abort()
