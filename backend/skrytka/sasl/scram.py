"""SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the password is never sent, and the server proves that it knows it.

-PLUS binds the proof to the TLS connection by ``tls-server-end-point`` (RFC 5929 section 4): who sits in between with another
certificate cannot pass it on.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from functools import partial

from skrytka.connections.interface import Channel
from skrytka.core import Core
from skrytka.errors import NotAuthorized
from skrytka.model import Login
from skrytka.sasl.exchange import Attempt, Malformed, NotLetIn
from skrytka.sasl.scram_messages import ClientFinal, ClientFirst, client_final, client_first, server_final, server_first
from skrytka.services import scram

END_POINT = "tls-server-end-point"
_NONCE_OCTETS = 18


def works(core: Core, channel: Channel) -> bool:
    """Who logs in by a plugin has no keys here, and clients that see SCRAM would try nothing else."""
    return core.settings.auth.scram and not core.extensions.authenticators


def can_bind(core: Core, channel: Channel) -> bool:
    return works(core, channel) and bool(channel.end_point)


def make_nonce() -> str:
    return base64.b64encode(secrets.token_bytes(_NONCE_OCTETS)).decode()


class Scram:
    """First message, final message, and an empty one by which the client says that the server's signature is right."""

    first_challenge = b""

    def __init__(self, attempt: Attempt, *, plus: bool) -> None:
        self._attempt = attempt
        self._plus = plus
        self._next = self._first

    async def step(self, response: bytes) -> bytes | Login:
        return await self._next(response)

    async def _first(self, response: bytes) -> bytes | Login:
        first = client_first(response)
        self._refuse_binding(first.flag)
        if first.authzid not in ("", first.name):
            raise NotAuthorized
        offered = await scram.offer(self._attempt.core, first.name)
        nonce = first.nonce + make_nonce()
        challenge = server_first(nonce, offered.keys.salt, offered.keys.iterations)
        self._next = partial(self._final, first, nonce, challenge, offered)
        return challenge.encode()

    def _refuse_binding(self, flag: str) -> None:
        """RFC 5802 section 6. A ``y`` where the server does announce -PLUS: somebody took it out of the announcement."""
        core, channel = self._attempt.core, self._attempt.channel
        if flag == "y" and can_bind(core, channel):
            raise NotLetIn("The server does support channel binding, which the client was not told")
        if (flag not in ("n", "y")) is not self._plus:
            raise Malformed("A channel binding belongs to SCRAM-SHA-256-PLUS, and only there")
        if self._plus and flag != END_POINT:
            raise NotLetIn(f"The only channel binding here is {END_POINT}")

    async def _final(
        self, first: ClientFirst, nonce: str, challenge: str, offered: scram.Offer, response: bytes
    ) -> bytes | Login:
        final = client_final(response)
        if final.nonce != nonce:
            raise Malformed("The nonce is not the one of this exchange")
        self._check_binding(first, final)
        signed = f"{first.bare},{challenge},{final.bare}".encode()
        login = await scram.verify(self._attempt.core, self._attempt.actor, offered, signed, final.proof)
        self._next = partial(self._end, login)
        return server_final(offered.signature(signed))

    def _check_binding(self, first: ClientFirst, final: ClientFinal) -> None:
        """cbind-input = gs2-header [cbind-data]"""
        expected = first.header.encode() + (self._attempt.channel.end_point if self._plus else b"")
        if not hmac.compare_digest(final.binding, expected):
            raise NotLetIn("The channel bindings do not match: somebody may be in between")

    async def _end(self, login: Login, response: bytes) -> bytes | Login:
        if response:
            raise Malformed("Nothing follows the server's signature")
        return login
