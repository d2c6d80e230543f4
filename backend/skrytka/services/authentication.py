"""Who is there: logins of mail clients by password. The keys of the REST API are in ``keys``."""

from __future__ import annotations

import asyncio

import msgspec

from skrytka.core import Core
from skrytka.errors import AuthenticationFailed, DomainError, Invalid, NotAuthorized, NotFound, Suspended, Unavailable
from skrytka.model import Actor, Login, MailboxRef, State
from skrytka.services import addresses, counting, guessing, hashing, verifiers
from skrytka.services.guessing import Guesser
from skrytka.services.login_cache import LoginCache
from skrytka.services.verifiers import Costs
from skrytka.store.operations import credentials, routes
from skrytka.store.operations.credentials import Credential, Verifiers, VerifiersAdd
from skrytka.store.operations.routes import Address, Target

AUTHENTICATOR_TIMEOUT_S = 10.0


async def login(core: Core, actor: Actor, login: str, password: str) -> Login:
    """As ``by_password``, and count what came of it."""
    try:
        entered = await by_password(core, actor, login, password)
    except DomainError as failure:
        counting.login(actor.protocol, failure)
        raise
    counting.login(actor.protocol, None)
    return entered


async def by_password(core: Core, actor: Actor, login: str, password: str) -> Login:
    """Let a client in by its address, or an alias, and password.

    Authenticators of plugins are asked first, in order. An unknown address, one without a password and a wrong password
    do the same work and look the same; only who knows the password learns that the mailbox is suspended. Failures are counted
    and slow down those that follow (``guessing``); ``TooManyFailures`` is for a network that has failed too often.

    What ``guessing`` says comes first. Who is remembered does not wait, but a network that is refused may not even ask that:
    its guesses would be answered, and be counted by nobody.
    """
    credential = await find(core, login)
    prepared = _prepare(password)
    remembered = credential is not None and prepared is not None and _is_remembered(core, credential, prepared)
    if remembered:
        await guessing.admit_network(core, actor.client_address)
    guesser = None if remembered else await guessing.guesser(core, actor.client_address, login)
    if guesser is not None:
        await guesser.admit()
    address = await _ask_authenticators(core, actor, login, password)
    if address is not None:
        target = await core.directory.read(routes.find, _key(address))
        if target is None:
            raise AuthenticationFailed
        return enter(actor, target, credential_version=0)
    if guesser is not None and not await _verify(core, guesser, credential, prepared):
        raise AuthenticationFailed
    assert credential is not None, "nothing else verifies"
    return enter(actor, credential.target, credential.version)


async def vouched(core: Core, actor: Actor, name: str, acting_as: str = "") -> Login | None:
    """Let in who was authenticated by somebody else, to a mailbox or alias; None where there is none. It needs no password.

    ``acting_as``, where it is given, has to be a name of the same mailbox, or it is ``NotAuthorized``.
    """
    target = await _target(core, name)
    if target is None:
        return None
    if acting_as:
        asked = await _target(core, acting_as)
        if asked is None or asked.mailbox.mailbox_id != target.mailbox.mailbox_id:
            raise NotAuthorized
    return enter(actor, target, credential_version=0)


async def _target(core: Core, name: str) -> Target | None:
    address = addresses.normalised_or_none(name)
    return None if address is None else await core.directory.read(routes.find, _key(address))


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


async def find(core: Core, login: str) -> Credential | None:
    """What lets in to a name, None for one that is no mailbox."""
    address = addresses.normalised_or_none(login)
    return None if address is None else await core.directory.read(credentials.find, _key(address))


def _prepare(password: str) -> str | None:
    """None for what can be no password."""
    try:
        return verifiers.prepare(password)
    except Invalid:
        return None


def _is_remembered(core: Core, credential: Credential, prepared: str) -> bool:
    mailbox_id = credential.target.mailbox.mailbox_id
    return credential.argon2id is not None and core.state(LoginCache).knows(
        mailbox_id, credential.version, prepared, core.now()
    )


async def _verify(core: Core, guesser: Guesser, credential: Credential | None, prepared: str | None) -> bool:
    """One hash, whether there is such a mailbox, such a password, or not. A failure keeps its turn until it is counted, so that
    no more are tried at once than there are turns."""
    costs = Costs.of(core.settings.auth)
    stored = (credential and credential.argon2id) or verifiers.dummy(costs)
    async with hashing.turn(core):
        await guesser.confirm()
        if not await hashing.in_thread(core, verifiers.matches, stored, prepared or ""):
            await guesser.failed()
            return False
    assert credential is not None, "the dummy is matched by nothing"
    assert credential.argon2id is not None
    assert prepared is not None, "no verifier is made of an empty password"
    await _renew_verifiers(core, credential, Verifiers(credential.argon2id, credential.scram), prepared, costs)
    until = core.now() + core.settings.auth.cache_s
    core.state(LoginCache).learn(credential.target.mailbox.mailbox_id, credential.version, prepared, until)
    return True


async def _renew_verifiers(core: Core, credential: Credential, stored: Verifiers, prepared: str, costs: Costs) -> None:
    """Now that the password is at hand: add missing SCRAM keys, hash anew if the costs were changed."""
    if not verifiers.outdated(stored, costs, prepared):
        return
    try:
        renewed = await hashing.run(core, verifiers.renew, prepared, stored, costs)
        added = VerifiersAdd(credential.target.mailbox.mailbox_id, credential.version, renewed)
        await core.directory.write(credentials.add_verifiers, added)
    except Unavailable:
        return  # the queue is full, or the disk is: the login itself is done, a later one will renew


def enter(actor: Actor, target: Target, credential_version: int) -> Login:
    """The login of who has proved to be it; ``Suspended`` or ``Unavailable`` for a mailbox that cannot be entered now."""
    if target.suspended:
        raise Suspended("The mailbox is suspended")
    if target.state is not State.ACTIVE:
        raise Unavailable("The mailbox is not ready yet")
    known = msgspec.structs.replace(actor, credential=target.mailbox.address)
    return Login(target.mailbox, known, credential_version)
