"""What a conversation knows: its peer, its state and the mail under way."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from skrytka.plugin_api import Core, delivery, errors, inflight, model
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
    """One mail under way (RFC 5321 section 3.3). ``dropped`` says why a mail is read to its end and not kept.

    What it holds counts towards the octets that the process may have in flight, until ``forget``.
    """

    core: Core
    sender: str
    smtputf8: bool = False
    recipients: list[Recipient] = field(default_factory=list)
    dropped: errors.DomainError | None = None
    body: bytearray = field(default_factory=bytearray)
    reserved_octets: int = 0

    def add(self, octets: bytes) -> None:
        """Keep octets of the mail while it is within the limits."""
        limit = self.core.settings.limits.message_octets
        if self.dropped is not None:
            return
        if len(self.body) + len(octets) > limit:
            self.dropped = errors.TooLarge(limit)
        elif not inflight.reserve(self.core, len(octets)):
            self.dropped = errors.Unavailable("Too much mail is coming in, try again later")
        else:
            self.reserved_octets += len(octets)
            self.body += octets
            return
        self.forget()

    def take_body(self) -> bytes:
        """The mail, given away: it is not in memory twice while it is stored."""
        body, self.body = bytes(self.body), bytearray()
        return body

    def forget(self) -> None:
        """The octets are not needed any more."""
        self.body = bytearray()
        inflight.release(self.core, self.reserved_octets)
        self.reserved_octets = 0


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

    def forget_mail(self) -> None:
        """The mail under way is stored or given up."""
        if self.transaction is not None:
            self.transaction.forget()
            self.transaction = None

    def start_over(self, peer: Peer) -> None:
        """After the TLS handshake nothing that was said before counts (RFC 3207 section 4.2)."""
        self.peer = peer
        self.state = State.START
        self.client_name = ""
        self.forget_mail()
