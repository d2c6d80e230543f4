"""What a front end is: what ``skrytka_front_ends`` returns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

import msgspec

from skrytka.connections.interface import Connection, Listener
from skrytka.core import Core


class FrontEndSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every front end's settings section."""

    listen: str = ""
    """``host:port`` where clients begin without TLS; empty is off."""
    listen_tls: str = ""
    """``host:port`` where TLS comes first; empty is off."""
    proxy_protocol: tuple[Literal["listen", "listen_tls"], ...] = ()
    """Which of the two stand behind a proxy that says with PROXY v2 who the client is."""
    trusted_networks: tuple[str, ...] = ()
    """From where PROXY v2 is believed."""
    tls_ended_upstream: tuple[Literal["listen"], ...] = ()
    """Which listener's proxy ends TLS for every client without saying so in its header: passwords are then taken there."""
    max_connections: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    """Of each worker, over both listeners."""
    max_connections_per_address: Annotated[int, msgspec.Meta(ge=1)] = 100
    """Of one client address, in each worker, over both listeners."""
    write_stall_s: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    """Over how long the rate of a client that reads slowly is taken."""
    least_octets_per_s: Annotated[int, msgspec.Meta(ge=0)] = 1_024
    """A client that takes less of what waits for it is cut off."""

    def listeners(self, section: str) -> tuple[Listener, ...]:
        """The listeners that are on, named as the settings keys are: ``imap.listen``."""
        addresses = (("listen", self.listen, False), ("listen_tls", self.listen_tls, True))
        return tuple(
            Listener(
                f"{section}.{name}",
                address,
                tls,
                name in self.proxy_protocol,
                self.trusted_networks,
                name in self.tls_ended_upstream,
            )
            for name, address, tls in addresses
            if address
        )


class FrontEnd(msgspec.Struct, frozen=True):
    """A protocol. ``converse(core, settings, connection)`` runs one conversation and returns when it is over.

    The worker closes the connection afterwards; an exception that escapes is logged as a bug. ``busy`` is the line for a client
    that is turned away because there are too many.
    """

    name: str
    settings_type: type[FrontEndSettings]
    converse: Callable[[Core, Any, Connection], Awaitable[None]]
    busy: bytes = b""
