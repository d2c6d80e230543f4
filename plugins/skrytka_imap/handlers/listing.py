"""LIST and LSUB."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from skrytka.plugin_api import folders, model
from skrytka_imap import responses
from skrytka_imap.commands import List, Lsub, Selection
from skrytka_imap.folder_events import superior_names
from skrytka_imap.handlers.telling_status import status_line
from skrytka_imap.patterns import matcher
from skrytka_imap.replies import Reply, ok
from skrytka_imap.session import Session
from skrytka_imap.special_uses import SPECIAL_USES


class Listed(msgspec.Struct, frozen=True):
    """A name to be told. ``folder`` is None where none has it; ``below`` says what is selected below it, though it is not itself
    matched by the pattern."""

    name: str
    folder: model.Folder | None
    attributes: list[str]
    below: list[str]


async def list_folders(session: Session, command: List) -> Reply:
    """RFC 3501 section 6.3.8 and RFC 5258, with the attributes of RFC 3348 and RFC 6154, and STATUS (RFC 5819)."""
    if command.patterns == ("",) and not command.extended:
        session.wire.write(responses.separator_line())
        return ok("That is the separator")
    found = {folder.name: folder for folder in await folders.list_all(session.core, session.mailbox)}
    subscribed: set[str] = set()
    if command.subscribed:
        subscribed.update(await folders.subscriptions(session.core, session.mailbox))
    matches = [matcher(command.reference, pattern) for pattern in command.patterns if pattern]

    def is_matched(name: str) -> bool:
        return any(match(name) for match in matches)

    for listed in _listed(command, found, subscribed, is_matched):
        if is_matched(listed.name):
            session.wire.write(responses.list_line(listed.name, listed.attributes, listed.below, utf8=session.utf8))
            if command.status and listed.folder is not None:
                session.wire.write(await status_line(session, listed.folder, command.status))
        await session.wire.breathe()
    return ok("Those are the folders")


def _listed(
    command: List, found: dict[str, model.Folder], subscribed: set[str], is_matched: Callable[[str], bool]
) -> Iterator[Listed]:
    """What the options select, whatever the patterns: folders in their order, then names that only others are below, or that
    are only subscribed.

    A name that is only above what is selected is left out where all of that is told (RFC 5258 section 3.5).
    """
    selection = command.selection
    superior = superior_names(found)
    names = [*found, *sorted((superior | (subscribed if Selection.SUBSCRIBED in selection else set())) - found.keys())]
    selected = {name for name in names if _is_selected(name, selection, found, subscribed)}
    above = superior_names(selected) if Selection.RECURSIVEMATCH in selection else set()
    needed = superior_names(name for name in selected if not is_matched(name)) if above else above
    below = [option for option in (Selection.SUBSCRIBED, Selection.SPECIAL_USE) if option in selection]
    nowhere = "\\NonExistent" if command.extended else "\\Noselect"
    for name in [*names, *sorted(above - set(names))]:
        if name in selected or name in needed:
            folder = found.get(name)
            attributes = [] if folder is not None else [nowhere]
            attributes += attributes_of(folder, has_children=name in superior)
            attributes += ["\\Subscribed"] if name in subscribed else []
            yield Listed(name, folder, attributes, list(below) if name in above else [])


def _is_selected(
    name: str, selection: frozenset[Selection], found: dict[str, model.Folder], subscribed: set[str]
) -> bool:
    if Selection.SUBSCRIBED in selection and name not in subscribed:
        return False
    return Selection.SPECIAL_USE not in selection or (name in found and found[name].role in SPECIAL_USES)


def attributes_of(folder: model.Folder | None, *, has_children: bool) -> list[str]:
    """RFC 3348, and what the folder is for. A name without a folder cannot be selected (RFC 3501 section 6.3.4)."""
    attributes = ["\\HasChildren" if has_children else "\\HasNoChildren"]
    if folder is not None and folder.role in SPECIAL_USES:
        attributes.append(SPECIAL_USES[folder.role])
    return attributes


async def list_subscribed(session: Session, command: Lsub) -> Reply:
    """RFC 3501 section 6.3.9: a name that matches only as far as ``%`` goes, and is not subscribed itself, is \\Noselect."""
    subscribed = dict.fromkeys(await folders.subscriptions(session.core, session.mailbox))
    matches = matcher(command.reference, command.pattern)
    names = set(filter(matches, subscribed))
    if "%" in command.pattern:
        names |= set(filter(matches, superior_names(subscribed)))
    for name in sorted(names):
        session.wire.write(responses.lsub_line(name, [] if name in subscribed else ["\\Noselect"], utf8=session.utf8))
        await session.wire.breathe()
    return ok("Those are the subscriptions")
