"""Logins: what lets in, what does not, what is remembered and what is stored."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hashlib
import hmac
import threading
import unicodedata

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import AuthenticationFailed, Suspended, Unavailable
from skrytka.extensions import Extensions
from skrytka.model import Actor, Login, MailboxId, Status
from skrytka.services import aliases, authentication, domains, hashing, mailboxes, verifiers
from skrytka.services.login_cache import LoginCache
from skrytka.services.mailboxes import MailboxChange
from skrytka.settings import Auth
from skrytka.store.operations import credentials
from skrytka.store.operations.credentials import Credential
from skrytka.store.operations.routes import Address
from tests.contract.provisioning import ADMIN, CHEAP, Clock, make_mailbox, vary
from tests.contract.shards import ReadOnly

CLIENT = Actor(credential="", protocol="imap", client_address="192.0.2.7", client_name="probe")
ANN = Address("ann@example.org", "example.org")


async def stored(core: Core) -> Credential:
    found = await core.directory.read(credentials.find, ANN)
    assert found is not None
    return found


async def test_by_address_and_by_alias(core: Core) -> None:
    core = vary(core)
    mailbox = await make_mailbox(core, password="correct horse")
    await aliases.put(core, ADMIN, "ann@example.org", "info@example.org")
    expected = Login(mailbox.ref, msgspec.structs.replace(CLIENT, credential="ann@example.org"), 1)
    for login in ("ann@example.org", "ANN@Example.ORG", "info@example.org"):
        assert await authentication.login(core, CLIENT, login, "correct horse") == expected


@pytest.mark.parametrize("password", ["wrong", "", "correct hors", "correct horse ", "\0", "x" * 5_000])
async def test_wrong_passwords(core: Core, password: str) -> None:
    core = vary(core)
    await make_mailbox(core, password="correct horse")
    with pytest.raises(AuthenticationFailed):
        await authentication.login(core, CLIENT, "ann@example.org", password)


@pytest.mark.parametrize("login", ["bob@example.org", "ann@missing.example", "ann", "", "\udc80@example.org"])
async def test_unknown_logins_fail_alike(core: Core, login: str) -> None:
    core = vary(core)
    await make_mailbox(core, password="correct horse")
    with pytest.raises(AuthenticationFailed) as failed:
        await authentication.login(core, CLIENT, login, "correct horse")
    assert str(failed.value) == "Wrong login or password"


async def test_without_a_password_there_is_no_login(core: Core) -> None:
    core = vary(core)
    await make_mailbox(core)
    with pytest.raises(AuthenticationFailed):
        await authentication.login(core, CLIENT, "ann@example.org", "")
    with pytest.raises(AuthenticationFailed):
        await authentication.login(core, CLIENT, "ann@example.org", "anything")


async def test_a_new_password_ends_remembered_logins_in_every_process(core: Core) -> None:
    first, second = vary(core, process=True), vary(core, process=True)
    await make_mailbox(first, password="old")
    for process in (first, second):
        await authentication.login(process, CLIENT, "ann@example.org", "old")
    await mailboxes.put(first, ADMIN, "ann@example.org", MailboxChange(password="new"))
    for process in (first, second):
        with pytest.raises(AuthenticationFailed):
            await authentication.login(process, CLIENT, "ann@example.org", "old")
        login = await authentication.login(process, CLIENT, "ann@example.org", "new")
        assert login.credential_version == 2
    await mailboxes.put(first, ADMIN, "ann@example.org", MailboxChange(password=None))
    await mailboxes.put(first, ADMIN, "ann@example.org", MailboxChange(password="third"))
    for process in (first, second):
        with pytest.raises(AuthenticationFailed):
            await authentication.login(process, CLIENT, "ann@example.org", "new")
    assert (await stored(core)).version == 4


async def test_a_deleted_and_remade_mailbox_does_not_remember(core: Core) -> None:
    core = vary(core)
    await make_mailbox(core, password="old")
    await authentication.login(core, CLIENT, "ann@example.org", "old")
    await mailboxes.delete(core, ADMIN, "ann@example.org")
    with pytest.raises(AuthenticationFailed):
        await authentication.login(core, CLIENT, "ann@example.org", "old")
    await make_mailbox(core, password="new")
    with pytest.raises(AuthenticationFailed):
        await authentication.login(core, CLIENT, "ann@example.org", "old")


async def test_only_the_right_password_learns_of_a_suspension(core: Core) -> None:
    core = vary(core)
    await make_mailbox(core, password="right")
    await authentication.login(core, CLIENT, "ann@example.org", "right")
    await domains.put(core, ADMIN, "example.org", Status.SUSPENDED)
    with pytest.raises(Suspended):
        await authentication.login(core, CLIENT, "ann@example.org", "right")
    with pytest.raises(AuthenticationFailed):
        await authentication.login(core, CLIENT, "ann@example.org", "wrong")
    await domains.put(core, ADMIN, "example.org", Status.ACTIVE)
    await mailboxes.put(core, ADMIN, "ann@example.org", MailboxChange(status=Status.SUSPENDED))
    with pytest.raises(Suspended):
        await authentication.login(core, CLIENT, "ann@example.org", "right")


async def test_unicode_passwords_in_any_form(core: Core) -> None:
    core = vary(core)
    password = "zażółć gęślą"
    await make_mailbox(core, password=unicodedata.normalize("NFC", password))
    for written in (unicodedata.normalize("NFD", password), password.replace(" ", "\u00a0")):
        await authentication.login(core, CLIENT, "ann@example.org", written)


async def test_setting_a_password_stores_both_verifiers(core: Core) -> None:
    core = vary(core)
    await make_mailbox(core, password="pencil")
    credential = await stored(core)
    assert credential.argon2id is not None
    assert credential.argon2id.startswith("$argon2id$v=19$m=8192,t=1,p=1$")
    assert credential.scram is not None
    assert credential.scram.iterations == 65_536
    assert credential.scram == verifiers.scram_keys("pencil", 65_536, credential.scram.salt)


async def test_a_directory_that_can_only_be_read_lets_in(core: Core) -> None:
    """A full disk: what a login would store better stays as it is."""
    plain = Auth(scram=False, argon2_time_cost=1, argon2_memory_kib=8_192)
    await make_mailbox(vary(core, auth=plain), password="pencil")
    full = dataclasses.replace(vary(core), directory=ReadOnly(core.directory))
    assert (await authentication.login(full, CLIENT, "ann@example.org", "pencil")).credential_version == 1
    assert (await stored(core)).scram is None


async def test_a_plaintext_login_adds_scram_and_dearer_hashes(core: Core) -> None:
    plain = Auth(scram=False, argon2_time_cost=1, argon2_memory_kib=8_192)
    await make_mailbox(vary(core, auth=plain), password="pencil")
    before = await stored(core)
    assert before.scram is None

    dearer = Auth(argon2_time_cost=2, argon2_memory_kib=8_192)
    await authentication.login(vary(core, auth=dearer, process=True), CLIENT, "ann@example.org", "pencil")
    after = await stored(core)
    assert after.version == before.version
    assert after.scram is not None
    assert after.scram == verifiers.scram_keys("pencil", 65_536, after.scram.salt)
    assert after.argon2id is not None
    assert "m=8192,t=2,p=1" in after.argon2id
    await authentication.login(vary(core, auth=dearer, process=True), CLIENT, "ann@example.org", "pencil")
    assert await stored(core) == after


async def test_a_full_queue_is_an_outage(core: Core) -> None:
    core = vary(core, auth=msgspec.structs.replace(CHEAP, argon2_queue=1))
    await make_mailbox(core, password="right")
    gate = threading.Event()
    hashed = asyncio.create_task(hashing.run(core, gate.wait))
    await asyncio.sleep(0)  # the task is in the queue, which is full now
    with pytest.raises(Unavailable):
        await authentication.login(core, CLIENT, "ann@example.org", "right")
    gate.set()
    assert await hashed
    await authentication.login(core, CLIENT, "ann@example.org", "right")


class Directory:
    """An authenticator of a plugin."""

    def __init__(self, answers: dict[tuple[str, str], str]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, str]] = []

    async def authenticate(self, login: str, password: str, client_address: str) -> str | None:
        self.asked.append((login, password, client_address))
        return self.answers.get((login, password))


class Silent:
    async def authenticate(self, login: str, password: str, client_address: str) -> str | None:
        await asyncio.Event().wait()
        return None


async def test_plugins_are_asked_first_and_in_order(core: Core) -> None:
    core = vary(core)
    mailbox = await make_mailbox(core, password="local")
    first, second = Directory({}), Directory({("uid=ann", "ldap"): "Ann@example.org", ("bob", "x"): "bob@example.org"})
    core = dataclasses.replace(core, extensions=Extensions(authenticators=(first, second)))
    login = await authentication.login(core, CLIENT, "uid=ann", "ldap")
    assert (login.mailbox, login.actor.credential) == (mailbox.ref, "ann@example.org")
    assert first.asked == second.asked == [("uid=ann", "ldap", "192.0.2.7")]
    assert (await authentication.login(core, CLIENT, "ann@example.org", "local")).mailbox == mailbox.ref
    with pytest.raises(AuthenticationFailed):
        await authentication.login(core, CLIENT, "bob", "x")


async def test_a_silent_plugin_is_an_outage(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    core = vary(core, extensions=Extensions(authenticators=(Silent(),)))
    await make_mailbox(core, password="right")
    monkeypatch.setattr(authentication, "AUTHENTICATOR_TIMEOUT_S", 0.01)
    with pytest.raises(Unavailable):
        await authentication.login(core, CLIENT, "ann@example.org", "right")


def test_the_cache_forgets_by_time_version_and_size() -> None:
    cache, clock = LoginCache(capacity=2), Clock(0)
    one, two, three = (MailboxId(number) for number in (1, 2, 3))
    cache.learn(one, 1, "a", until=10)
    assert cache.knows(one, 1, "a", clock())
    assert not cache.knows(one, 1, "b", clock())
    assert cache.knows(one, 1, "a", 9.9)
    assert not cache.knows(one, 1, "a", 10)
    cache.learn(one, 1, "a", until=10)
    assert not cache.knows(one, 2, "a", clock())
    assert not cache.knows(one, 1, "a", clock())
    for mailbox_id in (one, two, three):
        cache.learn(mailbox_id, 1, "a", until=10)
    assert [cache.knows(mailbox_id, 1, "a", 0) for mailbox_id in (one, two, three)] == [False, True, True]


def test_scram_keys_are_those_of_rfc_7677() -> None:
    """RFC 7677 section 3: user, pencil, 4 096 iterations; the proof and the server's signature follow from the keys."""

    keys = verifiers.scram_keys("pencil", 4_096, base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    message = f"n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r={nonce}".encode()
    proof = base64.b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    signature = hmac.digest(keys.stored_key, message, "sha256")
    client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
    assert hashlib.sha256(client_key).digest() == keys.stored_key
    server_signature = hmac.digest(keys.server_key, message, "sha256")
    assert base64.b64encode(server_signature) == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_the_dummy_takes_the_same_parameters_and_lets_nobody_in() -> None:
    costs = verifiers.Costs.of(CHEAP)
    assert costs.hasher.check_needs_rehash(verifiers.dummy(costs)) is False
    assert verifiers.matches(verifiers.dummy(costs), "anything") is False
