"""Tokens that are JWTs (RFC 7519), signed with a key of their issuer's JWK Set (RFC 7517).

Only signatures with public keys count, each by the algorithms that its key is for: what a token says of itself chooses among
those, and no more (RFC 8725 section 3.1). Keys are remembered; an unknown one makes us look again, but not more often than
``oauth.keys_retry_s``, so that made-up key names do not reach the issuer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import jwt
import msgspec
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.sasl.issuer import ask
from skrytka.sasl.tokens import INVALID, TokenRefused

LEEWAY_S = 30
"""How far the issuer's clock may be from ours."""

KEYS = 32
"""So many keys of a set are looked at."""

_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA", "Ed448": "EdDSA"}
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth")


class Key(msgspec.Struct, frozen=True):
    name: str | None
    algorithms: tuple[str, ...]
    public: Any


class Keys:
    """The issuer's, as this process last saw them. Times are ``core.elapsed``."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.keys: tuple[Key, ...] = ()
        self.fetched_at = self.tried_at = float("-inf")


async def claims(core: Core, token: str) -> Mapping[str, Any]:
    """The claims of a token whose signature, issuer, audience and time are right."""
    try:
        header = jwt.get_unverified_header(token)
        keys = await _keys(core, header.get("kid"))
        return _verified(core, token, [key for key in keys if header.get("alg") in key.algorithms])
    except jwt.ExpiredSignatureError:
        raise TokenRefused(INVALID, "The token has run out") from None
    except (jwt.PyJWTError, RecursionError):
        raise TokenRefused(INVALID, "The token is not valid here", guessed=True) from None


def _verified(core: Core, token: str, keys: list[Key]) -> Mapping[str, Any]:
    oauth = core.settings.oauth
    for key in keys:
        try:
            return jwt.decode(
                token,
                key.public,
                algorithms=key.algorithms,
                audience=oauth.audience,
                issuer=oauth.issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp"]},
            )
        except jwt.InvalidSignatureError:
            continue
    raise jwt.InvalidSignatureError


async def _keys(core: Core, name: str | None) -> list[Key]:
    """Those of the name, or all for a token that names none."""
    known = core.state(Keys)
    if not _is_fresh(core, known) or not _named(known, name):
        async with known.lock:
            if core.elapsed() - known.tried_at >= core.settings.oauth.keys_retry_s:
                await _fetch(core, known)
    if core.elapsed() - known.fetched_at >= 2 * core.settings.oauth.keys_s:
        raise Unavailable("The issuer of the tokens does not answer, try again later")
    return _named(known, name)


async def _fetch(core: Core, known: Keys) -> None:
    """Where the issuer does not answer, the keys that are known go on to count for as long again.

    The time until the next try counts from the end of this one: else whoever waited for this one would at once wait for the next.
    """
    try:
        found = await ask(core, core.settings.oauth.jwks_url)
    except Unavailable:
        return
    finally:
        known.tried_at = core.elapsed()
    known.keys, known.fetched_at = tuple(_read(found)), known.tried_at


def _is_fresh(core: Core, known: Keys) -> bool:
    return core.elapsed() - known.fetched_at < core.settings.oauth.keys_s


def _named(known: Keys, name: str | None) -> list[Key]:
    return [key for key in known.keys if name is None or key.name == name]


def _read(document: Mapping[str, Any]) -> Iterator[Key]:
    """The keys of a JWK Set that are for signatures and that we know; others are passed over (RFC 7517 section 5)."""
    listed = document.get("keys")
    for jwk in listed[:KEYS] if isinstance(listed, list) else ():
        if isinstance(jwk, dict) and jwk.get("use", "sig") == "sig":
            try:
                key = _key({field: value for field, value in jwk.items() if field not in _PRIVATE})
            except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
                continue
            if key is not None:
                yield key


def _key(jwk: dict[str, Any]) -> Key | None:
    algorithms: tuple[str, ...]
    public: object
    match jwk:
        case {"kty": "RSA"}:
            algorithms, public = _RSA, RSAAlgorithm.from_jwk(jwk)
        case {"kty": "EC", "crv": ("P-256" | "P-384" | "P-521") as curve}:
            algorithms, public = (_CURVES[curve],), ECAlgorithm.from_jwk(jwk)
        case {"kty": "OKP", "crv": ("Ed25519" | "Ed448") as curve}:
            algorithms, public = (_CURVES[curve],), OKPAlgorithm.from_jwk(jwk)
        case _:
            return None
    only = jwk.get("alg")
    return Key(jwk.get("kid"), tuple(each for each in algorithms if only in (None, each)), public)
