"""What handlers see of the connection. ``server.py`` has the implementation: nothing else here knows a socket or a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from skrytka.plugin_api import Channel
from skrytka_imap.framing import Event

T = TypeVar("T")


class Over(Exception):
    """The conversation ends: with ``* BYE``, ``bye`` as its text and a code, or without a word when the client has gone."""

    def __init__(self, bye: str | None, code: bytes | None = None) -> None:
        super().__init__(bye or "the client has gone")
        self.bye = bye
        self.code = code


class Wire(Protocol):
    client_address: str

    @property
    def secure(self) -> bool:
        """Passwords may be asked for."""

    @property
    def channel(self) -> Channel:
        """How the client came: what mechanisms may let it in by."""

    @property
    def can_start_tls(self) -> bool:
        """STARTTLS may be offered."""

    @property
    def compressed(self) -> bool:
        """COMPRESS is in effect."""

    def write(self, octets: bytes) -> None:
        """Queue for sending."""

    async def flush(self) -> None:
        """Wait while too much is queued. Handlers that stream call it between chunks."""

    async def breathe(self) -> None:
        """Let others run if this command has worked for a slice since it last did, and wait while too much is queued; else return
        at once."""

    async def work(self, size_octets: int, function: Callable[[], T]) -> T:
        """Call a pure function over that many octets: here, or in a thread when it would hold up others."""

    async def pause(self, seconds: float) -> None:
        """Wait: a failed login is answered late."""

    def reserve(self, octets: int) -> bool:
        """Whether there is room for so much more on its way in; it counts until the command has its answer."""

    def wake(self) -> None:
        """Make a running ``line_or_wake`` return None. Cheap; called by the watch of a folder."""

    async def line(self, timeout_s: float) -> bytes:
        """The client's next line, raw; ``Over`` when none comes in time."""

    async def line_or_wake(self, timeout_s: float) -> bytes | None:
        """The client's next line, raw; None after ``wake`` or when the time is over."""


class Stream(Wire, Protocol):
    """What the conversation needs besides."""

    async def event_or_wake(self, timeout_s: float) -> Event | None:
        """What the client sends next, whole; ``Over`` after ``timeout_s`` without an octet, less within a command. None after
        ``wake``, if no command has begun to come."""

    def refuse_literal(self) -> None:
        """Forget the command whose literal the client waits to send."""

    def admit(self) -> None:
        """The client has logged in: it may send more, and take its time."""

    def dismiss(self) -> None:
        """The client has logged out and stays: it is as little trusted as one that has just connected."""

    async def start_tls(self) -> None:
        """Upgrade; nothing that was sent before counts afterwards (RFC 3501 section 6.2.1)."""

    async def compress(self) -> None:
        """Compress from here on in both directions; octets that came already count as compressed (RFC 4978 section 3)."""
