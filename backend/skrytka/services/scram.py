"""Logins with SCRAM-SHA-256 (RFC 5802, RFC 7677), without their messages: ``skrytka.sasl`` has those.

A name that is no mailbox, or has no keys, is answered as any other is: with a salt of its own that is always the same, and the
iterations that are set. It takes the same reads, the same turn and the same commit to fail.
"""

from __future__ import annotations

import hmac

import msgspec

from skrytka.core import Core
from skrytka.errors import AuthenticationFailed
from skrytka.model import Actor, Login
from skrytka.services import addresses, authentication, guessing, hashing, verifiers
from skrytka.services.deployment_secret import secret
from skrytka.store.operations.credentials import Credential, ScramKeys

_SALT_OCTETS = 16


class Offer(msgspec.Struct, frozen=True):
    """What there is to prove the knowledge of. ``credential`` is what the keys are of; None: no proof is one of them."""

    login: str
    keys: ScramKeys
    credential: Credential | None

    def signature(self, signed: bytes) -> bytes:
        """ServerSignature, by which the client sees that the server knows its keys (RFC 5802 section 3)."""
        return hmac.digest(self.keys.server_key, signed, "sha256")


async def offer(core: Core, login: str) -> Offer:
    """The keys of a name, or some that nobody can have the password of."""
    invented = await _invent(core, login)
    credential = await authentication.find(core, login)
    if credential is None or credential.argon2id is None or credential.scram is None:
        return Offer(login, invented, None)
    return Offer(login, credential.scram, credential)


async def verify(core: Core, actor: Actor, offered: Offer, signed: bytes, proof: bytes) -> Login:
    """Let in who has proved to know the password; fails, and is slowed down, as ``authentication.by_password`` is.

    A password that was changed since the offer lets nobody in any more.
    """
    guesser = await guessing.guesser(core, actor.client_address, offered.login)
    await guesser.admit()
    async with hashing.turn(core):
        await guesser.confirm()
        now = await authentication.find(core, offered.login)
        if not verifiers.proves(offered.keys, signed, proof) or not _is_still(offered.credential, now):
            await guesser.failed()
            raise AuthenticationFailed
    assert now is not None, "it is still the one that was offered"
    return authentication.enter(actor, now.target, now.version)


def _is_still(offered: Credential | None, now: Credential | None) -> bool:
    if offered is None or now is None:
        return False
    same_mailbox = now.target.mailbox.mailbox_id == offered.target.mailbox.mailbox_id
    return same_mailbox and now.version == offered.version and now.argon2id is not None


async def _invent(core: Core, login: str) -> ScramKeys:
    name = addresses.normalised_or_none(login) or login
    key, named = await secret(core), name.encode("utf-8", "surrogatepass")
    salt, stored_key, server_key = (
        hmac.digest(key, b"scram %b %b" % (purpose, named), "sha256") for purpose in (b"salt", b"stored", b"server")
    )
    return ScramKeys(salt[:_SALT_OCTETS], core.settings.auth.scram_iterations, stored_key, server_key)
