"""LIST and LSUB."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from skrytka.plugin_api import folders, model
from skrytka_imap import responses
from skrytka_imap.access import Place, may_have_entries, visible
from skrytka_imap.commands import List, Lsub, Selection
from skrytka_imap.folder_events import superior_names
from skrytka_imap.handlers.getting_metadata import tell_all_entries
from skrytka_imap.handlers.telling_status import status_line
from skrytka_imap.patterns import matcher, may_match_below
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session
from skrytka_imap.special_uses import SPECIAL_USES


class Listed(msgspec.Struct, frozen=True):
    """A name to be told. ``place`` is None where no folder has it.

    ``below`` says what is selected below it, though it is not itself matched by the pattern; ``selected`` that it is so itself.
    """

    name: str
    place: Place | None
    attributes: list[str]
    below: list[str]
    selected: bool


async def list_folders(session: Session, command: List) -> Reply:
    """RFC 3501 section 6.3.8 and RFC 5258, with the attributes of RFC 3348 and RFC 6154, STATUS (RFC 5819), MYRIGHTS (RFC 8440)
    and METADATA (RFC 9590). Folders of others are read where a pattern can match them; where not all of them can be, the others
    are told and the answer is NO."""
    if command.patterns == ("",) and not command.extended:
        session.wire.write(responses.separator_line())
        return ok("That is the separator")
    if len(command.patterns) > session.settings.list_patterns:
        return no(f"LIST takes at most {session.settings.list_patterns} patterns", b"LIMIT")
    own = await folders.list_all(session.core, session.mailbox)
    found = {folder.name: Place(session.mailbox, folder) for folder in own}
    failure = None
    patterns = [command.reference + pattern for pattern in command.patterns if pattern]
    prefixes = session.settings.prefixes
    if namespaces := [one for one, prefix in prefixes.items() if may_match_below(patterns, prefix)]:
        places, failure = await visible(session, namespaces)
        found.update((place.folder.name, place) for place in places)
    subscribed: set[str] = set()
    if command.subscribed:
        subscribed.update(await folders.subscriptions(session.core, session.mailbox))
    matches = [matcher(command.reference, pattern) for pattern in command.patterns if pattern]
    names = {*found, *subscribed}
    is_matched = (await _matched(session, matches, names | superior_names(names))).__contains__
    nowhere = "\\NonExistent" if command.extended or session.rev2 else "\\Noselect"
    for listed in _listed(command, found, subscribed, is_matched, nowhere):
        if is_matched(listed.name):
            session.wire.write(
                responses.list_line(listed.name, listed.attributes, listed.below, utf8=session.utf8_names)
            )
            if listed.place is not None:
                await _tell_more(session, command, listed, listed.place)
        await session.wire.breathe()
    if failure is not None:
        raise failure
    return ok("Those are the folders")


async def _matched(session: Session, matches: Sequence[Callable[[str], bool]], names: Iterable[str]) -> set[str]:
    """Those of the names that one of the patterns matches."""
    found: set[str] = set()
    for name in names:
        for match in matches:
            await session.wire.breathe()
            if match(name):
                found.add(name)
                break
    return found


async def _tell_more(session: Session, command: List, listed: Listed, place: Place) -> None:
    """What else was asked for of a folder. No STATUS of one that may not be read (RFC 5819 section 2)."""
    if command.rights and listed.selected:
        session.wire.write(responses.my_rights_line(listed.name, place.rights, utf8=session.utf8_names))
    if command.status and "r" in place.rights:
        session.wire.write(await status_line(session, place, command.status))
    if command.metadata and listed.selected and may_have_entries(place):
        await tell_all_entries(session, place, command.metadata)


def _listed(
    command: List, found: dict[str, Place], subscribed: set[str], is_matched: Callable[[str], bool], nowhere: str
) -> Iterator[Listed]:
    """What the options select, whatever the patterns: folders in their order, then names that only others are below, or that
    are only subscribed. ``nowhere`` is the attribute of names without a folder.

    A name that is only above what is selected is left out where all of that is told (RFC 5258 section 3.5).
    """
    selection = command.selection
    superior = superior_names(found)
    names = [*found, *sorted((superior | (subscribed if Selection.SUBSCRIBED in selection else set())) - found.keys())]
    selected = {name for name in names if _is_selected(name, selection, found, subscribed)}
    above = superior_names(selected) if Selection.RECURSIVEMATCH in selection else set()
    needed = superior_names(name for name in selected if not is_matched(name)) if above else above
    below = [option for option in (Selection.SUBSCRIBED, Selection.SPECIAL_USE) if option in selection]
    for name in [*names, *sorted(above - set(names))]:
        if name in selected or name in needed:
            place = found.get(name)
            attributes = [] if place is not None else [nowhere]
            attributes += attributes_of(None if place is None else place.folder, has_children=name in superior)
            attributes += ["\\Subscribed"] if name in subscribed else []
            yield Listed(name, place, attributes, list(below) if name in above else [], name in selected)


def _is_selected(name: str, selection: frozenset[Selection], found: dict[str, Place], subscribed: set[str]) -> bool:
    if Selection.SUBSCRIBED in selection and name not in subscribed:
        return False
    return Selection.SPECIAL_USE not in selection or (name in found and found[name].folder.role in SPECIAL_USES)


def attributes_of(folder: model.Folder | None, *, has_children: bool) -> list[str]:
    """RFC 3348, and what the folder is for. A name without a folder cannot be selected (RFC 3501 section 6.3.4)."""
    attributes = ["\\HasChildren" if has_children else "\\HasNoChildren"]
    if folder is not None and folder.role in SPECIAL_USES:
        attributes.append(SPECIAL_USES[folder.role])
    return attributes


async def list_subscribed(session: Session, command: Lsub) -> Reply:
    """RFC 3501 section 6.3.9: a name that matches only as far as ``%`` goes, and is not subscribed itself, is \\Noselect."""
    subscribed = dict.fromkeys(await folders.subscriptions(session.core, session.mailbox))
    names = {*subscribed, *superior_names(subscribed)} if "%" in command.pattern else {*subscribed}
    for name in sorted(await _matched(session, [matcher(command.reference, command.pattern)], names)):
        session.wire.write(
            responses.lsub_line(name, [] if name in subscribed else ["\\Noselect"], utf8=session.utf8_names)
        )
        await session.wire.breathe()
    return ok("Those are the subscriptions")
