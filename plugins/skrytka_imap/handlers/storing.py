"""STORE."""

from __future__ import annotations

from skrytka.plugin_api import messages, model
from skrytka_imap import responses
from skrytka_imap.commands import Store
from skrytka_imap.error_replies import NoRight
from skrytka_imap.flag_telling import tell_keywords
from skrytka_imap.handlers.progress import Progress
from skrytka_imap.handlers.targets import EXPUNGE_ISSUED, named, uids_at
from skrytka_imap.message_limit import highest_uids, limited
from skrytka_imap.message_names import begin
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session

CHUNK = 1_000


async def store(session: Session, command: Store) -> Reply:
    """RFC 3501 section 6.4.6; UNCHANGEDSINCE: RFC 7162 section 3.1.3. A transaction takes at most 1 000 messages.

    Flags that the session has no right to stay as they are; it fails where it has a right to none (RFC 4314 section 4).
    """
    selected = session.selected
    if not _may_any(command, selected.settable):
        raise NoRight("You may not set those flags in that folder")
    if not selected.may_change:
        return no("The folder is open for reading only", b"READ-ONLY")
    named_uids = uids_at(selected.view, named(session, command.sequence, uid=command.uid))
    uids, code = highest_uids(session, named_uids)
    since = None if command.unchanged_since is None else model.ModSeq(command.unchanged_since)
    change = model.FlagChange(command.mode, command.flags, command.keywords, since, settable=selected.settable)
    modified: list[int] = []
    gone = 0
    progress = Progress(session, len(uids))
    for start in range(0, len(uids), CHUNK):
        chunk = uids[start : start + CHUNK]
        stored = await messages.store_flags(
            session.core, session.actor, selected.mailbox, selected.folder_id, chunk, change, selected.reader
        )
        await _tell(session, command, change, stored, highest_first=code is not None)
        modified += stored.modified
        gone += len(stored.gone)
        progress.add(len(chunk))
    return limited(session, _outcome(session, command, sorted(modified), gone), code)


def _may_any(command: Store, may: model.Settable) -> bool:
    """Whether one of the flags may be changed. Replacing names them all, and who names none changes none."""
    if command.mode == "replace":
        return bool(may.flags) or may.keywords
    names_none = not command.flags and not command.keywords
    return names_none or bool(command.flags & may.flags) or (bool(command.keywords) and may.keywords)


async def _tell(
    session: Session, command: Store, change: model.FlagChange, stored: model.FlagsStored, *, highest_first: bool
) -> None:
    """The new flags of each message; only its MODSEQ where the client asked for silence and knows modseqs.

    Silence hides the client's own change, not what others did to the same message before and was not told yet.
    """
    tell_keywords(session, (row.keywords for row in stored.changed))
    for row in stored.changed:
        if not command.silent or session.selected.foresees(row, change):
            session.selected.note_own_change(row.uid, row.modseq)
    rows = [*stored.changed, *stored.unchanged]
    if command.silent:
        rows = list(stored.changed) if session.condstore else []
    rows.sort(key=lambda row: row.uid, reverse=highest_first)
    for row in rows:
        number = session.selected.number(row.uid)
        if number is not None:
            name = row.uid if session.uid_only else number
            session.wire.write(responses.fetch_line(name, _items(session, command, row), begin(session)))
            await session.wire.breathe()


def _items(session: Session, command: Store, row: model.MessageRow) -> list[bytes]:
    with_uid = (command.uid or session.condstore) and not session.uid_only
    items = [responses.uid_item(row.uid)] if with_uid else []
    if not command.silent:
        recent = session.selected.is_recent(row.uid)
        items.append(responses.flags_item(row.flags, row.keywords, recent=recent))
    if session.condstore:
        items.append(responses.modseq_item(row.modseq))
    return items


def _outcome(session: Session, command: Store, modified: list[int], gone: int) -> Reply:
    """What failed UNCHANGEDSINCE is listed as it was named; other messages are stored in any case (RFC 7162, 3.1.3).

    A client that named a message by its number and does not know that it is gone must not take it for stored.
    """
    code = None
    if modified:
        names = modified if command.uid else [session.selected.number(uid) or 0 for uid in modified]
        code = b"MODIFIED " + responses.number_set(names)
    if gone and not command.uid:
        return no("Some of the messages are gone", code or EXPUNGE_ISSUED)
    return ok("Those were changed by others" if modified else "The flags are stored", code)
