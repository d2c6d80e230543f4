"""What a conversation knows: its peer, its state and the mail under way."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from skrytka.plugin_api import Core, delivery, model
from skrytka_lmtp.settings import LmtpSettings
from skrytka_lmtp.states import State


class Peer(msgspec.Struct, frozen=True):
    """What matters of the connection."""

    address: str
    tls: bool
    can_start_tls: bool


class Recipient(msgspec.Struct, frozen=True):
    """An accepted recipient, as the client wrote it and where it leads."""

    address: str
    route: delivery.Route


@dataclass(slots=True)
class Transaction:
    """One mail under way (RFC 5321 section 3.3). ``too_large`` mails are read to their end and not kept."""

    sender: str
    limit_octets: int
    smtputf8: bool = False
    recipients: list[Recipient] = field(default_factory=list)
    too_large: bool = False
    body: bytearray = field(default_factory=bytearray)

    def add(self, octets: bytes) -> None:
        """Keep octets of the mail while it is within the limit."""
        if self.too_large or len(self.body) + len(octets) > self.limit_octets:
            self.too_large = True
            self.body = bytearray()
        else:
            self.body += octets

    def take_body(self) -> bytes:
        """The mail, given away: it is not in memory twice while it is stored."""
        body, self.body = bytes(self.body), bytearray()
        return body


@dataclass(slots=True)
class Session:
    """The state of one conversation; ``client_name`` is what LHLO said."""

    core: Core
    settings: LmtpSettings
    hostname: str
    peer: Peer
    state: State = State.START
    client_name: str = ""
    transaction: Transaction | None = None
    bad_commands: int = 0

    @property
    def actor(self) -> model.Actor:
        """Deliveries need no login: whoever reaches the listener is the MTA."""
        return model.Actor("mta", "lmtp", self.peer.address, self.client_name)

    @property
    def mail(self) -> Transaction:
        """The mail under way, in states that have one."""
        assert self.transaction is not None, self.state
        return self.transaction

    def start_over(self, peer: Peer) -> None:
        """After the TLS handshake nothing that was said before counts (RFC 3207 section 4.2)."""
        self.peer = peer
        self.state = State.START
        self.client_name = ""
        self.transaction = None
