"""What of a token counts, whichever way it was checked: its scope, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from skrytka.core import Core
from skrytka.sasl.exchange import NotLetIn
from skrytka.services.turns import Turns

INVALID, INSUFFICIENT = "invalid_token", "insufficient_scope"
"""Codes of RFC 6750 section 3.1."""


class TokenRefused(NotLetIn):
    """``status`` is for programs; ``guessed``: the token is none of the issuer's, as far as can be told."""

    def __init__(self, status: str, reason: str, *, guessed: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.guessed = guessed


class _Questions(Turns):
    """Tokens that are being checked, or wait for it."""


def is_on(core: Core) -> bool:
    return bool(core.settings.oauth.jwks_url or core.settings.oauth.introspection_url)


def prepare(core: Core) -> None:
    """Load what tokens need, where they are on, before the first one comes and everybody waits for that. It takes memory, too."""
    if is_on(core):
        from skrytka.sasl import introspection, issuer, jwts  # noqa: F401, PLC0415

        issuer.prepare(core)


def turn(core: Core) -> AbstractAsyncContextManager[None]:
    """Apart from those to hash: an issuer that is slow holds no passwords up."""
    return core.state(_Questions).take(core.settings.oauth.concurrency, core.settings.oauth.queue)


async def name_of(core: Core, token: str) -> str:
    """What names the mailbox in a token that is good; else ``TokenRefused``, or ``Unavailable`` when that cannot be told."""
    claims = await _claims(core, token)
    oauth = core.settings.oauth
    if oauth.scope and oauth.scope not in _scopes(claims):
        raise TokenRefused(INSUFFICIENT, "The token is not for mail")
    name = claims.get(oauth.claim)
    if not isinstance(name, str) or (oauth.claim == "email" and claims.get("email_verified", True) is not True):
        raise TokenRefused(INVALID, "The token names no mailbox, or its issuer has not made sure whose it is")
    return name


async def _claims(core: Core, token: str) -> Mapping[str, Any]:
    if core.settings.oauth.introspection_url:
        from skrytka.sasl import introspection  # noqa: PLC0415

        return await introspection.claims(core, token)
    from skrytka.sasl import jwts  # noqa: PLC0415

    return await jwts.claims(core, token)


def _scopes(claims: Mapping[str, Any]) -> Sequence[object]:
    """A list, or words with spaces between (RFC 8693 section 4.2); Microsoft's are in ``scp``."""
    found = claims.get("scope", claims.get("scp"))
    return found.split() if isinstance(found, str) else listed(found)


def listed(value: object) -> list[object]:
    """A claim that may be one or several."""
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list) else []
