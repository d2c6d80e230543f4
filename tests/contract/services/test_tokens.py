"""Tokens: which let in, what is asked of their issuer and how often, and what guessing with them costs."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hmac
import time
from collections.abc import Iterator
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from skrytka import sasl
from skrytka.connections.interface import Channel
from skrytka.core import Core
from skrytka.errors import DomainError
from skrytka.model import Actor, Login
from skrytka.sasl import oauth_messages
from skrytka.services import authentication
from skrytka.settings import OAuth
from tests.contract.provisioning import CHEAP, Clock, make_mailbox, vary
from tests.contract.services.test_metrics import Change
from tests.issuers import AUDIENCE, Issuer, oauthbearer

CLIENT = Actor(credential="", protocol="imap", client_address="192.0.2.7")
ANN = "ann@example.org"
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def own(issuer: Issuer) -> Iterator[Issuer]:
    """An issuer of this test alone; its RSA key, which takes long to make, is the other one's."""
    own = Issuer(issuer.keys["rsa"])
    yield own
    own.stop()


class Ticking:
    """``core.elapsed``, turned by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def with_oauth(core: Core, oauth: OAuth, elapsed: Ticking | None = None, **auth: Any) -> Core:
    varied = vary(core, auth=msgspec.structs.replace(CHEAP, scram=False, **auth), process=True, clock=Clock())
    settings = msgspec.structs.replace(varied.settings, oauth=oauth)
    return dataclasses.replace(varied, settings=settings, elapsed=elapsed or Ticking())


async def outcome(core: Core, token: str, name: str = "") -> str:
    """``ok``, or what is said at the end."""
    exchange = sasl.begin(core, CLIENT, Channel(True), "OAUTHBEARER")
    try:
        answer = await exchange.begin(oauthbearer(token, name))
        if isinstance(answer, bytes):
            answer = await exchange.step(b"\x01")
    except DomainError as error:
        return str(error)
    assert isinstance(answer, Login)
    assert answer.actor.credential == ANN
    return "ok"


INVALID, EXPIRED = "The token is not valid here", "The token has run out"
NAMELESS = "The token names no mailbox, or its issuer has not made sure whose it is"
GONE = "The issuer of the tokens does not answer, try again later"


def cases(now: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Claims that differ from a good token's, and what is said of them."""
    yield from (
        ({}, "ok"),
        ({"aud": ["other", AUDIENCE]}, "ok"),
        ({"email": "Ann@EXAMPLE.org", "email_verified": True}, "ok"),
        ({"exp": now - 5}, "ok"),
        ({"key": "rsa", "algorithm": "RS256"}, "ok"),
        ({"key": "rsa", "algorithm": "PS512"}, "ok"),
        ({"key": "ed", "algorithm": "EdDSA"}, "ok"),
        ({"email_verified": False}, NAMELESS),
        ({"email": None}, NAMELESS),
        ({"email": ["ann@example.org"]}, NAMELESS),
        ({"email": "nobody@example.org"}, "There is no mailbox of the name in your token"),
        ({"email": "no address"}, "There is no mailbox of the name in your token"),
        ({"aud": "other"}, INVALID),
        ({"aud": None}, INVALID),
        ({"iss": "https://other.example"}, INVALID),
        ({"iss": None}, INVALID),
        ({"exp": None}, INVALID),
        ({"exp": now - 3_600}, EXPIRED),
        ({"nbf": now + 3_600}, INVALID),
        ({"scope": "openid"}, "The token is not for mail"),
        ({"scope": None}, "The token is not for mail"),
        ({"scope": None, "scp": ["mail"]}, "ok"),
        ({"scope": 5}, "The token is not for mail"),
    )


async def test_what_of_a_token_counts(core: Core, issuer: Issuer) -> None:
    """``oauth.issuer``, ``oauth.audience``, ``oauth.claim`` and ``oauth.scope``."""
    core = with_oauth(core, issuer.by_keys(scope="mail"))
    await make_mailbox(core)
    for claims, said in cases(int(time.time())):
        assert await outcome(core, issuer.token(**claims)) == said, claims


async def test_another_claim_may_name_the_mailbox(core: Core, issuer: Issuer) -> None:
    core = with_oauth(core, issuer.by_keys(claim="mailbox"))
    await make_mailbox(core)
    assert await outcome(core, issuer.token(mailbox=ANN, email="bob@example.org", email_verified=False)) == "ok"
    assert await outcome(core, issuer.token()) == NAMELESS


async def test_signatures_are_those_of_the_issuers_public_keys(core: Core, own: Issuer, issuer: Issuer) -> None:
    """Not of another's, not none, and not what takes a public key for a secret (RFC 8725 sections 2.1 and 3.1)."""
    core = with_oauth(core, own.by_keys())
    await make_mailbox(core)
    claims = jwt.decode(own.token(), options={"verify_signature": False})
    named = {"kid": "ec"}
    forged = [
        jwt.encode(claims, issuer.keys["ec"], "ES256", headers=named),
        jwt.encode(claims, "", "none", headers=named),
        by_secret(claims, b"secret", "oct"),
        by_secret(claims, own.keys["ec"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
        jwt.encode(claims, own.keys["rsa"], "RS256", headers=named),
        own.token()[:-6] + "AAAAAA",
        "",
        "a.b",
        "e30.e30.e30",
    ]
    for token in forged:
        assert await outcome(core, token or "x") == INVALID, token
    assert await outcome(core, jwt.encode(claims, own.keys["ec"], "ES256")) == "ok", "no kid: every key is tried"


def by_secret(claims: dict[str, Any], secret: bytes, kid: str = "ec") -> str:
    """A token with an HMAC, which PyJWT makes of no public key."""
    parts = ({"alg": "HS256", "typ": "JWT", "kid": kid}, claims)
    signed = b".".join(base64.urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")
    return (signed + b"." + signature).decode()


async def test_keys_are_remembered_and_new_ones_found(core: Core, own: Issuer) -> None:
    """``oauth.keys_s`` and ``oauth.keys_retry_s``."""
    elapsed = Ticking()
    core = with_oauth(core, own.by_keys(keys_s=100.0, keys_retry_s=10.0), elapsed)
    await make_mailbox(core)
    own.publish("ec")
    assert [await outcome(core, own.token()) for _ in range(3)] == ["ok"] * 3
    assert len(own.asked) == 1
    own.publish("ec", "rsa")
    turned = own.token("rsa", "RS256")
    assert [await outcome(core, turned) for _ in range(3)] == [INVALID] * 3, "not asked again yet"
    assert len(own.asked) == 1
    elapsed.now += 11
    assert await outcome(core, turned) == "ok"
    assert len(own.asked) == 2
    own.publish("rsa")
    elapsed.now += 100
    assert await outcome(core, own.token()) == INVALID, "a key that was taken back lets nobody in after keys_s"
    assert len(own.asked) == 3


async def test_keys_outlive_a_pause_of_the_issuer_for_a_while(core: Core, own: Issuer) -> None:
    elapsed = Ticking()
    core = with_oauth(core, own.by_keys(keys_s=100.0, keys_retry_s=10.0), elapsed)
    await make_mailbox(core)
    own.status = 503
    assert await outcome(core, own.token()) == GONE
    own.status = 200
    assert await outcome(core, own.token()) == GONE, "not asked again yet"
    elapsed.now += 11
    assert await outcome(core, own.token()) == "ok"
    own.status = 503
    elapsed.now += 150
    assert await outcome(core, own.token()) == "ok"
    elapsed.now += 51
    assert await outcome(core, own.token()) == GONE


class Running(Ticking):
    """The same, and it runs by itself."""

    def __call__(self) -> float:
        return self.now + time.monotonic()


async def test_one_waits_for_an_issuer_that_is_silent_and_not_one_after_the_other(core: Core, own: Issuer) -> None:
    """The keys are old, and count: all who come meanwhile wait for one look at new ones, however long it takes."""
    elapsed = Running()
    core = with_oauth(core, own.by_keys(keys_s=100.0, keys_retry_s=0.4, timeout_s=0.4), elapsed)
    sasl.prepare(core)
    await make_mailbox(core)
    assert await outcome(core, own.token()) == "ok"
    elapsed.now += 150
    own.pause_s = 1.0
    assert await asyncio.gather(*(outcome(core, own.token()) for _ in range(5))) == ["ok"] * 5
    assert len(own.asked) == 2


ANSWERS = (
    (b"[]", GONE),
    (b"nonsense", GONE),
    (b"[" * 200_000, GONE),
    (b'{"keys": [' + b" " * 300_000 + b"]}", GONE),
    (b"{}", INVALID),
    (b'{"keys": {"kty": "EC"}}', INVALID),
    (b'{"keys": [5, {"kty": "EC", "crv": "P-256"}, {"kty": "RSA", "n": 5, "e": "AQAB"}]}', INVALID),
)


async def test_what_an_issuer_answers_is_bounded(core: Core, own: Issuer) -> None:
    """``oauth.answer_octets``."""
    await make_mailbox(core)
    for body, said in ANSWERS:
        own.answers["/jwks"] = body
        assert await outcome(with_oauth(core, own.by_keys()), own.token()) == said, body[:40]


async def test_an_issuer_that_takes_its_time_is_not_waited_for(core: Core, own: Issuer) -> None:
    """``oauth.timeout_s``."""
    core = with_oauth(core, own.by_keys(timeout_s=0.05))
    await make_mailbox(core)
    own.pause_s = 0.3
    assert await outcome(core, own.token()) == GONE


async def test_no_more_wait_for_an_issuer_than_may(core: Core, own: Issuer) -> None:
    """``oauth.concurrency`` and ``oauth.queue``. Passwords do not wait with them."""
    core = with_oauth(core, own.by_introspection(concurrency=1, queue=2))
    await make_mailbox(core, password="pencil")
    own.active["opaque"] = {"email": ANN}
    own.pause_s = 0.2
    logins = [asyncio.create_task(outcome(core, "opaque")) for _ in range(3)]
    await asyncio.sleep(0.05)
    await authentication.login(core, CLIENT, ANN, "pencil")
    assert not any(login.done() for login in logins[:2])
    assert sorted(await asyncio.gather(*logins)) == ["Too many logins at once, try again later", "ok", "ok"]


async def test_introspection(core: Core, own: Issuer) -> None:
    """RFC 7662: the issuer says what a token is, at each login; we say who we are."""
    core = with_oauth(core, own.by_introspection(issuer=own.url, audience=AUDIENCE, scope="mail"))
    await make_mailbox(core)
    good = {"email": ANN, "aud": AUDIENCE, "scope": "mail openid", "iss": own.url}
    own.active |= {
        "good": good,
        "quiet": {name: value for name, value in good.items() if name != "iss"},
        "list": good | {"aud": [AUDIENCE, "other"]},
        "other": good | {"aud": "other"},
        "nobody": good | {"aud": None},
        "stranger": good | {"iss": "https://other.example"},
        "narrow": good | {"scope": "openid"},
    }
    assert [await outcome(core, token) for token in ("good", "quiet", "list")] == ["ok"] * 3
    assert await outcome(core, "unknown") == "The token is not valid, or no more"
    assert [await outcome(core, token) for token in ("other", "nobody")] == ["The token is for another service"] * 2
    assert await outcome(core, "stranger") == "The token is of another issuer"
    assert await outcome(core, "narrow") == "The token is not for mail"
    assert len(own.asked) == 8
    wrong = with_oauth(core, msgspec.structs.replace(core.settings.oauth, client_secret="wrong"))
    assert await outcome(wrong, "good") == GONE


async def test_guesses_are_counted_and_tokens_that_ran_out_are_not(core: Core, issuer: Issuer, own: Issuer) -> None:
    core = with_oauth(core, issuer.by_keys(), failures_per_address=3)
    await make_mailbox(core, password="pencil")
    failed = Change("skrytka_logins_total", protocol="imap", outcome="token_refused")
    expired = issuer.token(exp=int(time.time()) - 3_600)
    assert [await outcome(core, expired) for _ in range(5)] == [EXPIRED] * 5
    assert [await outcome(core, own.token(), ANN) for _ in range(3)] == [INVALID] * 3
    assert failed.value == 8
    refused = "Too many failed logins from your network; try again later"
    assert await outcome(core, issuer.token()) == refused
    with pytest.raises(DomainError, match=refused):
        await authentication.login(core, CLIENT, ANN, "pencil")


async def test_it_is_offered_only_where_it_works(core: Core, issuer: Issuer) -> None:
    off = with_oauth(core, OAuth())
    assert "OAUTHBEARER" not in sasl.mechanisms(off, Channel(True))
    for oauth in (issuer.by_keys(), issuer.by_introspection()):
        on = with_oauth(core, oauth)
        assert sasl.mechanisms(on, Channel(True)) == ("OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN")
        assert sasl.mechanisms(on, Channel(False)) == ()


def test_a_token_is_never_shown(engine: str) -> None:
    assert "t0ken" not in repr(oauth_messages.oauthbearer(oauthbearer("t0ken", ANN)))
