"""What happened to folders, seen from what a client was told of them and what they are now. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set

import msgspec

from skrytka.plugin_api import model
from skrytka_imap.commands import NotifyEvent, StatusItem
from skrytka_imap.sources import SEPARATOR, levels_of, parent_of

FolderKey = tuple[model.MailboxId, model.FolderId]
"""A folder of whomever: numbers of folders are each mailbox's own."""

Folders = Mapping[FolderKey, model.Folder]
"""Under the names that the session has for them."""

ORDER = (
    StatusItem.MESSAGES,
    StatusItem.UIDNEXT,
    StatusItem.UIDVALIDITY,
    StatusItem.UNSEEN,
    StatusItem.HIGHESTMODSEQ,
)


def status_items(
    told: model.Folder | None, now: model.Folder, events: Set[NotifyEvent], *, replaces: bool, condstore: bool
) -> tuple[StatusItem, ...]:
    """What a STATUS has to say of a folder that is not selected; nothing where nothing happened that the client wants to hear.

    New mail and expunged: RFC 5465 sections 5.2 and 5.3. Flags: section 5.1, by HIGHESTMODSEQ, and by UNSEEN where that changed.
    A folder that was not told of yet was empty, and one that ``replaces`` another of its name has nothing in common with it.
    """
    if NotifyEvent.MESSAGE_NEW not in events:
        return ()
    found: set[StatusItem] = set()
    uid_validity, uid_next, messages, unseen, modseq = (
        (now.uid_validity, 1, 0, 0, now.highest_modseq)
        if told is None
        else (told.uid_validity, told.uid_next, told.messages, told.unseen, told.highest_modseq)
    )
    renewed = replaces or now.uid_validity != uid_validity
    if renewed or now.uid_next != uid_next or now.messages != messages:
        found |= {StatusItem.MESSAGES, StatusItem.UIDNEXT}
        found |= {StatusItem.HIGHESTMODSEQ} if condstore else set()
        found |= {StatusItem.UIDVALIDITY} if renewed else set()
    if NotifyEvent.FLAG_CHANGE in events:
        if condstore and now.highest_modseq != modseq:
            found |= {StatusItem.UIDVALIDITY, StatusItem.HIGHESTMODSEQ}
        if now.unseen != unseen:
            found.add(StatusItem.UNSEEN)
    return tuple(item for item in ORDER if item in found)


class NameChanges(msgspec.Struct, frozen=True):
    """Names that were made or taken away, with the levels right above them; and renamed folders, the old name by the new one, in
    the order in which one after the other makes room for the next. ``known_as`` are the names that a client has then that is told
    only of renamed folders, and what it takes to be there."""

    affected: frozenset[str]
    renamed: dict[str, str]
    known_as: dict[str, FolderKey]


def name_changes(told: Folders, now: Folders, own: Mapping[str, bool]) -> NameChanges:
    """RFC 5465 section 5.4. What is below a renamed folder goes with it without a word.

    ``own`` are names that the client itself made (True) or took away: as long as they are as it knows them it need not be told.
    Folders that took each other's names before the client heard of it may not be where it would take them to be: then all of
    them are told as taken away and made.
    """
    made = {now[key].name for key in now.keys() - told.keys()}
    gone = {told[key].name for key in told.keys() - now.keys()}
    there = {folder.name for folder in now.values()}
    renamed = _renamed(told, now)
    known_as = _after(told, renamed)
    if renamed and (known_as.keys() - (gone - there)) | made != there:
        names = {folder.name for folder in told.values()}
        moved = {folder.name for key, folder in told.items() if key in now and now[key].name != folder.name}
        moved |= {now[key].name for key in told.keys() & now.keys() if now[key].name not in names}
        return NameChanges(_with_parents(made | gone | moved), {}, _after(told, {}))
    others = {name for name in made | gone if own.get(name) is not (name in there)}
    others |= {name for name, expected in own.items() if expected is not (name in there)}
    news = {new: old for new, old in renamed.items() if not (own.get(new) is True and own.get(old) is False)}
    return NameChanges(_with_parents(others), news, known_as)


def _renamed(told: Folders, now: Folders) -> dict[str, str]:
    """Old names by new ones, but for those that go with a folder above them: first what takes a name that no other leaves."""
    moved = {folder.name: now[key].name for key, folder in told.items() if key in now and now[key].name != folder.name}
    left = {new: old for old, new in moved.items() if not _goes_with_another(old, new, moved)}
    ordered: dict[str, str] = {}
    while left:
        leaving = frozenset(left.values())
        for new in [new for new in left if new not in leaving] or [next(iter(left))]:
            ordered[new] = left.pop(new)
    return ordered


def _goes_with_another(old: str, new: str, moved: Mapping[str, str]) -> bool:
    return any(new == moved[level] + old[len(level) :] for level in levels_of(old)[:-1] if level in moved)


def _after(told: Folders, renamed: Mapping[str, str]) -> dict[str, FolderKey]:
    """The names that a client has when it was told of one renamed folder after the other."""
    names = {folder.name: key for key, folder in told.items()}
    for new, old in renamed.items():
        moving = [name for name in names if name == old or name.startswith(old + SEPARATOR)]
        names.update({new + name[len(old) :]: names.pop(name) for name in moving})
    return names


def _with_parents(names: Set[str]) -> frozenset[str]:
    return frozenset((names | {parent_of(name) for name in names}) - {""})


def superior_names(names: Iterable[str]) -> set[str]:
    """All names that have others below them."""
    found: set[str] = set()
    for name in names:
        found.update(levels_of(name)[:-1])
    return found


def subscription_changes(told: Collection[str], now: Collection[str], own: Mapping[str, bool]) -> set[str]:
    """Names that were subscribed or no longer are (RFC 5465 section 5.5), but for those of which the client knows it."""
    subscribed = frozenset(now)
    changed = {name for name in subscribed.symmetric_difference(told) if own.get(name) is not (name in subscribed)}
    return changed | {name for name, expected in own.items() if expected is not (name in subscribed)}
