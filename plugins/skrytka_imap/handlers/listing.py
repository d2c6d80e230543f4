"""LIST and LSUB."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from skrytka.plugin_api import folders, model
from skrytka_imap import responses
from skrytka_imap.commands import List, Lsub
from skrytka_imap.replies import Reply, ok
from skrytka_imap.session import Session

SEPARATOR = "/"
INBOX = "INBOX"
PIECES = re.compile(r"[*%]+|[^*%]+")

SPECIAL_USES = {
    model.Role.SENT: "\\Sent",
    model.Role.DRAFTS: "\\Drafts",
    model.Role.TRASH: "\\Trash",
    model.Role.JUNK: "\\Junk",
    model.Role.ARCHIVE: "\\Archive",
}
"""RFC 6154 section 2. INBOX has a role, but no attribute."""


async def list_folders(session: Session, command: List) -> Reply:
    """RFC 3501 section 6.3.8, with the attributes of RFC 3348 and RFC 6154."""
    if command.pattern == "":
        session.wire.write(responses.separator_line())
        return ok("That is the separator")
    matches = matcher(command.reference, command.pattern)
    found = {folder.name: folder for folder in await folders.list_all(session.core, session.mailbox)}
    superior = _superior(found)
    names = [*found, *sorted(superior - found.keys())]
    for name in names:
        if matches(name):
            session.wire.write(
                responses.list_line(
                    name, _attributes(found.get(name), has_children=name in superior), utf8=session.utf8
                )
            )
        await session.wire.breathe()
    return ok("Those are the folders")


def _attributes(folder: model.Folder | None, *, has_children: bool) -> list[str]:
    """A name that exists only because of what is below it cannot be selected (RFC 3501 section 6.3.4)."""
    attributes = ["\\HasChildren" if has_children else "\\HasNoChildren"]
    if folder is None:
        return ["\\Noselect", *attributes]
    if folder.role in SPECIAL_USES:
        attributes.append(SPECIAL_USES[folder.role])
    return attributes


async def list_subscribed(session: Session, command: Lsub) -> Reply:
    """RFC 3501 section 6.3.9: a name that matches only as far as ``%`` goes, and is not subscribed itself, is \\Noselect."""
    subscribed = dict.fromkeys(await folders.subscriptions(session.core, session.mailbox))
    matches = matcher(command.reference, command.pattern)
    names = set(filter(matches, subscribed))
    if "%" in command.pattern:
        names |= set(filter(matches, _superior(subscribed)))
    for name in sorted(names):
        session.wire.write(responses.lsub_line(name, [] if name in subscribed else ["\\Noselect"], utf8=session.utf8))
        await session.wire.breathe()
    return ok("Those are the subscriptions")


def _superior(names: Iterable[str]) -> set[str]:
    """All names that have others below them."""
    found: set[str] = set()
    for name in names:
        levels = name.split(SEPARATOR)
        found.update(SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels)))
    return found


def matcher(reference: str, pattern: str) -> Callable[[str], bool]:
    """Whether a name matches: ``*`` is anything, ``%`` anything within a level, INBOX is matched in any case,
    also as the first level of others.

    The reference goes before the pattern as it stands (RFC 3501 section 6.3.8 leaves its meaning to the server), both in the
    normal form in which names are stored.
    """
    text = unicodedata.normalize("NFC", reference + pattern)
    level, separator, rest = text.partition(SEPARATOR)
    pieces, inbox, below = (PIECES.findall(one) for one in (text, text.upper(), level.upper() + separator + rest))

    def matches(name: str) -> bool:
        if name == INBOX:
            return _match(inbox, name)
        return _match(pieces, name) or (name.startswith(INBOX + SEPARATOR) and _match(below, name))

    return matches


def _match(pieces: list[str], name: str) -> bool:
    """Follow all places of ``name`` that can be reached piece by piece: no pattern takes more than its length times that."""
    places = {0}
    for piece in pieces:
        if not places:
            return False
        if "*" in piece:
            places = set(range(min(places), len(name) + 1))
        elif "%" in piece:
            places = _within_levels(places, name)
        else:
            places = {at + len(piece) for at in places if name.startswith(piece, at)}
    return len(name) in places


def _within_levels(places: set[int], name: str) -> set[int]:
    reached: set[int] = set()
    for at in sorted(places):
        if at not in reached:
            end = name.find(SEPARATOR, at)
            reached.update(range(at, (len(name) if end < 0 else end) + 1))
    return reached
