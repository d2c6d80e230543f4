"""CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skrytka.plugin_api import errors, folders, model, sharing
from skrytka_imap import access, others, responses
from skrytka_imap.commands import Create, Delete, Rename, Subscribe, Unsubscribe
from skrytka_imap.object_ids import mailbox_id
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session
from skrytka_imap.sources import INBOX, canonical, levels_of
from skrytka_imap.special_uses import ROLES, SPECIAL_USES


async def create(session: Session, command: Create) -> Reply:
    """RFC 3501 section 6.3.3; the use of the folder: RFC 6154 section 3; MAILBOXID: RFC 8474 section 4.1.

    A folder has one use, and a use one folder.
    """
    role = None
    if command.uses:
        role = ROLES.get(f"\\{command.uses[0]}") if len(command.uses) == 1 else None
        if role is None:
            return no("A folder can be for one of " + " ".join(SPECIAL_USES.values()), b"USEATTR")
    if (other := others.parse(session.settings.prefixes, command.name)) is not None:
        return await _create_for_other(session, other, role)
    try:
        made = await folders.create(session.core, session.actor, session.mailbox, command.name, role)
    except errors.AlreadyExists as error:
        if error.kind == "role":
            return no("Another folder is for that already", b"USEATTR")
        raise
    _tell_spelling(session, made.name, command.name)
    _note_own(session, made=levels_of(made.name))
    return ok("The folder is made", b"MAILBOXID (%b)" % mailbox_id(session.mailbox, made.folder_id).encode())


async def _create_for_other(session: Session, other: others.Other, role: model.Role | None) -> Reply:
    """In the mailbox of another, whose folders are for what he says."""
    above = await access.place_to_create(session, other)
    if role is not None:
        return no("A folder of another user is for what its owner says", b"USEATTR")
    made = await folders.create(session.core, session.actor, above.mailbox, other.name)
    _note_own(session, made=_told_levels(session, above, made.name))
    return ok("The folder is made", b"MAILBOXID (%b)" % mailbox_id(above.mailbox, made.folder_id).encode())


async def delete(session: Session, command: Delete) -> Reply:
    """RFC 3501 section 6.3.4. A client that deletes the folder that it has selected has none selected afterwards."""
    place = await access.find(session, command.name, "x")
    name = _name_there(session, command.name)
    await folders.delete(session.core, session.actor, place.mailbox, name, place.folder_id)
    if session.is_selected and session.selected.is_folder(place.mailbox, place.folder_id):
        await session.unselect()
    _tell_spelling(session, place.folder.name, command.name, ["\\NonExistent"])
    _note_own(session, gone=place.folder.name)
    return ok("The folder is deleted")


async def rename(session: Session, command: Rename) -> Reply:
    """RFC 3501 section 6.3.5. Folders of others stay in their mailbox; the rights: RFC 4314 section 4."""
    old, new = (others.parse(session.settings.prefixes, name) for name in (command.old, command.new))
    if old is None and new is None:
        name = await folders.rename(session.core, session.actor, session.mailbox, command.old, command.new)
        _tell_spelling(session, name, command.new)
        _note_own(session, made=levels_of(name), gone="" if command.old == INBOX else canonical(command.old))
        return ok("The folder is renamed")
    place = await access.find(session, command.old, "x")
    above = await access.place_to_create(session, new) if new is not None else None
    if old is None or new is None or above is None or above.mailbox.mailbox_id != place.mailbox.mailbox_id:
        raise errors.NotPermitted("A folder stays in the mailbox of its owner")
    if _name_there(session, command.old) == INBOX:
        raise errors.NotPermitted("Only its owner can rename INBOX")
    try:
        name = await folders.rename(session.core, session.actor, place.mailbox, old.name, new.name, place.folder_id)
    except errors.AlreadyExists:  # it may be a folder below that the session may not look up
        raise errors.AlreadyExists("folder", command.new) from None
    _note_own(session, made=_told_levels(session, above, name), gone=place.folder.name)
    return ok("The folder is renamed")


def _tell_spelling(session: Session, name: str, asked: str, attributes: Sequence[str] = ()) -> None:
    """To a client of IMAP4rev2 that spelt a name otherwise than we do (RFC 9051 sections 6.3.4 to 6.3.6)."""
    if session.rev2 and name != asked:
        session.wire.write(responses.list_line(name, attributes, old_name=asked, utf8=True))


async def subscribe(session: Session, command: Subscribe) -> Reply:
    """RFC 3501 section 6.3.6."""
    await folders.subscribe(session.core, session.actor, session.mailbox, _subscribed(session, command.name))
    _note_own_subscription(session, command.name, subscribed=True)
    return ok("You are subscribed")


async def unsubscribe(session: Session, command: Unsubscribe) -> Reply:
    """RFC 3501 section 6.3.7."""
    await folders.unsubscribe(session.core, session.actor, session.mailbox, _subscribed(session, command.name))
    _note_own_subscription(session, command.name, subscribed=False)
    return ok("You are not subscribed")


def _subscribed(session: Session, name: str) -> str:
    return others.canonical(session.settings.prefixes, name)


def _name_there(session: Session, name: str) -> str:
    """The name that the owner of the folder has for it."""
    prefixes = session.settings.prefixes
    other = others.parse(prefixes, others.canonical(prefixes, name))
    return name if other is None else other.name


def _told_levels(session: Session, above: sharing.Shared, name: str) -> list[str]:
    """The names that the session has for a folder of the same owner and those above it."""
    prefix, address = session.settings.prefixes[above.namespace], above.mailbox.address
    return [others.written(prefix, address, level) for level in levels_of(name)]


def _note_own(session: Session, *, made: Iterable[str] = (), gone: str = "") -> None:
    """The client need not be told what it did itself (RFC 5465 section 5); nothing is kept for one that is told of no folders."""
    if session.notify is None or not session.notify.groups:
        return
    if gone:
        session.notify.own[gone] = False
    session.notify.own.update(dict.fromkeys(made, True))


def _note_own_subscription(session: Session, name: str, *, subscribed: bool) -> None:
    if session.notify is not None and session.notify.groups:
        session.notify.own_subscriptions[canonical(_subscribed(session, name))] = subscribed
