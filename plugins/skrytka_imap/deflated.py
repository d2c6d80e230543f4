"""COMPRESS=DEFLATE (RFC 4978): a connection whose octets are raw deflate (RFC 1951) in both directions.

It stands between the wire and the connection, so that who does not compress pays nothing. Over TLS the octets are compressed
first and encrypted then, as section 3 asks.
"""

from __future__ import annotations

import time
import zlib
from collections import deque

from skrytka.plugin_api import Channel, Connection, Core, Signal, slices
from skrytka_imap.wire import Over

LEVEL = 1
WINDOW_BITS = -12
MEMORY_LEVEL = 5
"""What a compressed session holds all the time, as measured: 38 KiB to send (262 KiB with zlib's defaults of -15 and 8, 70 with
-13 and 6), and 39 KiB to receive, where the window is the client's choice. FLAGS and ENVELOPE of many messages shrink to 9 to
11 % with any of these, mails of the test corpus to 44, 39 and 42 %; level 6 would make 42 % of the 44 in more time."""

CLIENT_WINDOW_BITS = -15

PIECE_OCTETS = 65_536
"""So much at most is inflated at a time, whatever its size on the wire, and deflated before others run."""


class Deflated:
    """A ``Connection`` over another one. ``received`` came behind the CRLF of COMPRESS already: it counts as compressed."""

    can_start_tls = False

    def __init__(self, core: Core, connection: Connection, received: bytes) -> None:
        self.listener = connection.listener
        self.client_address = connection.client_address
        self.tls = connection.tls
        self._connection = connection
        self._deflater = zlib.compressobj(LEVEL, zlib.DEFLATED, WINDOW_BITS, MEMORY_LEVEL)
        self._inflater = zlib.decompressobj(CLIENT_WINDOW_BITS)
        self._received = received
        self._slice = slices.Slice(core)
        self._waiting: deque[memoryview] = deque()

    @property
    def secure(self) -> bool:
        return self._connection.secure

    @property
    def channel(self) -> Channel:
        return self._connection.channel

    # Sending

    def write(self, octets: bytes) -> None:
        """What is small goes on at once; a large one, and what comes behind it, with the next ``flush``, piece by piece."""
        if not self._waiting and len(octets) <= PIECE_OCTETS:
            self._send(octets)
            return
        view = memoryview(octets)
        self._waiting.extend(view[at : at + PIECE_OCTETS] for at in range(0, len(octets), PIECE_OCTETS))

    async def flush(self) -> None:
        while self._waiting:
            self._send(self._waiting.popleft())
            await self._connection.flush()
            await self._slice.next_if_over()
        await self._connection.flush()

    def _send(self, octets: bytes | memoryview) -> None:
        """The client can read all of it, without waiting for more (Z_SYNC_FLUSH)."""
        self._connection.write(self._deflater.compress(octets) + self._deflater.flush(zlib.Z_SYNC_FLUSH))

    # Receiving

    async def receive(self, timeout_s: float) -> bytes | Signal:
        """As ``Connection`` says, at most ``PIECE_OCTETS`` of it; ``Over`` when the octets are no deflate.

        The time is one for all: octets that are no data, such as empty blocks, prolong nothing.
        """
        ends = time.monotonic() + timeout_s
        if self._waiting:
            await self.flush()
        while True:
            if self._received:
                await self._slice.next_if_over()
                if octets := self._inflate():
                    return octets
            if self._inflater.eof:
                return b""  # the client has ended its stream, and what follows means nothing
            left_s = ends - time.monotonic()
            if left_s <= 0:
                return Signal.TIMED_OUT
            received = await self._connection.receive(left_s)
            self._slice.begin()
            if not received or isinstance(received, Signal):
                return received
            self._received = received

    def _inflate(self) -> bytes:
        try:
            octets = self._inflater.decompress(self._received, PIECE_OCTETS)
        except zlib.error:
            raise Over("What came is not compressed with DEFLATE") from None
        self._received = self._inflater.unconsumed_tail
        return octets

    def wake(self) -> None:
        self._connection.wake()

    # The connection's own changes

    async def start_tls(self) -> None:
        raise AssertionError("TLS cannot be started here: can_start_tls")

    async def close(self) -> None:
        await self.flush()
        await self._connection.close()
