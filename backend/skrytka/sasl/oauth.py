"""OAUTHBEARER (RFC 7628) and XOAUTH2: a token of the issuer says who it is.

A token that is none of the issuer's counts as a guess, of its network and of the mailbox that is asked for; one that has run
out does not.
"""

from __future__ import annotations

from collections.abc import Callable

from skrytka.connections.interface import Channel
from skrytka.core import Core
from skrytka.errors import AuthenticationFailed
from skrytka.model import Login
from skrytka.sasl import tokens
from skrytka.sasl.exchange import Attempt, NotLetIn
from skrytka.sasl.oauth_messages import Bearer
from skrytka.sasl.tokens import INVALID, TokenRefused
from skrytka.services import authentication, guessing
from skrytka.settings import OAuth


def works(core: Core, channel: Channel) -> bool:
    return tokens.is_on(core)


class TokenMechanism:
    """One response; where it does not let in, the client is told why in JSON, and answers that with nothing in particular."""

    first_challenge = b""

    def __init__(
        self, attempt: Attempt, *, read: Callable[[bytes], Bearer], error: Callable[[OAuth, str], bytes]
    ) -> None:
        self._attempt = attempt
        self._read = read
        self._error = error
        self._failure: AuthenticationFailed | None = None

    async def step(self, response: bytes) -> bytes | Login:
        if self._failure is not None:
            raise self._failure
        try:
            return await self._log_in(self._read(response))
        except AuthenticationFailed as failure:
            self._failure = failure
            status = failure.status if isinstance(failure, TokenRefused) else INVALID
            return self._error(self._attempt.core.settings.oauth, status)

    async def _log_in(self, bearer: Bearer) -> Login:
        core, actor = self._attempt.core, self._attempt.actor
        name = await self._checked(bearer)
        login = await authentication.vouched(core, actor, name, bearer.name)
        if login is None:
            raise NotLetIn("There is no mailbox of the name in your token")
        return login

    async def _checked(self, bearer: Bearer) -> str:
        core = self._attempt.core
        guesser = await guessing.guesser(core, self._attempt.actor.client_address, bearer.name or None)
        await guesser.admit()
        async with tokens.turn(core):
            await guesser.confirm()
            try:
                return await tokens.name_of(core, bearer.token)
            except TokenRefused as refused:
                if refused.guessed:
                    await guesser.failed()
                raise
