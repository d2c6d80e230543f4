"""Tokens of any kind, by asking their issuer (RFC 7662)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from skrytka.core import Core
from skrytka.sasl.issuer import ask
from skrytka.sasl.tokens import INVALID, TokenRefused, listed


async def claims(core: Core, token: str) -> Mapping[str, Any]:
    """What the issuer says of a token that is good (section 2.2)."""
    oauth = core.settings.oauth
    form = {"token": token, "token_type_hint": "access_token"}
    found = await ask(core, oauth.introspection_url, form, _basic(oauth.client_id, oauth.client_secret))
    if found.get("active") is not True:
        raise TokenRefused(INVALID, "The token is not valid, or no more", guessed=True)
    if oauth.issuer and found.get("iss", oauth.issuer) != oauth.issuer:
        raise TokenRefused(INVALID, "The token is of another issuer")
    if oauth.audience and oauth.audience not in listed(found.get("aud")):
        raise TokenRefused(INVALID, "The token is for another service")
    return found


def _basic(client_id: str, client_secret: str) -> str:
    """RFC 6749 section 2.3.1: both are encoded as in a form first."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}" if client_id else ""
