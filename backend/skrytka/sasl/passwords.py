"""PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login): the password itself is sent."""

from __future__ import annotations

from skrytka.errors import NotAuthorized
from skrytka.model import Login
from skrytka.sasl.exchange import Attempt, Malformed
from skrytka.services import authentication


class Plain:
    """RFC 4616 section 2: ``message = [authzid] UTF8NUL authcid UTF8NUL passwd``. Nobody acts for another."""

    first_challenge = b""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    async def step(self, response: bytes) -> bytes | Login:
        try:
            authorization, name, password = response.decode().split("\x00")
        except ValueError:
            raise Malformed("PLAIN is [authorization] NUL name NUL password in UTF-8") from None
        if authorization not in ("", name):
            raise NotAuthorized
        return await authentication.by_password(self._attempt.core, self._attempt.actor, name, password)


class LoginMechanism:
    """The name, then the password, each as it is. Clients know the two challenges by these words, or do not look at them.

    Many send the name as initial response, which the draft has not.
    """

    first_challenge = b"Username:"

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._name: str | None = None

    async def step(self, response: bytes) -> bytes | Login:
        try:
            text = response.decode()
        except UnicodeDecodeError:
            raise Malformed("LOGIN is a name, then a password, in UTF-8") from None
        if self._name is None:
            self._name = text
            return b"Password:"
        return await authentication.by_password(self._attempt.core, self._attempt.actor, self._name, text)
