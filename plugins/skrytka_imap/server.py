"""The IO edge: one connection, its timeouts, and the end of it. The only module here that knows the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from skrytka.plugin_api import Channel, Connection, Core, Pace, Signal, inflight, slices
from skrytka_imap.conversation import Conversation
from skrytka_imap.deflated import Deflated
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.framing import CommandReceived, Event, Framing, FramingError, Limits, LineReceived, LiteralWanted
from skrytka_imap.session import Session
from skrytka_imap.settings import Settings
from skrytka_imap.wire import Over, T

LARGE_OCTETS = 65_536
"""From here on, work on a mail goes to a thread."""

QUEUED_OCTETS = 65_536
"""How much is gathered before it is handed to the connection: over TLS every write is a record of its own."""


BEFORE_LOGIN = Limits(line_octets=12_288, literal_octets=8_192, discard_octets=65_536)
"""A client that nobody knows may not make us hold much; tokens take as much as RFC 5034 section 4 has for them over POP3."""


class ConnectionWire:
    """``wire.Stream`` over a connection, with the framing of what comes in."""

    def __init__(self, core: Core, settings: Settings, connection: Connection) -> None:
        self.client_address = connection.client_address
        self._limits = _after_login(core, settings)
        self._settings = settings
        self._core = core
        self._framing = Framing(BEFORE_LOGIN, self.reserve)
        self._reserved = 0
        self._command_given = False
        self._pace: Pace | None = None
        self._login_deadline: float | None = time.monotonic() + settings.login_timeout_s
        self._compute = core.compute
        self._connection = connection
        self._out: list[bytes] = []
        self._queued = 0
        self._unflushed = 0
        self._sending_soon = False
        self._woken = False
        self._quiet_ends: float | None = None
        self._slice = slices.Slice(core)

    @property
    def secure(self) -> bool:
        return self._connection.secure

    @property
    def channel(self) -> Channel:
        return self._connection.channel

    @property
    def can_start_tls(self) -> bool:
        return self._connection.can_start_tls

    @property
    def compressed(self) -> bool:
        return isinstance(self._connection, Deflated)

    # Sending

    def write(self, octets: bytes) -> None:
        """Much at once goes on as it is, without a copy."""
        self._unflushed += len(octets)
        if len(octets) >= QUEUED_OCTETS:
            self._send()
            self._connection.write(octets)
            return
        self._out.append(octets)
        self._queued += len(octets)
        if self._queued >= QUEUED_OCTETS:
            self._send()

    async def flush(self) -> None:
        self._send()
        self._unflushed = 0
        await self._connection.flush()

    async def _send_soon(self) -> None:
        """Answers to commands that came together go out together, but none waits for another's commit or thread."""
        if self._out and not self._sending_soon:
            self._sending_soon = True
            asyncio.get_running_loop().call_soon(self._send)
        self._unflushed = 0
        await self._connection.flush()

    def _send(self) -> None:
        self._sending_soon = False
        if self._out:
            self._connection.write(b"".join(self._out))
            self._out.clear()
            self._queued = 0

    # Time

    async def breathe(self) -> None:
        if self._unflushed >= QUEUED_OCTETS:
            await self.flush()
        if self._slice.is_over:
            await self.flush()
            await self._slice.next()

    async def work(self, size_octets: int, function: Callable[[], T]) -> T:
        if size_octets < LARGE_OCTETS:
            return function()
        return await asyncio.get_running_loop().run_in_executor(self._compute, function)

    async def pause(self, seconds: float) -> None:
        await self.flush()
        await asyncio.sleep(seconds)

    # Receiving

    def wake(self) -> None:
        self._connection.wake()

    async def event_or_wake(self, timeout_s: float) -> Event | None:
        """What the client sends next, whole; ``Over`` after ``timeout_s`` without an octet, or when it never logs in. None after
        ``wake``, which prolongs nothing.

        Pipelined commands share the time that one may work before others run: ten thousand small ones are one large one.
        A command that has begun must keep coming, and not by the octet: what it holds, others wait for.
        Who asks for the next command has answered the one before, whose mail is no longer on its way in.
        """
        if self._command_given:
            self.release()
        while True:
            if (event := self._framing.next_event()) is not None:
                self._command_given = isinstance(event, CommandReceived | FramingError)
                self._quiet_ends = None
                if not isinstance(event, LiteralWanted):
                    self._pace = None
                if self._unflushed:
                    await self._send_soon()
                if self._slice.is_over:
                    await self.breathe()
                return event
            if self._woken and not self._framing.in_command:
                self._woken = False
                return None
            await self._wait(timeout_s)

    async def _wait(self, timeout_s: float) -> None:
        """Until something comes from the client, or it is to be told something; ``Over`` when it is silent for too long."""
        if self._framing.in_command and self._pace is None:
            self._pace = Pace(self._settings.command_timeout_s, self._settings.least_octets_per_s)
        left_s = self._quiet_left_s(timeout_s)
        received = await self._receive(left_s if self._pace is None else min(left_s, self._pace.left_s))
        if received is Signal.WOKEN:
            self._woken = True
        elif received is Signal.TIMED_OUT:
            reason = "idle for too long" if self._pace is None else "the rest of a command did not come"
            raise Over(f"Autologout; {reason}")
        else:
            self._quiet_ends = None

    def _quiet_left_s(self, timeout_s: float) -> float:
        """How long the client may still be silent, of which it has used up some if it was woken since its last octet."""
        now = time.monotonic()
        if self._quiet_ends is None:
            self._quiet_ends = now + timeout_s
        return self._quiet_ends - now

    async def line(self, timeout_s: float) -> bytes:
        self._framing.expect_line()
        while (event := await self.event_or_wake(timeout_s)) is None:
            pass  # who waits for a line of its own is not told anything
        return _line_of(event)

    async def line_or_wake(self, timeout_s: float) -> bytes | None:
        """The time is one for all: octets that end no line prolong nothing."""
        self._framing.expect_line()
        ends = time.monotonic() + timeout_s
        while True:
            if (event := self._framing.next_event()) is not None:
                return _line_of(event)
            left_s = ends - time.monotonic()
            if left_s <= 0 or await self._receive(left_s) is not None:
                return None

    async def _receive(self, timeout_s: float) -> Signal | None:
        """Feed the framing; a signal that is for the caller."""
        if self._out:
            await self.flush()
        if self._login_deadline is not None:
            timeout_s = min(timeout_s, self._login_deadline - time.monotonic())
        if timeout_s <= 0:  # also for a client that sends without a pause, which never has to be waited for
            return Signal.TIMED_OUT
        received = await self._connection.receive(timeout_s)
        self._slice.begin()
        match received:
            case Signal.DRAINING:
                raise Over("The server is shutting down; please reconnect")
            case Signal() as signal:
                return signal
            case b"":
                raise Over(None)
            case octets:
                if self._pace is not None:
                    self._pace.came(len(octets))
                self._framing.receive(octets)
                return None

    # The mails on their way in

    def reserve(self, octets: int) -> bool:
        if not inflight.reserve(self._core, octets):
            return False
        self._reserved += octets
        return True

    def release(self) -> None:
        """What was received of mails is stored or given up."""
        if self._reserved:
            inflight.release(self._core, self._reserved)
            self._reserved = 0

    # The connection's own changes

    def refuse_literal(self) -> None:
        self._framing.refuse_literal()
        self.release()

    def admit(self) -> None:
        self._framing.limits = self._limits
        self._login_deadline = None

    def dismiss(self) -> None:
        self._framing.limits = BEFORE_LOGIN
        self._login_deadline = time.monotonic() + self._settings.login_timeout_s

    async def start_tls(self) -> None:
        """RFC 3501 section 6.2.1; nothing that was sent before counts afterwards."""
        await self.flush()
        self._framing.discard()
        await self._connection.start_tls()

    async def compress(self) -> None:
        """RFC 4978 section 3: from behind the CRLF of the tagged OK on."""
        await self.flush()
        self._connection = Deflated(self._core, self._connection, self._framing.take_rest())

    async def close(self) -> None:
        self._send()
        await self._connection.close()


def _line_of(event: Event) -> bytes:
    match event:
        case LineReceived(line=line):
            return line
        case FramingError(message=message):
            raise SyntaxFault(message)
        case _:
            raise AssertionError(f"framing was asked for a line and gave {event!r}")


def _after_login(core: Core, settings: Settings) -> Limits:
    return Limits(
        line_octets=settings.line_octets,
        literal_octets=settings.command_literal_octets,
        append_octets=max(settings.append_octets, core.settings.limits.message_octets),
        mail_octets=core.settings.limits.message_octets,
    )


async def converse(core: Core, settings: Settings, connection: Connection) -> None:
    """Run one conversation, from the greeting to the last line."""
    wire = ConnectionWire(core, settings, connection)
    session = Session(core, settings, wire)
    try:
        await Conversation(session, wire).run()
        await wire.close()
    except ConnectionError:
        return
    finally:
        wire.release()
        await session.end()
