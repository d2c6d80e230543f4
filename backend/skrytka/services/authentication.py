"""Who is there: logins of mail clients by password. The keys of the REST API are in ``keys``."""

from __future__ import annotations

import asyncio

import msgspec

from skrytka.core import Core
from skrytka.errors import AuthenticationFailed, DomainError, Invalid, NotFound, Suspended, Unavailable
from skrytka.model import Actor, Login, MailboxRef, State
from skrytka.services import addresses, counting, hashing, verifiers
from skrytka.services.login_cache import LoginCache
from skrytka.services.verifiers import Costs
from skrytka.store.operations import credentials, routes
from skrytka.store.operations.credentials import Credential, Verifiers, VerifiersAdd
from skrytka.store.operations.routes import Address, Target

AUTHENTICATOR_TIMEOUT_S = 10.0


async def login(core: Core, actor: Actor, login: str, password: str) -> Login:
    """Let a client in by its address, or an alias, and password.

    Authenticators of plugins are asked first, in order. An unknown address, one without a password and a wrong password
    take the same time and look the same; only who knows the password learns that the mailbox is suspended.
    """
    try:
        entered = await _login(core, actor, login, password)
    except DomainError as failure:
        counting.login(actor.protocol, failure)
        raise
    counting.login(actor.protocol, None)
    return entered


async def _login(core: Core, actor: Actor, login: str, password: str) -> Login:
    address = await _ask_authenticators(core, actor, login, password)
    if address is not None:
        target = await core.directory.read(routes.find, _key(address))
        if target is None:
            raise AuthenticationFailed
        return _enter(actor, target, credential_version=0)
    credential = await _find(core, login)
    if not await _verify(core, credential, password):
        raise AuthenticationFailed
    assert credential is not None, "nothing else verifies"
    return _enter(actor, credential.target, credential.version)


async def confirm(core: Core, mailbox: MailboxRef) -> None:
    """That a session which logged in earlier may go on: one point read of the directory.

    ``Suspended`` when the mailbox or its domain is by now; ``NotFound`` when the mailbox was deleted, also when another one
    has its address since.
    """
    target = await core.directory.read(routes.find, _key(mailbox.address))
    if target is None or target.mailbox.mailbox_id != mailbox.mailbox_id:
        raise NotFound("mailbox", mailbox.address)
    if target.suspended:
        raise Suspended("The mailbox is suspended")


async def _ask_authenticators(core: Core, actor: Actor, login: str, password: str) -> str | None:
    for authenticator in core.extensions.authenticators:
        try:
            async with asyncio.timeout(AUTHENTICATOR_TIMEOUT_S):
                address = await authenticator.authenticate(login, password, actor.client_address)
        except TimeoutError:
            raise Unavailable("An authenticator does not answer") from None
        if address is not None:
            return addresses.normalise_address(address)
    return None


def _key(address: str) -> Address:
    return Address(address, addresses.domain_of(address))


async def _find(core: Core, login: str) -> Credential | None:
    try:
        address = addresses.normalise_address(login)
    except Invalid:
        return None
    return await core.directory.read(credentials.find, _key(address))


async def _verify(core: Core, credential: Credential | None, password: str) -> bool:
    try:
        prepared = verifiers.prepare(password)
    except Invalid:
        return False
    costs = Costs.of(core.settings.auth)
    if credential is None or credential.argon2id is None:
        await hashing.run(core, verifiers.matches, verifiers.dummy(costs), prepared)
        return False
    cache = core.state(LoginCache)
    mailbox_id = credential.target.mailbox.mailbox_id
    if cache.knows(mailbox_id, credential.version, prepared, core.now()):
        return True
    if not await hashing.run(core, verifiers.matches, credential.argon2id, prepared):
        return False
    await _renew_verifiers(core, credential, Verifiers(credential.argon2id, credential.scram), prepared, costs)
    cache.learn(mailbox_id, credential.version, prepared, core.now() + core.settings.auth.cache_s)
    return True


async def _renew_verifiers(core: Core, credential: Credential, stored: Verifiers, prepared: str, costs: Costs) -> None:
    """Now that the password is at hand: add missing SCRAM keys, hash anew if the costs were changed."""
    if not verifiers.outdated(stored, costs):
        return
    try:
        renewed = await hashing.run(core, verifiers.renew, prepared, stored, costs)
        added = VerifiersAdd(credential.target.mailbox.mailbox_id, credential.version, renewed)
        await core.directory.write(credentials.add_verifiers, added)
    except Unavailable:
        return  # the queue is full, or the disk is: the login itself is done, a later one will renew


def _enter(actor: Actor, target: Target, credential_version: int) -> Login:
    if target.suspended:
        raise Suspended("The mailbox is suspended")
    if target.state is not State.ACTIVE:
        raise Unavailable("The mailbox is not ready yet")
    known = msgspec.structs.replace(actor, credential=target.mailbox.address)
    return Login(target.mailbox, known, credential_version)
