"""The selected folder as one session knows it: which message has which number, and what it has not been told yet.

Invariants, which keep sequence numbers right while others expunge (RFC 3501 sections 2.3.1.2 and 7.4.1):

- ``view`` is what the client has been told, and nothing else: numbers, flags and ``*`` of every command come from it.
- ``advance`` is the only way to a newer view, and whoever calls it sends the updates that it returns.
- A message that is gone, but may not be told yet, stays in ``view`` with the flags last told, until a later ``advance`` may.
- ``behind``: the store did not answer when the client was to be told, so there may be messages that it knows by UID only.
- ``complete_modseq`` is the modseq up to which the client has been told all: lower than that of any EXPUNGE held back, which a
  client that leaves with this value would else never hear of.

In the usual case, nothing held back, ``view`` is the very object that all sessions of the process share.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import chain

import msgspec

from skrytka.plugin_api import model, rights, views
from skrytka_imap.commands import UidBatches
from skrytka_imap.commands.sequence_set import NOTHING
from skrytka_imap.contexts import Context
from skrytka_imap.folder_events import FolderKey

_PART = 256
"""Modseqs compared at once, without making a number object of each."""


class Updates(msgspec.Struct, frozen=True):
    """What to send, in this order: EXPUNGE for ``expunged`` (numbers, descending, so that none shifts another), or VANISHED for
    ``vanished``, which are their UIDs, ascending; EXISTS and RECENT when ``exists`` is not None; FLAGS for new keywords of the
    messages ``uids``, which changed or arrived; FETCH for the messages at the places ``changed`` of the new view. The last
    ``arrived`` messages of that are new."""

    expunged: tuple[int, ...] = ()
    vanished: tuple[int, ...] = ()
    exists: int | None = None
    uids: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    arrived: int = 0


class ToldBatches(msgspec.Struct, frozen=True):
    """The last UIDBATCHES that was answered with batches, and the folder at that time."""

    command: UidBatches
    messages: int
    uid_next: int

    def are_good(self, view: model.FolderView) -> bool:
        """Whether a client must not ask again yet (RFC 10022 section 3.1.1): until half a batch has come, or more has gone."""
        left = bisect_left(view.uids, self.uid_next)
        came, went = len(view.uids) - left, self.messages - left
        return 2 * came < self.command.size and 2 * went <= self.command.size


class Selected:
    """One session's state of its selected folder."""

    def __init__(
        self,
        name: str,
        view: model.FolderView,
        mailbox: model.MailboxRef,
        *,
        read_only: bool,
        examined: bool = False,
        granted: rights.Rights = rights.ALL,
        reader: model.MailboxId = model.OWNER,
        private_seen: bool = False,
    ) -> None:
        self.name = name
        self.mailbox = mailbox
        """Whose the folder is: the session's own, or that of another user."""
        self.reader = reader
        """Who reads it, where it is another's."""
        self.rights = granted
        self.private_seen = private_seen
        """Whether the reader has a ``\\Seen`` of his own."""
        self.read_only = read_only
        """What the client was told: that it may change nothing that others see."""
        self._examined = examined
        self.view = view
        self.complete_modseq = view.highest_modseq
        self.behind = False
        self.head: model.FolderHead | None = None
        """The folder's, where the running command has read it together with its mails."""
        self.gone: frozenset[int] = frozenset()
        self._own_changes: dict[int, int] = {}
        self.recent: list[range] = []
        self.known_keywords: dict[str, str] = {}
        self.contexts: dict[bytes, Context] = {}
        """Searches whose results are kept up to date (RFC 5267), by tag."""
        self.saved = NOTHING
        """What ``$`` stands for (RFC 5182), as UIDs: what is expunged is no longer in it, and what arrives never is."""
        self.own_arrivals: list[range] = []
        """UIDs of new messages that the session's own commands brought, and that are still to be told."""
        self.told_batches: ToldBatches | None = None

    @property
    def folder_id(self) -> model.FolderId:
        return self.view.folder_id

    @property
    def settable(self) -> model.Settable:
        """The flags that the session has a right to set and clear: in a folder that is open for reading only, but for EXAMINE, a
        ``\\Seen`` of its own."""
        may = rights.settable(self.rights)
        if self.read_only and self.may_change:
            return model.Settable(may.flags & model.Flags.SEEN, keywords=False)
        return may

    @property
    def may_change(self) -> bool:
        """Whether any flag may be changed. What is the user's own can be in a folder that is open for reading only, unless it was
        opened by EXAMINE (RFC 3501 sections 6.3.1 and 6.3.2)."""
        return not self.read_only or (self.private_seen and not self._examined)

    @property
    def key(self) -> FolderKey:
        return (self.mailbox.mailbox_id, self.folder_id)

    def is_folder(self, mailbox: model.MailboxRef, folder_id: model.FolderId) -> bool:
        """Whether that is the folder."""
        return self.folder_id == folder_id and self.mailbox.mailbox_id == mailbox.mailbox_id

    def knows_all(self) -> bool:
        """Whether the head that the running command has read says that there is nothing to tell; that head is forgotten."""
        head, self.head = self.head, None
        return head is not None and not self.behind and not self.gone and views.is_current(self.view, head)

    def number(self, uid: int) -> int | None:
        """The sequence number of a UID that the session knows, else None."""
        place = bisect_left(self.view.uids, uid)
        return place + 1 if place < len(self.view.uids) and self.view.uids[place] == uid else None

    def keywords(self, uid: int) -> tuple[str, ...]:
        """The keywords last told."""
        return self.view.keywords.get(uid, ())

    def learn(self, carried: Iterable[Sequence[str]], limit: int) -> bool:
        """Note the keywords that messages carry, up to so many; whether one is new to the client."""
        known = self.known_keywords
        before = len(known)
        for word in chain.from_iterable(carried):
            if len(known) >= limit:
                break
            known.setdefault(word.lower(), word)
        return len(known) > before

    def claim_recent(self, uids: range) -> None:
        """These messages are recent in this session (RFC 3501 section 2.3.2)."""
        if not uids:
            return
        if self.recent and self.recent[-1].stop >= uids.start:
            uids = range(self.recent.pop().start, uids.stop)
        self.recent.append(uids)

    def is_recent(self, uid: int) -> bool:
        """Whether ``\\Recent`` is among the message's flags in this session."""
        return any(uid in uids for uids in self.recent)

    def count_recent(self) -> int:
        """How many messages of the view are recent."""
        uids = self.view.uids
        return sum(bisect_left(uids, recent.stop) - bisect_left(uids, recent.start) for recent in self.recent)

    def note_own_change(self, uid: int, modseq: int) -> None:
        """The session's own command changed this message to ``modseq``: ``advance`` need not report it."""
        self._own_changes[uid] = modseq

    def foresees(self, row: model.MessageRow, change: model.FlagChange) -> bool:
        """Whether the message, after this change, is what a client expects that knows only what it was told."""
        number = self.number(row.uid)
        if number is None:
            return False
        flags, words = int(self.view.flags[number - 1]), {word.lower() for word in self.keywords(row.uid)}
        theirs, names = int(change.flags), {word.lower() for word in change.keywords}
        match change.mode:
            case "add":
                flags, words = flags | theirs, words | names
            case "remove":
                flags, words = flags & ~theirs, words - names
            case "replace":
                flags, words = theirs, names
        return flags == row.flags and words == {word.lower() for word in row.keywords}

    def advance(self, current: model.FolderView, *, may_expunge: bool) -> Updates:
        """Go on to ``current``; what is returned must be sent before anything else that holds a number.

        An older view, which a session gets when it asked before another that went on, changes nothing.
        """
        told = self.view
        if current.highest_modseq < told.highest_modseq:
            return Updates()
        if current.highest_modseq == told.highest_modseq and not (self.gone and may_expunge):
            return Updates()
        gone = _gone(told.uids, current.uids)
        expunged: tuple[int, ...] = ()
        vanished: tuple[int, ...] = ()
        if gone and not may_expunge:
            self.gone = frozenset(gone)
            self.view = _holding_back(told, current, self.gone)
        else:
            expunged = tuple(bisect_left(told.uids, uid) + 1 for uid in reversed(gone))
            vanished = tuple(gone)
            self.gone = frozenset()
            self.view = current
            self.complete_modseq = current.highest_modseq
        changed = self._changed(told)
        self._own_changes.clear()
        uids = self.view.uids
        arrived = uids[bisect_left(uids, told.uid_next) :]
        exists = len(uids) if arrived else None
        told_of = (*(uids[place] for place in changed), *arrived)
        return Updates(expunged, vanished, exists, told_of, changed, len(arrived))

    def _changed(self, told: model.FolderView) -> tuple[int, ...]:
        """Places of messages known before whose flags have another modseq than the one told."""
        known = bisect_left(self.view.uids, told.uid_next)
        modseqs = self.view.modseqs[:known]
        if modseqs == told.modseqs:  # compared without making a number object of each: this is what most syncs find
            return ()
        since, own, uids = told.highest_modseq, self._own_changes, self.view.uids
        places = _differing(modseqs, told.modseqs)
        return tuple(place for place in places if since < modseqs[place] != own.get(uids[place]))


def _differing(current: array[int], told: array[int]) -> Iterable[int]:
    """Where to look for changes: all places when messages have left, else those of the parts that are not equal."""
    if len(current) != len(told):
        return range(len(current))
    starts = [
        start for start in range(0, len(told), _PART) if current[start : start + _PART] != told[start : start + _PART]
    ]
    return chain.from_iterable(range(start, min(start + _PART, len(told))) for start in starts)


def at(values: array[int], places: Sequence[int]) -> Sequence[int]:
    """The values of an array of a view at these places, ascending: as a slice where they lie together."""
    if places and places[-1] - places[0] == len(places) - 1:
        return values[places[0] : places[-1] + 1]
    return [values[place] for place in places]


def _gone(told: array[int], current: array[int]) -> list[int]:
    """UIDs that were told and are no more, ascending."""
    if current[: len(told)] == told:
        return []
    remaining = set(current)
    return [uid for uid in told if uid not in remaining]


def _holding_back(told: model.FolderView, current: model.FolderView, gone: frozenset[int]) -> model.FolderView:
    """``current`` with the messages that are gone still in it, as they were told."""
    places = {uid: (current, place) for place, uid in enumerate(current.uids)}
    places.update({uid: (told, place) for place, uid in enumerate(told.uids) if uid in gone})
    uids = sorted(places)
    sources = [places[uid] for uid in uids]
    kept = {uid: told.keywords[uid] for uid in gone if uid in told.keywords}
    return msgspec.structs.replace(
        current,
        uids=array(current.uids.typecode, uids),
        flags=array(current.flags.typecode, [view.flags[place] for view, place in sources]),
        modseqs=array(current.modseqs.typecode, [view.modseqs[place] for view, place in sources]),
        keywords={**current.keywords, **kept},
    )
