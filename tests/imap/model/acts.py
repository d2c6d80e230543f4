"""What happens in a run of the model. An act is drawn as plain numbers, which shrink well, and means something in any folder.

A new command: a function here and its name in ``IN_FOLDER``. What must hold after it, ``World.check`` looks at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from tests.imap.model.told import Told
from tests.imap.model.world import FOLDERS, World

MODES = ("+FLAGS", "-FLAGS", "FLAGS", "+FLAGS.SILENT", "-FLAGS.SILENT", "FLAGS.SILENT")
WORDS = (
    ("\\Deleted",),
    ("\\Seen",),
    ("\\Flagged", "$Work"),
    ("$work", "\\Draft"),
    ("\\Answered", "\\Deleted", "other"),
)
SEARCHES: dict[str, Callable[[frozenset[str]], bool]] = {
    "ALL": lambda flags: True,
    "DELETED": lambda flags: "\\Deleted" in flags,
    "UNSEEN": lambda flags: "\\Seen" not in flags,
    "NOT FLAGGED": lambda flags: "\\Flagged" not in flags,
    "OR ANSWERED KEYWORD $work": lambda flags: "\\Answered" in flags or "$work" in {word.lower() for word in flags},
}
FINDING = ("SEARCH", "SEARCH", "SORT (REVERSE SUBJECT SIZE) UTF-8", "THREAD REFERENCES UTF-8")
MOST_MESSAGES = 25


class Act(msgspec.Struct, frozen=True):
    """``session`` does ``name``; the other numbers choose messages, flags and modes, modulo what there is."""

    session: int
    name: str
    first: int = 0
    last: int = 0
    choice: int = 0
    uid: bool = False


class Messages(msgspec.Struct, frozen=True):
    """Some messages as a client names them."""

    numbers: range
    text: str
    prefix: str


def _named(told: Told, act: Act) -> Messages:
    count = len(told.entries)
    first, last = sorted((act.first % count + 1, act.last % count + 1))
    numbers = range(first, last + 1)
    if not act.uid:
        return Messages(numbers, f"{first}:{last}" if act.choice % 2 or first != last else str(first), "")
    return Messages(numbers, f"{told.entries[last - 1].uid}:{told.entries[first - 1].uid}", "UID ")


async def _store(world: World, told: Told, act: Act) -> None:
    named, mode = _named(told, act), MODES[act.choice % len(MODES)]
    words = WORDS[act.choice // len(MODES) % len(WORDS)]
    since = ""
    if act.choice % 7 == 0 and told.modseqs:
        since = f"(UNCHANGEDSINCE {sorted(told.modseqs.values())[act.first % len(told.modseqs)]}) "
    text = f"{named.prefix}STORE {named.text} {since}{mode} ({' '.join(words)})"
    _taken(await told.store(named.numbers, text, mode, frozenset(words)))
    await world.check(told, all_told=act.uid)


async def _fetch(world: World, told: Told, act: Act) -> None:
    named = _named(told, act)
    items = ("(UID FLAGS)", "(FLAGS BODY[])", "(FLAGS MODSEQ)", "RFC822.SIZE", "(BODY.PEEK[HEADER] FLAGS)")[
        act.choice % 5
    ]
    before = [entry.uid for entry in told.entries]
    _taken(await told.ask(f"{named.prefix}FETCH {named.text} {items}"))
    if not act.uid:
        assert before == [entry.uid for entry in told.entries][: len(before)]
        assert told.answered >= set(named.numbers), "a message that was not told to be gone has no answer"
    await world.check(told, all_told=act.uid)


async def _search(world: World, told: Told, act: Act) -> None:
    text, matches = list(SEARCHES.items())[act.choice % len(SEARCHES)]
    before = list(enumerate(told.entries, 1))
    expected = [(entry.uid if act.uid else number) for number, entry in before if matches(entry.flags or frozenset())]
    command = FINDING[act.first % len(FINDING)]
    _taken(await told.ask(f"{'UID ' if act.uid else ''}{command} {text}"))
    assert sorted(told.found) == expected
    await world.check(told, all_told=act.uid)


async def _copy(world: World, told: Told, act: Act) -> None:
    await _to_folder(world, told, act, "COPY" if len(told.entries) < MOST_MESSAGES else "MOVE")


async def _move(world: World, told: Told, act: Act) -> None:
    await _to_folder(world, told, act, "MOVE")


async def _to_folder(world: World, told: Told, act: Act, command: str) -> None:
    named = _named(told, act)
    _taken(await told.ask(f"{named.prefix}{command} {named.text} {FOLDERS[act.choice % len(FOLDERS)]}"))
    await world.check(told, all_told=True)


async def _expunge(world: World, told: Told, act: Act) -> None:
    _taken(await told.ask(f"UID EXPUNGE {_named(told, act).text}" if act.uid else "EXPUNGE"))
    await world.check(told, all_told=True)


async def _append(world: World, told: Told, act: Act) -> None:
    words = " ".join(WORDS[act.choice % len(WORDS)])
    command = f"APPEND {FOLDERS[act.first % len(FOLDERS)]} ({words}) {{4+}}\r\nmail"
    assert b" OK " in await told.ask(command)
    await world.check(told, all_told=True)


async def _noop(world: World, told: Told, act: Act) -> None:
    assert b" OK " in await told.ask("NOOP" if act.choice % 2 else "CHECK")
    await world.check(told, all_told=True)


async def _idle(world: World, told: Told, act: Act) -> None:
    """It lasts until the session has something else to do."""
    await told.begin_idle()


async def _leave(world: World, told: Told, act: Act) -> None:
    await told.leave("CLOSE" if act.choice % 2 else "UNSELECT")


async def _condstore(world: World, told: Told, act: Act) -> None:
    assert b" OK " in await told.ask("ENABLE CONDSTORE")
    await world.check(told, all_told=True)


async def _rest_flags(world: World, told: Told, act: Act) -> None:
    folder = FOLDERS[act.choice % len(FOLDERS)]
    if rows := await world.rows(folder):
        body = ({"add": ["deleted"]}, {"remove": ["seen"], "add_keywords": ["$Rest"]}, {"remove_keywords": ["$WORK"]})
        await world.change_over_rest(folder, rows[act.first % len(rows)].uid, body[act.last % len(body)])


async def _rest_delete(world: World, told: Told, act: Act) -> None:
    folder = FOLDERS[act.choice % len(FOLDERS)]
    if rows := await world.rows(folder):
        await world.delete_over_rest(folder, rows[act.first % len(rows)].uid)


async def _rest_upload(world: World, told: Told, act: Act) -> None:
    await world.upload(FOLDERS[act.choice % len(FOLDERS)])


async def _pop3(world: World, told: Told, act: Act) -> None:
    count = len(await world.rows("INBOX"))
    await world.delete_over_pop3(sorted({number % count + 1 for number in (act.first, act.last)}) if count else [])


Does = Callable[[World, Told, Act], Awaitable[None]]
IN_FOLDER: dict[str, Does] = {
    "store": _store,
    "fetch": _fetch,
    "search": _search,
    "copy": _copy,
    "move": _move,
    "expunge": _expunge,
    "append": _append,
    "noop": _noop,
    "idle": _idle,
    "leave": _leave,
    "condstore": _condstore,
}
BESIDE: dict[str, Does] = {
    "rest flags": _rest_flags,
    "rest delete": _rest_delete,
    "rest upload": _rest_upload,
    "pop3": _pop3,
}
NEED_MESSAGES = ("store", "fetch", "copy", "move")
ANEW = ("select", "reconnect")
NAMES = (*IN_FOLDER, *BESIDE, *ANEW, *["store"] * 8, *["rest flags"] * 2)
"""What is drawn; changes of flags most often, for most can go wrong where they meet."""


async def do(world: World, sessions: list[Told], act: Act) -> None:
    """One act, and what must hold after it."""
    place = act.session % len(sessions)
    told = sessions[place]
    if told.uid_only:
        act = msgspec.structs.replace(act, uid=True)
    if beside := BESIDE.get(act.name):
        await beside(world, told, act)
        return
    if told.idling:
        await told.end_idle()
        await world.check(told, all_told=True)
    elif told.notified and told.folder:
        await told.ask("NOOP")  # what came meanwhile decides what the client asks for
        await world.check(told, all_told=True)
    if act.name == "reconnect":
        await told.close()
        told = sessions[place] = await world.session(told.kind)
    if act.name in ANEW or not told.folder:
        await told.select(FOLDERS[act.first % len(FOLDERS)], read_only=act.choice % 4 == 0)
        await world.check(told, all_told=True)
    elif told.entries or not (act.name in NEED_MESSAGES or act.uid):
        await IN_FOLDER[act.name](world, told, act)


def _taken(answer: bytes) -> None:
    """A message that is gone, or a folder that is only read, is a reason for NO; BAD there is no reason for."""
    assert (
        answer.split()[1] == b"OK" or b"[EXPUNGEISSUED]" in answer or b"[READ-ONLY]" in answer or b"[MODIFIED" in answer
    ), answer
