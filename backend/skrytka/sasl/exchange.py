"""What front ends and mechanisms see of each other."""

from __future__ import annotations

from typing import Protocol

import msgspec

from skrytka.connections.interface import Channel
from skrytka.core import Core
from skrytka.errors import AuthenticationFailed, DomainError
from skrytka.model import Actor, Login
from skrytka.services import counting


class Malformed(Exception):
    """The response is none of its mechanism; the text says why, and is safe to show."""


class NotLetIn(AuthenticationFailed):
    """Why is said, for it gives nothing away that the client does not know."""

    def __init__(self, reason: str) -> None:
        DomainError.__init__(self, reason)


class Attempt(msgspec.Struct, frozen=True):
    """Who tries to log in, and how he came."""

    core: Core
    actor: Actor
    channel: Channel


class Mechanism(Protocol):
    first_challenge: bytes
    """What a client is sent that gave no initial response: empty where it is the client who begins (RFC 4422 section 5)."""

    async def step(self, response: bytes) -> bytes | Login:
        """The next challenge, or who has logged in; ``Malformed``, or a domain error, which ends the exchange."""


class Exchange:
    """One client's exchange. What it came to is counted as every login is."""

    def __init__(self, mechanism: Mechanism, protocol: str) -> None:
        self._mechanism = mechanism
        self._protocol = protocol

    async def begin(self, initial: bytes | None) -> bytes | Login:
        """``initial`` is the initial response, None where the client sent none. Returns as ``step`` does."""
        return self._mechanism.first_challenge if initial is None else await self.step(initial)

    async def step(self, response: bytes) -> bytes | Login:
        """The next challenge, empty or not, or the login. ``Malformed``, or what ``authentication.login`` raises, ends it."""
        try:
            outcome = await self._mechanism.step(response)
        except DomainError as failure:
            counting.login(self._protocol, failure)
            raise
        if isinstance(outcome, Login):
            counting.login(self._protocol, None)
        return outcome
