"""EXTERNAL (RFC 4422 appendix A): the client's certificate, which TLS has verified already, says who it is.

Nobody can guess a certificate, so it is neither kept waiting nor counted among the guesses.
"""

from __future__ import annotations

from collections.abc import Iterator

from skrytka.connections.interface import Channel
from skrytka.core import Core
from skrytka.errors import NotAuthorized
from skrytka.model import Login
from skrytka.sasl.exchange import Attempt, Malformed, NotLetIn
from skrytka.services import addresses, authentication


def works(core: Core, channel: Channel) -> bool:
    return bool(names(core, channel))


def names(core: Core, channel: Channel) -> tuple[str, ...]:
    """The mailboxes of the client's certificate, by ``tls.client_name``; those that can be no address are none."""
    found = dict.fromkeys(map(addresses.normalised_or_none, _written(core.settings.tls.client_name, channel)))
    return tuple(name for name in found if name is not None)


def _written(kind: str, channel: Channel) -> Iterator[str]:
    certificate = channel.certificate or {}
    if kind == "rfc822Name":
        yield from (value for name, value in certificate.get("subjectAltName", ()) if name == "email")
    else:
        yield from (value for part in certificate.get("subject", ()) for name, value in part if name == kind)


class External:
    """One response: the mailbox, or nothing where the certificate names only one."""

    first_challenge = b""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    async def step(self, response: bytes) -> bytes | Login:
        name = self._chosen(response)
        login = await authentication.vouched(self._attempt.core, self._attempt.actor, name)
        if login is None:
            raise NotLetIn("There is no mailbox of the name in your certificate")
        return login

    def _chosen(self, response: bytes) -> str:
        named = names(self._attempt.core, self._attempt.channel)
        if not response:
            if len(named) > 1:
                raise NotLetIn("Your certificate has several names: say which one")
            return named[0]
        try:
            asked = addresses.normalised_or_none(response.decode())
        except UnicodeDecodeError:
            raise Malformed("EXTERNAL is a name in UTF-8, or nothing") from None
        if asked not in named:
            raise NotAuthorized
        return asked
