"""What a conversation knows: its peer, its state and, after login, its maildrop."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass

import msgspec

from skrytka.plugin_api import Channel, Core, errors, model, sasl
from skrytka_pop3.maildrop import Maildrop
from skrytka_pop3.settings import Pop3Settings
from skrytka_pop3.states import State

_log = logging.getLogger(__name__)


class Peer(msgspec.Struct, frozen=True):
    """What matters of the connection."""

    address: str
    channel: Channel
    tls: bool
    can_start_tls: bool

    @property
    def secure(self) -> bool:
        """Passwords may be asked for."""
        return self.channel.secure


@dataclass(slots=True)
class Session:
    """The state of one conversation. ``name`` is what USER said, ``exchange`` what AUTH began; ``sending`` is what a
    large mail on its way out holds."""

    core: Core
    settings: Pop3Settings
    peer: Peer
    state: State = State.START
    name: str = ""
    exchange: sasl.Exchange | None = None
    login_failures: int = 0
    bad_commands: int = 0
    open_maildrop: Maildrop | None = None
    sending: AsyncExitStack | None = None

    @property
    def actor(self) -> model.Actor:
        """Who asks to log in; what follows the login is done by the login's actor."""
        return model.Actor("", "pop3", self.peer.address)

    @property
    def maildrop(self) -> Maildrop:
        """The maildrop, in TRANSACTION state."""
        assert self.open_maildrop is not None, self.state
        return self.open_maildrop

    def start_over(self, peer: Peer) -> None:
        """After the TLS handshake nothing that was said before counts (RFC 2595 section 4)."""
        self.peer = peer
        self.state = State.START
        self.name = ""

    async def let_go(self) -> None:
        """The reply has gone out, or never will."""
        sending, self.sending = self.sending, None
        if sending is not None:
            await sending.aclose()

    async def end(self) -> None:
        """However the session ends: downloads are stamped and the lock is given back. May be called twice."""
        await self.let_go()
        maildrop, self.open_maildrop = self.open_maildrop, None
        if maildrop is None:
            return
        try:
            await maildrop.downloads.stamp()
        except errors.DomainError as error:
            _log.warning("downloads of %s were not recorded: %s", maildrop.lock.mailbox.address, error)
        try:
            await maildrop.release()
        except errors.DomainError as error:
            _log.warning("the POP3 lock of %s was not given back: %s", maildrop.lock.mailbox.address, error)
