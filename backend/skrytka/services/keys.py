"""Keys of the REST API: ``sk_<id>_<secret>``. The store has their SHA-256 only; 256 bits of chance need no slow hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator

from skrytka import metrics
from skrytka.core import Core
from skrytka.errors import AuthenticationFailed, Fault, NotFound
from skrytka.model import Actor, ApiKey
from skrytka.services import guessing
from skrytka.services.faults import refuse
from skrytka.store.operations import api_keys
from skrytka.store.operations.api_keys import KeyUse, KeyWrite

NAME_LENGTH = 128
USE_RESOLUTION_S = 300
"""``last_used_at`` is written at most this often: a read-only request should not cost a commit."""


def new_secret(key_id: str) -> str:
    return f"sk_{key_id}_{secrets.token_urlsafe(32)}"


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


async def create(core: Core, actor: Actor, name: str) -> tuple[ApiKey, str]:
    """A new key and its secret, which is nowhere else from now on."""
    refuse(faults(name))
    key_id = secrets.token_hex(6)
    secret = new_secret(key_id)
    now = int(core.now())
    await core.directory.write(api_keys.insert, KeyWrite(key_id, name, digest_of(secret), now))
    return ApiKey(key_id, name, now), secret


def faults(name: str) -> Iterator[Fault]:
    """What can never be right in a key's name."""
    if not 1 <= len(name) <= NAME_LENGTH:
        yield Fault("name", f"must have 1 to {NAME_LENGTH} characters")
    if not name.isprintable():
        yield Fault("name", "has a control character")


async def list_all(core: Core) -> list[ApiKey]:
    return await core.directory.read(api_keys.list_all, None)


async def delete(core: Core, actor: Actor, key_id: str) -> None:
    """Revoke: the next request with the key is refused."""
    if not key_id.isprintable() or not await core.directory.write(api_keys.delete, key_id):
        raise NotFound("key", key_id)


async def verify_key(core: Core, secret: str, client_address: str) -> Actor:
    """The actor behind a bearer key; ``AuthenticationFailed`` when there is no such key, ``TooManyFailures`` after many."""
    key = await core.directory.read(api_keys.find, digest_of(secret))
    if key is None:
        metrics.KEYS_REFUSED.inc()
        await (await guessing.key_guesser(core, client_address, secret)).fail_late()
        raise AuthenticationFailed
    now = int(core.now())
    if key.last_used_at is None or now - key.last_used_at >= USE_RESOLUTION_S:
        await core.directory.write(api_keys.mark_used, KeyUse(key.key_id, now))
    return Actor(credential=key.key_id, protocol="rest", client_address=client_address)
