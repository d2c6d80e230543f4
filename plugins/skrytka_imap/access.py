"""From the name of a folder to the folder and what the session may do with it: the one place where rights are looked at.

A session has all rights to its own folders, and no store is asked about them. What is refused to who may not even look the folder
up is refused as if it were not there (RFC 4314 section 6).
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from skrytka.plugin_api import errors, folders, model, rights, sharing
from skrytka_imap import others, responses
from skrytka_imap.error_replies import NoRight
from skrytka_imap.selected import Selected
from skrytka_imap.session import Session
from skrytka_imap.wire import Over


class Place(msgspec.Struct, frozen=True):
    """A folder, under the name that this session has for it, whose it is, and the rights of this session to it.

    ``reader`` is who reads it, where that is not the owner; ``private_seen``: with a ``\\Seen`` of his own.
    """

    mailbox: model.MailboxRef
    folder: model.Folder
    rights: rights.Rights = rights.ALL
    reader: model.MailboxId = model.OWNER
    private_seen: bool = False

    @property
    def folder_id(self) -> model.FolderId:
        return self.folder.folder_id

    @property
    def settable(self) -> model.Settable:
        """The flags that messages can be given there."""
        return rights.settable(self.rights)


async def find(session: Session, name: str, needed: str) -> Place:
    """The folder, if the session has the needed rights; else ``NoRight``, or ``NotFound`` as where there is none."""
    other = others.parse(session.settings.prefixes, name)
    if other is None:
        return Place(session.mailbox, await folders.get(session.core, session.mailbox, name))
    try:
        found = await sharing.find(session.core, session.mailbox, other.namespace, other.owner, other.name)
    except errors.NotFound:
        raise errors.NotFound("folder", name) from None
    if not found.rights.issuperset(needed) and "l" not in found.rights:
        raise errors.NotFound("folder", name)
    check(found.rights, needed)
    return of_other(session, found)


async def find_with_entries(session: Session, name: str) -> Place:
    """The folder, if the session may read and set its metadata."""
    place = await find(session, name, "l")
    if not may_have_entries(place):
        raise NoRight("You lack the right r to that folder")
    return place


def may_have_entries(place: Place) -> bool:
    """Whether its metadata can be read and set (RFC 5464 section 3.3), private and shared entries alike."""
    return "l" in place.rights and not place.rights.isdisjoint("rswip")


def of_other(session: Session, shared: sharing.Shared) -> Place:
    """Under its whole name; what it is for to its owner says nothing to others."""
    name = others.written(session.settings.prefixes[shared.namespace], shared.mailbox.address, shared.folder.name)
    folder = msgspec.structs.replace(shared.folder, name=name, role=None)
    return Place(shared.mailbox, folder, shared.rights, session.mailbox.mailbox_id, shared.private_seen)


async def visible(
    session: Session, namespaces: Collection[model.Namespace]
) -> tuple[list[Place], errors.Unavailable | None]:
    """The folders of others in these namespaces that the session may look up, and the reason if these are not all.

    A client that took what is missing for deleted would forget it. It also hears when there are too many of them.
    """
    found: list[Place] = []
    if not namespaces:
        return found, None
    limit = session.settings.max_shared_folders
    try:
        async for some in sharing.visible(session.core, session.mailbox, namespaces, limit):
            found += [of_other(session, shared) for shared in some]
            if len(found) > limit:
                session.wire.write(b"* NO [LIMIT] Only %d folders of other users are looked at\r\n" % limit)
                return found[:limit], None
    except errors.Unavailable as failure:
        return found, failure
    return found, None


def check(granted: rights.Rights, needed: str) -> None:
    """``NoRight`` where one of the rights is missing."""
    if missing := [letter for letter in needed if letter not in granted]:
        raise NoRight(f"You lack the right {missing[0]} to that folder")


async def may_create(session: Session, other: others.Other) -> bool:
    """Whether the session may make that folder, if it is not there."""
    try:
        await place_to_create(session, other)
    except (NoRight, errors.Invalid, errors.LimitReached):
        return False
    return True


async def place_to_create(session: Session, other: others.Other) -> sharing.Shared:
    """The folder above a new one, whose ``k`` decides (RFC 4314 section 4). The refusal says nothing of what is there."""
    above = None
    if other.owner:
        above = await sharing.above(session.core, session.mailbox, other.namespace, other.owner, other.name)
    if above is None or "k" not in above.rights:
        raise NoRight("You may not make folders there")
    return above


async def select(session: Session, selected: Selected) -> None:
    """Select a folder. That of another is watched from now on, and so are the rights to it."""

    async def look() -> None:
        found = await sharing.again(session.core, session.mailbox, selected.mailbox, selected.folder_id)
        selected.rights, selected.private_seen = found.rights, found.private_seen

    await session.select(selected, look if selected.reader else None)


async def confirm(session: Session) -> None:
    """Before a command: look again at the rights to another's selected folder, when they may have changed.

    Who may no longer read it is told so and goes (RFC 4314 section 5.1.1); whose flags are others now hears which.
    """
    guard, selected = session.guard, session.selected
    assert guard is not None, "only another's folder is guarded"
    before = (selected.settable, selected.may_change)
    try:
        await guard.confirm()
    except errors.Unavailable:
        return
    except (errors.Suspended, errors.NotFound):
        raise Over("The selected folder is no longer there") from None
    if "r" not in selected.rights:
        raise Over("You may no longer read the selected folder")
    if (selected.settable, selected.may_change) != before:
        session.wire.write(flags_lines(session))


def flags_lines(session: Session) -> bytes:
    """FLAGS and PERMANENTFLAGS of the selected folder, as far as the session may set them."""
    selected = session.selected
    return responses.flags_lines(
        selected.known_keywords,
        read_only=not selected.may_change,
        settable=selected.settable,
        language=session.language,
    )
