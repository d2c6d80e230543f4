"""Any command, right or wrong, in any state: one answer, no traceback, and BAD changes nothing.

``make fuzz`` plays it for long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, combinations
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from skrytka.core import Core
from skrytka.settings import Settings
from skrytka.store.interface import Row
from skrytka_imap import server
from skrytka_imap.session import Session
from skrytka_imap.settings import Settings as ImapSettings
from tests.front_ends import PASSWORD, Served
from tests.imap.any_command.client import Answer, Client, judge
from tests.imap.any_command.texts import said, texts
from tests.imap.any_command.world import World, remembered

LONG = settings.get_current_profile_name() == "long"
EXAMPLES = max(settings().max_examples // 10, 1) if LONG else 15
COMMANDS = 16
TEXTS = 150 if LONG else 20
TEXTS_IN_A_WORLD = 40

LOGIN = f'LOGIN ann@example.org "{PASSWORD}"'.encode()
STATES: dict[str, tuple[bytes, ...]] = {
    "not authenticated": (),
    "authenticated": (LOGIN,),
    "selected": (LOGIN, b"SELECT INBOX"),
    "examined": (LOGIN, b"EXAMINE INBOX"),
    "selected, of another": (LOGIN, b'SELECT "Other users/owner@example.org/Archive"'),
    "examined, of another": (LOGIN, b'SELECT "Other users/owner@example.org/INBOX"'),
    "unauthenticated": (LOGIN, b"ENABLE IMAP4rev2 UIDONLY QRESYNC METADATA", b"SELECT INBOX", b"UNAUTHENTICATE"),
}
ENABLES = (b"IMAP4rev2", b"UIDONLY", b"UTF8=ACCEPT", b"QRESYNC", b"CONDSTORE", b"METADATA")
SUBSETS = tuple(chain.from_iterable(combinations(ENABLES, size) for size in range(len(ENABLES) + 1)))
NOTIFY = (
    b"NOTIFY SET (selected (MessageNew (UID FLAGS ENVELOPE) MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge"
    b" FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange))"
)


class Start(msgspec.Struct, frozen=True):
    """How an example begins."""

    state: str
    enabled: tuple[bytes, ...] = ()
    notify: bool = False

    def commands(self) -> list[bytes]:
        first = list(STATES[self.state])
        if self.state in {"not authenticated", "unauthenticated"}:
            return first
        enable = [b"ENABLE " + b" ".join(self.enabled)] if self.enabled else []
        return [*first[:1], *enable, *([NOTIFY] if self.notify else []), *first[1:]]


STARTS = strategies.builds(
    Start, strategies.sampled_from(sorted(STATES)), strategies.sampled_from(SUBSETS), strategies.booleans()
)
DONE = strategies.sampled_from((b"DONE", b"done", b"", b"*", b"NOOP", b"t1 NOOP", b"AGFubgB4", b"=", b"\xff"))


class Played:
    """One conversation, judged at every command."""

    def __init__(self, world: World, client: Client, session: Session) -> None:
        self.world, self.client, self.session = world, client, session
        self._stored: Mapping[str, list[Row]] = {}

    async def say(self, text: bytes, done: bytes = b"DONE") -> Answer:
        text = self.world.own(text)
        stored, remembers = self._stored or await self.world.stored(), remembered(self.session)
        language = self.session.language
        answer = await self.client.command(text, done=done)
        judge(self.session, answer, text, language)
        self._stored = await self.world.stored()
        if answer.status == "BAD" and not self.client.ended:
            assert self._stored == stored, "BAD has changed the store"
            assert remembered(self.session) == remembers, "BAD has changed the session"
        return answer


class Stage:
    """Begins conversations, and knows the server's end of each."""

    def __init__(self, world: World, served: Served, sessions: list[Session]) -> None:
        self.world, self._served, self._sessions = world, served, sessions

    async def play(self, start: Start, said: Sequence[bytes], done: bytes = b"DONE") -> int:
        """A conversation of these commands, from the first on until it ends; ``done`` is what follows a request for more.

        How many were said.
        """
        client = Client(*await self._served.connect())
        said_already: list[bytes] = []
        try:
            await client.greet()
            played = Played(self.world, client, self._sessions[-1])
            for text in start.commands():
                answer = await played.say(text)
                assert answer.status == "OK", (text, answer.lines)
            for text in said:
                said_already.append(text)
                await played.say(text, done)
                if client.ended:
                    break
        except BaseException as failure:
            failure.add_note(f"{start} and then {said_already}, each with {done!r}")
            raise
        finally:
            rest = await client.close()
        assert client.ended or not [line for line in rest if not line.startswith(b"* ")], f"more than was asked: {rest}"
        return len(said_already)


@pytest.fixture(name="settings")
def patient(settings: Settings) -> Settings:
    """Failed logins without end, too."""
    auth = msgspec.structs.replace(settings.auth, failures_per_address=1_000_000, failures_per_login=1_000_000)
    return msgspec.structs.replace(settings, auth=auth)


@pytest.fixture
def imap_settings() -> ImapSettings:
    """A client may say much nonsense, and little fills it."""
    return ImapSettings(
        login_failure_delay_s=0,
        max_login_failures=1_000_000,
        max_bad_commands=1_000_000,
        max_search_contexts=2,
        append_messages=4,
        append_octets=100_000,
        catenate_parts=3,
        setquota=True,
        notify_folders=50,
        url_hosts=("mail.example.org",),
    )


@pytest.fixture
def stage(core: Core, served: Served, monkeypatch: pytest.MonkeyPatch) -> Stage:
    sessions: list[Session] = []

    class Watched(Session):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            sessions.append(self)

    monkeypatch.setattr(server, "Session", Watched)
    return Stage(World(core), served, sessions)


CHANGING = (
    b"APPEND Archive {4+}\r\nmail",
    b"STORE 1 +FLAGS (\\Answered)",
    b"COPY 1 Drafts",
    b"MOVE 1 Drafts",
    b'SETMETADATA "" (/private/comment "x")',
    b'SETMETADATA INBOX (/shared/comment "x")',
    b"SETACL INBOX anyone l",
    b"UNSUBSCRIBE Drafts",
    b"CREATE New",
    b'SETQUOTA "" (MESSAGE 100)',
)


async def test_what_changes_anything_is_noticed(stage: Stage) -> None:
    """Else it would go unnoticed when BAD does it."""
    await stage.world.begin()
    before = await stage.world.stored()
    for text in CHANGING:
        assert await stage.play(Start("selected"), [text]) == 1
        after = await stage.world.stored()
        assert after != before, text
        before = after


@pytest.mark.parametrize("state", STATES)
async def test_what_transcripts_say_is_answered_in_every_state(stage: Stage, state: str) -> None:
    """``make fuzz`` says many after each combination of what can be enabled, ``make test`` some after one."""
    texts = [b"".join(tokens) for tokens in chain.from_iterable(said().values())]
    random = Random(None if LONG else state)
    for enabled in SUBSETS if LONG else random.sample(SUBSETS, 1):
        random.shuffle(texts)
        left = texts[:TEXTS]
        while left:
            await stage.world.begin()
            left = left[await stage.play(Start(state, enabled, random.random() < 0.5), left[:TEXTS_IN_A_WORLD]) :]


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(start=STARTS, said=texts(COMMANDS // 2, COMMANDS), done=DONE)
async def test_any_commands_are_answered(stage: Stage, start: Start, said: list[bytes], done: bytes) -> None:
    await stage.world.begin()
    await stage.play(start, said, done)
