"""Guessing is slowed down: what is counted, what it does to whom, and what it does not tell. Work is counted, not timed."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import AuthenticationFailed, DomainError, TooManyFailures
from skrytka.model import Actor, Status
from skrytka.services import aliases, authentication, domains, guessing, hashing, keys, mailboxes
from skrytka.settings import Auth
from skrytka.store.interface import Tx
from tests.contract.provisioning import ADMIN, CHEAP, Clock, make_mailbox, vary
from tests.contract.services.test_metrics import Change
from tests.contract.shards import ReadOnly

ANN = "ann@example.org"
STRICT: Auth = msgspec.structs.replace(
    CHEAP, scram=False, failures_per_address=4, failures_per_login=3, failure_decay_s=60.0, longest_delay_s=0.0
)
EVIL = "192.0.2.66"


def client(address: str, protocol: str = "imap") -> Actor:
    return Actor("", protocol, address)


async def guess(core: Core, address: str = EVIL, login: str = ANN, password: str = "wrong") -> str:
    """What became of one attempt: the name of its error, or ``ok``."""
    try:
        await authentication.login(core, client(address), login, password)
    except DomainError as error:
        return type(error).__name__
    return "ok"


async def rows(core: Core) -> list[tuple[Any, ...]]:
    async def read(tx: Tx, _: None) -> list[tuple[Any, ...]]:
        return await tx.rows("SELECT kind, slot, subject, settled_at_ms FROM login_failure ORDER BY kind, slot")

    return await core.directory.read(read, None)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long ``guessing`` would have waited, which takes no time here."""
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(guessing, "sleep", note)
    return waited


async def test_an_address_that_failed_often_is_refused_by_every_process(core: Core) -> None:
    """``auth.failures_per_address`` and ``auth.failure_decay_s``. The processes share nothing but the directory."""
    clock = Clock()
    processes = [vary(core, clock=clock, auth=STRICT, process=True) for _ in range(3)]
    await make_mailbox(processes[0], password="right")
    spray = [await guess(processes[turn % 3], login=f"user{turn}@example.org") for turn in range(4)]
    assert spray == ["AuthenticationFailed"] * 4
    for process in processes:
        assert await guess(process, password="right") == "TooManyFailures"
        assert await guess(process, "192.0.2.67", password="right") == "ok"
    with pytest.raises(TooManyFailures) as refused:
        await authentication.login(vary(core, clock=clock, auth=STRICT, process=True), client(EVIL), ANN, "right")
    assert refused.value.retry_after_s == 60
    clock.forward(61)
    assert await guess(processes[1]) == "AuthenticationFailed"
    assert await guess(processes[2]) == "TooManyFailures"
    clock.forward(4 * 60)
    assert await guess(vary(core, clock=clock, auth=STRICT, process=True), password="right") == "ok"


async def test_many_at_once_get_no_more_guesses(core: Core) -> None:
    """Those that wait for their turn to hash are looked at again when it comes."""
    auth = msgspec.structs.replace(STRICT, argon2_concurrency=1, failures_per_login=1_000)
    processes = [vary(core, auth=auth, process=True) for _ in range(2)]
    await make_mailbox(processes[0], password="right")
    outcomes = Counter(await asyncio.gather(*(guess(processes[turn % 2]) for turn in range(40))))
    assert set(outcomes) == {"AuthenticationFailed", "TooManyFailures"}
    assert 4 <= outcomes["AuthenticationFailed"] <= 5, "one more for each process but the first"


async def test_ipv6_counts_by_64(core: Core) -> None:
    core = vary(core, clock=Clock(), auth=STRICT)
    await make_mailbox(core, password="right")
    for turn in range(4):
        await guess(core, f"2001:db8:0:1:{turn:x}::{turn:x}", f"user{turn}@example.org")
    assert await guess(core, "2001:db8:0:1:ffff::1", password="right") == "TooManyFailures"
    assert await guess(core, "2001:db8:0:2::1", password="right") == "ok"


async def test_an_ipv4_client_of_a_dual_stack_socket_is_that_client(core: Core) -> None:
    core = vary(core, clock=Clock(), auth=STRICT)
    for turn in range(4):
        await guess(core, EVIL if turn % 2 else f"::ffff:{EVIL}", f"user{turn}@example.org")
    assert await guess(core, f"::ffff:{EVIL}") == await guess(core) == "TooManyFailures"


async def test_a_name_under_attack_takes_longer_and_stays_open(core: Core, pauses: list[float]) -> None:
    """``auth.failures_per_login`` and ``auth.longest_delay_s``: from many addresses on one mailbox, nobody is locked out."""
    clock = Clock()
    core = vary(core, clock=clock, auth=msgspec.structs.replace(STRICT, longest_delay_s=6.0))
    await make_mailbox(core, password="right")
    for turn in range(3):
        assert await guess(core, f"198.51.100.{turn}") == "AuthenticationFailed"
    assert pauses == []
    for turn in range(3, 9):
        assert await guess(core, f"198.51.100.{turn}") == "AuthenticationFailed"
    assert pauses == pytest.approx([2.0, 4.0, 6.0, 6.0, 6.0, 6.0])
    assert await guess(core, "203.0.113.1", password="right") == "ok"
    assert len(pauses) == 7
    assert await guess(core, "203.0.113.1", password="right") == "ok", "remembered: it does not wait"
    assert len(pauses) == 7
    clock.forward(60 * 6)
    assert await guess(vary(core, clock=clock, auth=core.settings.auth, process=True), password="right") == "ok"
    assert len(pauses) == 7, "forgotten"


async def test_a_refused_address_cannot_ask_who_is_remembered(core: Core) -> None:
    """Else it could go on guessing at all who logged in lately, without being counted."""
    core = vary(core, clock=Clock(), auth=STRICT)
    await make_mailbox(core, password="right")
    assert await guess(core, "192.0.2.67", password="right") == "ok"
    for turn in range(4):
        await guess(core, login=f"user{turn}@example.org")
    assert (await guess(core, password="right"), await guess(core)) == ("TooManyFailures", "TooManyFailures")
    assert await guess(core, "192.0.2.67", password="right") == "ok"


async def test_right_passwords_count_nothing(core: Core) -> None:
    core = vary(core, clock=Clock(), auth=msgspec.structs.replace(STRICT, cache_s=1e-9))
    await make_mailbox(core, password="right")
    await mailboxes.put(core, ADMIN, ANN, mailboxes.MailboxChange(status=Status.SUSPENDED))
    assert [await guess(core, password="right") for _ in range(6)] == ["Suspended"] * 6
    await mailboxes.put(core, ADMIN, ANN, mailboxes.MailboxChange(status=Status.ACTIVE))
    assert [await guess(core, password="right") for _ in range(6)] == ["ok"] * 6
    assert await rows(core) == []


async def test_auth_uncounted_networks(core: Core) -> None:
    """A webmail's users all come from its address."""
    auth = msgspec.structs.replace(STRICT, uncounted_networks=("192.0.2.0/24",), failures_per_login=1_000)
    core = vary(core, clock=Clock(), auth=auth)
    await make_mailbox(core, password="right")
    assert {await guess(core) for _ in range(8)} == {"AuthenticationFailed"}
    assert [row[0] for row in await rows(core)] == ["login"]


async def test_both_attacks_are_told(core: Core, caplog: pytest.LogCaptureFixture) -> None:
    """Of each, one line and one count when the limit is reached, and again only when it is reached again."""
    clock = Clock()
    core = vary(core, clock=clock, auth=STRICT)
    counts = {kind: Change("skrytka_guessing_total", kind=kind) for kind in ("address", "login", "key")}
    refused = Change("skrytka_logins_total", protocol="imap", outcome="too_many_failures")
    with caplog.at_level(logging.WARNING, "skrytka.services.guessing"):
        for turn in range(6):
            await guess(core, login=f"user{turn}@example.org")
        assert caplog.messages == [f"4 failures of late from {EVIL}: slowed down from now on"]
        caplog.clear()
        for turn in range(9):
            await guess(core, f"198.51.100.{turn}", "Bob@example.org")
        assert caplog.messages == [
            "3 failures of late to 'Bob@example.org', now from 198.51.100.2: slowed down from now on"
        ]
    assert [change.value for change in counts.values()] == [1, 1, 0]
    assert refused.value == 2


class CountingExecutor(ThreadPoolExecutor):
    """Counts what is hashed."""

    hashed = 0

    def submit(self, *given: Any, **named: Any) -> Any:
        self.hashed += 1
        return super().submit(*given, **named)


@contextmanager
def recorded() -> Iterator[Counter[str]]:
    """Which functions of the services are gone through, once each because waiting ones are entered again, and how often each
    kind of statement is run."""
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.endswith("/sqlite_tx.py"):
            calls[code.co_qualname] += 1
        elif event == "call" and "/skrytka/services/" in code.co_filename:
            calls[code.co_qualname] = 1

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_what_there_is_cannot_be_told_by_the_work(core: Core) -> None:
    """A wrong password, a mailbox without one, a suspended one, an alias and an unknown name: one hash of the same cost, as many
    reads and commits, through the same functions in ``services``, and the same words."""
    with CountingExecutor(1) as executor:
        core = dataclasses.replace(vary(core, auth=CHEAP), hashing=executor)
        await make_mailbox(core, password="right")
        await aliases.put(core, ADMIN, ANN, "info@example.org")
        await make_mailbox(core, "nologin@example.org")
        await make_mailbox(core, "sue@example.org", password="right")
        await mailboxes.put(core, ADMIN, "sue@example.org", mailboxes.MailboxChange(status=Status.SUSPENDED))
        await domains.put(core, ADMIN, "shut.example", Status.SUSPENDED)
        names = [ANN, "info@example.org", "nologin@example.org", "sue@example.org", "nobody@example.org"]
        await guess(core)  # what is made once is made
        work: dict[str, tuple[int, Counter[str]]] = {}
        for name in (*names, "nobody@nowhere.example", "nobody@shut.example"):
            before = executor.hashed
            with recorded() as calls, pytest.raises(AuthenticationFailed) as failed:
                await authentication.login(core, client(EVIL), name, "wrong")
            assert str(failed.value) == "Wrong login or password"
            # the two that differ: to look whether the password is remembered, and to make the hash that nothing matches
            # and once for each domain, whether it is there or not: its A-labels are remembered
            for few in ("_is_remembered", "LoginCache.knows", "dummy", "dummy.<locals>.<genexpr>", "_a_labels"):
                del calls[few]
            work[name] = executor.hashed - before, calls
        assert work[ANN][0] == 1
        assert {"Guesser.admit", "Guesser.confirm", "Guesser.failed"} <= set(work[ANN][1])
        assert work == dict.fromkeys(work, work[ANN])


async def test_a_name_that_is_none_waits_as_a_mailbox_does(core: Core, pauses: list[float]) -> None:
    core = vary(core, clock=Clock(), auth=msgspec.structs.replace(STRICT, longest_delay_s=3.0))
    await make_mailbox(core, password="right")
    waited = {}
    for number, name in enumerate((ANN, "nobody@example.org", "no address at all")):
        pauses.clear()
        for turn in range(7):
            await guess(core, f"10.{number}.0.{turn}", name)
        waited[name] = list(pauses)
    assert waited[ANN]
    assert waited == dict.fromkeys(waited, waited[ANN])


async def test_the_counts_are_bounded_and_name_nobody(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "SLOTS", 8)
    core = vary(core, clock=Clock(), auth=STRICT)
    for turn in range(60):
        guesser = await guessing.guesser(core, f"10.0.{turn}.1", f"user{turn}@example.org")
        await guesser.failed()
    kept = await rows(core)
    assert Counter(row[0] for row in kept) == {"address": 8, "login": 8}
    assert all(0 <= slot < 8 and len(bytes(subject)) == 16 for _, slot, subject, _ in kept)


async def test_who_takes_a_slot_does_not_inherit_its_failures(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "SLOTS", 1)
    core = vary(core, clock=Clock(), auth=STRICT)
    await make_mailbox(core, password="right")
    for _ in range(4):
        await guess(core)
    assert await guess(core) == "TooManyFailures"
    assert await guess(core, "192.0.2.9") == "AuthenticationFailed"
    assert [await guess(core, "192.0.2.9") for _ in range(3)] == ["AuthenticationFailed"] * 3


async def test_a_clock_that_is_set_back_locks_nobody_out(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock, auth=STRICT)
    await make_mailbox(core, password="right")
    for _ in range(4):
        await guess(core)
    clock.forward(-86_400)
    assert await guess(core) == "AuthenticationFailed"
    assert await guess(core, password="right") == "ok"


async def test_more_is_not_held_against_a_name_than_it_takes_to_forget(core: Core) -> None:
    """However long the attack was, after twice the limit's time nothing is left of it."""
    clock = Clock()
    core = vary(core, clock=clock, auth=STRICT)
    for _ in range(50):
        guesser = await guessing.guesser(core, "", ANN)
        await guesser.failed()
    [(_, _, _, settled_at_ms)] = await rows(core)
    assert settled_at_ms == int(clock() * 1_000) + 2 * 3 * 60_000


async def test_a_directory_that_cannot_be_written_answers_all_the_same(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    core = vary(core, auth=STRICT)
    await make_mailbox(core, password="right")
    full = dataclasses.replace(core, directory=ReadOnly(core.directory))
    assert await guess(full) == "AuthenticationFailed"
    assert "was not counted" in caplog.text


async def test_wrong_keys_are_counted_and_a_right_one_never_waits(core: Core, pauses: list[float]) -> None:
    clock = Clock()
    core = vary(core, clock=clock, auth=msgspec.structs.replace(STRICT, longest_delay_s=2.0))
    key, secret = await keys.create(core, ADMIN, "panel")
    refused = Change("skrytka_keys_refused_total")
    outcomes = []
    for turn in range(6):
        with pytest.raises(DomainError) as failed:
            await keys.verify_key(core, f"sk_{turn}_wrong", EVIL)
        outcomes.append(type(failed.value))
    assert outcomes == [AuthenticationFailed] * 4 + [TooManyFailures] * 2
    assert pauses == [2.0, 2.0]
    assert (await keys.verify_key(core, secret, EVIL)).credential == key.key_id
    assert (len(pauses), refused.value) == (2, 6)


async def test_one_key_under_attack_from_many_addresses_is_seen(
    core: Core, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    core = vary(core, clock=Clock(), auth=msgspec.structs.replace(STRICT, longest_delay_s=2.0))
    for turn in range(5):
        with suppress(AuthenticationFailed):
            await keys.verify_key(core, f"sk_{'ab' * 6}_{turn}", f"198.51.100.{turn}")
    assert caplog.messages == [
        "3 failures of late with keys 'abababababab', now from 198.51.100.2: slowed down from now on"
    ]
    assert len(pauses) == 2


async def test_flooding_with_wrong_keys_writes_nothing_more(core: Core) -> None:
    core = vary(core, clock=Clock(), auth=STRICT)
    commits = Change("skrytka_commit_seconds_count", store="directory")
    for turn in range(60):
        with suppress(AuthenticationFailed, TooManyFailures):
            await keys.verify_key(core, f"sk_{turn}_wrong", EVIL)
    assert commits.value == 4


async def test_turns_to_hash_are_given_back_when_a_client_goes(core: Core) -> None:
    core = vary(core, auth=msgspec.structs.replace(STRICT, argon2_concurrency=1), process=True)
    async with hashing.turn(core):
        waiting = asyncio.create_task(guess(core))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
    assert core.state(hashing.Queue).length == 0
    assert await guess(core) == "AuthenticationFailed"
