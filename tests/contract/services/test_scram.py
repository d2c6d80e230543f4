"""SCRAM logins: what is offered of whom, and what fails. The messages are in ``tests/imap/transcripts/auth_scram.txt``."""

from __future__ import annotations

import asyncio
import dataclasses

import msgspec
import pytest

from skrytka import sasl
from skrytka.connections.interface import Channel
from skrytka.core import Core
from skrytka.errors import AuthenticationFailed, DomainError, TooManyFailures
from skrytka.extensions import Extensions
from skrytka.model import Actor, Login
from skrytka.services import authentication, hashing, mailboxes, scram
from skrytka.services.mailboxes import MailboxChange
from skrytka.settings import Auth
from skrytka.store.operations import credentials
from skrytka.store.operations.credentials import Credential
from tests.contract.provisioning import ADMIN, CHEAP, Clock, make_mailbox, vary
from tests.contract.services.test_directory_authentication import ANN, Directory
from tests.contract.services.test_metrics import Change
from tests.scram_client import ScramClient

CLIENT = Actor(credential="", protocol="imap", client_address="192.0.2.7")
QUICK: Auth = msgspec.structs.replace(CHEAP, scram_iterations=4_096)
NAME = "ann@example.org"


async def stored(core: Core) -> Credential:
    found = await core.directory.read(credentials.find, ANN)
    assert found is not None
    return found


async def challenge(core: Core, client: ScramClient) -> tuple[sasl.Exchange, bytes]:
    exchange = sasl.begin(core, CLIENT, Channel(True), "SCRAM-SHA-256")
    answer = await exchange.begin(client.first())
    assert isinstance(answer, bytes)
    return exchange, answer


async def log_in(core: Core, name: str, password: str) -> Login:
    client = ScramClient(name, password)
    exchange, answer = await challenge(core, client)
    final = await exchange.step(client.final(answer))
    assert isinstance(final, bytes)
    assert client.accepts(final)
    login = await exchange.step(b"")
    assert isinstance(login, Login)
    return login


async def outcome(core: Core, name: str, password: str) -> str:
    try:
        await log_in(core, name, password)
    except DomainError as error:
        return type(error).__name__
    return "ok"


async def test_it_is_the_login_that_a_password_gives(core: Core) -> None:
    core = vary(core, auth=QUICK)
    await make_mailbox(core, password="pencil")
    entered, failed = (
        Change("skrytka_logins_total", protocol="imap", outcome=each) for each in ("ok", "authentication_failed")
    )
    assert await log_in(core, NAME, "pencil") == await authentication.by_password(core, CLIENT, NAME, "pencil")
    assert await outcome(core, NAME, "pen") == "AuthenticationFailed"
    assert (entered.value, failed.value) == (1, 1)


async def test_who_is_no_mailbox_is_answered_as_one_is(core: Core) -> None:
    """With a salt that is the same in every process and every time, of the same length, and the same iterations."""
    processes = [vary(core, auth=QUICK, process=True) for _ in range(2)]
    await make_mailbox(processes[0], password="pencil")
    await make_mailbox(processes[0], "locked@example.org")
    salts = set()
    for name in (NAME, "locked@example.org", "bob@example.org", "ann@missing.example", "ann", "a b", "="):
        first, again, other = [(await scram.offer(process, name)).keys for process in (processes[0], *processes)]
        assert first == again == other
        assert (len(first.salt), first.iterations) == (16, 4_096)
        assert await outcome(processes[0], name, "wrong") == "AuthenticationFailed"
        salts.add(first.salt)
    assert len(salts) == 7
    capital = [(await scram.offer(processes[0], name)).keys for name in ("bob@example.org", "BOB@Example.ORG")]
    assert capital[0] == capital[1]


async def test_a_failure_costs_the_same_whether_there_is_such_a_mailbox_or_not(core: Core) -> None:
    core = vary(core, auth=msgspec.structs.replace(QUICK, failures_per_address=1_000), process=True)
    await make_mailbox(core, password="pencil")
    await outcome(core, "somebody@example.org", "x")
    costs = set()
    for name in (NAME, "bob@example.org", "ann@missing.example"):
        commits, reads = Change("skrytka_commit_seconds_count", store="directory"), _Reads(core)
        assert await outcome(reads.core, name, "wrong") == "AuthenticationFailed"
        costs.add((commits.value, reads.count))
    assert len(costs) == 1


class _Reads:
    """Counts reads of the directory."""

    def __init__(self, core: Core) -> None:
        self.count = 0
        self._directory = core.directory
        self.core = dataclasses.replace(core, directory=self)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> object:
        if name == "read":
            self.count += 1
        return getattr(self._directory, name)


async def test_guesses_are_counted_and_slow_down_passwords_too(core: Core) -> None:
    auth = msgspec.structs.replace(QUICK, failures_per_address=3, failures_per_login=100)
    core = vary(core, clock=Clock(), auth=auth)
    await make_mailbox(core, password="pencil")
    assert [await outcome(core, NAME, "wrong") for _ in range(3)] == ["AuthenticationFailed"] * 3
    assert await outcome(core, NAME, "pencil") == "TooManyFailures"
    with pytest.raises(TooManyFailures):
        await authentication.login(core, CLIENT, NAME, "pencil")


async def test_many_at_once_get_no_more_guesses(core: Core) -> None:
    auth = msgspec.structs.replace(QUICK, failures_per_address=3, argon2_concurrency=2)
    core = vary(core, clock=Clock(), auth=auth, process=True)
    await make_mailbox(core, password="pencil")
    outcomes = await asyncio.gather(*(outcome(core, NAME, "wrong") for _ in range(12)))
    assert outcomes.count("AuthenticationFailed") <= 4
    assert core.state(hashing.Queue).length == 0


@pytest.mark.parametrize("change", [MailboxChange(password="new"), MailboxChange(password=None)])
async def test_a_password_changed_meanwhile_lets_nobody_in(core: Core, change: MailboxChange) -> None:
    core = vary(core, auth=QUICK)
    await make_mailbox(core, password="pencil")
    client = ScramClient(NAME, "pencil")
    exchange, answer = await challenge(core, client)
    await mailboxes.put(core, ADMIN, NAME, change)
    with pytest.raises(AuthenticationFailed):
        await exchange.step(client.final(answer))


async def test_a_mailbox_made_anew_meanwhile_lets_nobody_in(core: Core) -> None:
    core = vary(core, auth=QUICK)
    await make_mailbox(core, password="pencil")
    client = ScramClient(NAME, "pencil")
    exchange, answer = await challenge(core, client)
    await mailboxes.delete(core, ADMIN, NAME)
    await make_mailbox(core, password="pencil")
    with pytest.raises(AuthenticationFailed):
        await exchange.step(client.final(answer))


async def test_other_iterations_are_stored_at_the_next_login_in_plaintext(core: Core) -> None:
    await make_mailbox(vary(core, auth=QUICK), password="pencil")
    dearer = vary(core, auth=msgspec.structs.replace(QUICK, scram_iterations=5_000), process=True)
    assert await outcome(dearer, NAME, "pencil") == "ok"
    before = await stored(core)
    await authentication.login(dearer, CLIENT, NAME, "pencil")
    after = await stored(core)
    assert (before.scram and before.scram.iterations, after.scram and after.scram.iterations) == (4_096, 5_000)
    assert await outcome(dearer, NAME, "pencil") == "ok"


async def test_passwords_are_prepared_as_clients_do(core: Core) -> None:
    """RFC 4013: a client sends proof of the prepared password. What is prohibited has no keys, and no hash each time."""
    core = vary(core, auth=QUICK, process=True)
    await make_mailbox(core, password="pa\u00ads\u2168\u00a0word")
    assert await outcome(core, NAME, "pasIX word") == "ok"
    await mailboxes.put(core, ADMIN, NAME, MailboxChange(password="\U0001f511 key"))
    before = await stored(core)
    assert before.scram is None
    assert await outcome(core, NAME, "\U0001f511 key") == "AuthenticationFailed"
    commits = Change("skrytka_commit_seconds_count", store="directory")
    await authentication.login(core, CLIENT, NAME, "\U0001f511 key")
    assert (await stored(core), commits.value) == (before, 0)


async def test_it_is_offered_only_where_it_works(core: Core) -> None:
    on, off = vary(core, auth=QUICK), vary(core, auth=msgspec.structs.replace(QUICK, scram=False))
    with_plugin = vary(core, auth=QUICK, extensions=Extensions(authenticators=(Directory({}),)))
    tls = Channel(True, b"hash")
    assert sasl.mechanisms(on, tls)[:2] == ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")
    assert "SCRAM-SHA-256-PLUS" not in sasl.mechanisms(on, Channel(True))
    assert sasl.mechanisms(on, Channel(False, b"hash")) == ()
    for other in (off, with_plugin):
        assert sasl.mechanisms(other, tls) == ("PLAIN", "LOGIN")
        with pytest.raises(sasl.UnknownMechanism):
            sasl.begin(other, CLIENT, tls, "SCRAM-SHA-256")
    with pytest.raises(sasl.NotSecure):
        sasl.begin(on, CLIENT, Channel(False), "SCRAM-SHA-256")
