"""What a front end sees of one client connection. The worker accepts, limits and closes; the front end converses."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec


class Signal(enum.Enum):
    """Why ``receive`` returned without octets."""

    WOKEN = "woken"
    TIMED_OUT = "timed out"
    DRAINING = "draining"


class Listener(msgspec.Struct, frozen=True):
    """One address a front end listens on. ``tls`` is implicit TLS; with ``proxy_protocol`` a PROXY v2 header must come first.

    Clients from ``trusted_networks`` may send that header. One that does not need it, or names no client in it, counts as having
    ended TLS; of a client that it names it has to say so, or ``tls_ended_upstream`` does for all of them.
    """

    name: str
    address: str
    tls: bool
    proxy_protocol: bool = False
    trusted_networks: tuple[str, ...] = ()
    tls_ended_upstream: bool = False


class Channel(msgspec.Struct, frozen=True):
    """What a login may rely on of how the client came, as it is now: STARTTLS changes it.

    ``secure`` is that of the connection. ``end_point`` is the channel binding ``tls-server-end-point`` (RFC 5929 section 4) of
    TLS that ends here, empty where there is none. ``certificate`` is the client's, verified, as ``ssl.SSLSocket.getpeercert``
    has it, None without one.
    """

    secure: bool
    end_point: bytes = b""
    certificate: Mapping[str, Any] | None = None


class Connection(Protocol):
    listener: Listener
    client_address: str
    tls: bool
    can_start_tls: bool

    @property
    def secure(self) -> bool:
        """True when passwords may be asked for: TLS here or upstream, loopback, or the setting allows plaintext."""

    @property
    def channel(self) -> Channel:
        """How the client came; made anew each time."""

    async def receive(self, timeout_s: float) -> bytes | Signal:
        """Octets as they came; ``b""`` once the client has gone. ``DRAINING`` only when nothing is buffered."""

    def wake(self) -> None:
        """Make the running or the next ``receive`` return ``WOKEN`` (bus callbacks do this). Calls coalesce."""

    def write(self, octets: bytes) -> None:
        """Queue for sending. Large answers call ``flush`` between chunks."""

    async def flush(self) -> None:
        """Wait while too much is queued; ``ConnectionError`` when the client has gone or takes too little."""

    async def start_tls(self) -> None:
        """Upgrade. Octets that came before the handshake are dropped (no plaintext injection)."""

    async def close(self) -> None:
        """Send what is queued, bounded in time, and close. May be called twice."""
