"""GETMETADATA, and METADATA of LIST."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from skrytka.plugin_api import metadata, model
from skrytka_imap import responses
from skrytka_imap.access import Place, find_with_entries
from skrytka_imap.commands import Depth, GetMetadata
from skrytka_imap.computed_entries import computed
from skrytka_imap.replies import Reply, ok
from skrytka_imap.session import Session

TOLD_TOGETHER_OCTETS = 262_144
TOLD_TOGETHER = 100
TOLD_UNSEEN = 8


async def get_metadata(session: Session, command: GetMetadata) -> Reply:
    """RFC 5464 section 4.2; MAXSIZE: section 4.2.1; DEPTH: section 4.2.2."""
    place = await find_with_entries(session, command.name) if command.name else None
    sizes = await metadata.sizes(session.core, *_of(session, place))
    folder = None if place is None else place.folder
    sizes.update({name: len(value) for name, value in computed(session.settings, folder).items()})
    names = await _selected(session, command, sizes)
    longest = max((sizes.get(name, 0) for name in names), default=0)
    most = longest if command.most_octets is None else command.most_octets
    for together in _batches([name for name in names if sizes.get(name, 0) <= most], sizes):
        await tell_entries(session, place, together)
        await session.wire.flush()
    if longest > most:
        return ok("Those are the entries, but for longer ones", b"METADATA LONGENTRIES %d" % longest)
    return ok("Those are the entries")


async def _selected(session: Session, command: GetMetadata, there: Mapping[str, int]) -> list[str]:
    """The names to tell of. One that is not there, and has nothing below it that is asked for, is told to be NIL."""
    ordered = sorted(there)
    found: dict[str, None] = {}
    for entry in command.entries:
        below = [name for name in ordered if _is_below(name, entry, command.depth)]
        if entry in there or not below:
            found[entry] = None
        found.update(dict.fromkeys(below))
        await session.wire.breathe()
    return list(found)


def _is_below(name: str, entry: str, depth: Depth) -> bool:
    if depth is Depth.ZERO or not name.startswith(entry + "/"):
        return False
    return depth is Depth.INFINITY or "/" not in name[len(entry) + 1 :]


def _batches(names: Sequence[str], sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """So many at a time that their values are not too much to hold."""
    batch: list[str] = []
    octets = 0
    for name in names:
        if batch and (octets + sizes.get(name, 0) > TOLD_TOGETHER_OCTETS or len(batch) == TOLD_TOGETHER):
            yield batch
            batch, octets = [], 0
        batch.append(name)
        octets += sizes.get(name, 0)
    if batch:
        yield batch


async def tell_all_entries(session: Session, place: Place, names: Sequence[str]) -> None:
    """RFC 9590 section 3. How long the values are is not known."""
    for start in range(0, len(names), TOLD_UNSEEN):
        await tell_entries(session, place, names[start : start + TOLD_UNSEEN])
        await session.wire.flush()


async def tell_entries(session: Session, place: Place | None, names: Sequence[str]) -> None:
    """RFC 5464 section 4.4.1: one METADATA; without a folder it is about the server."""
    mailbox, user, folder_id = _of(session, place)
    folder = None if place is None else place.folder
    found = await metadata.values(session.core, mailbox, user, [folder_id], names)
    values = {name: value for (_, name), value in found.items()} | computed(session.settings, folder)
    name = "" if folder is None else folder.name
    session.wire.write(
        responses.metadata_line(name, [(one, values.get(one)) for one in names], utf8=session.utf8_names)
    )


def _of(session: Session, place: Place | None) -> tuple[model.MailboxRef, model.MailboxId, model.FolderId]:
    """In whose mailbox, of which user the private ones, and of which folder."""
    user = session.mailbox.mailbox_id
    if place is None:
        return session.mailbox, user, metadata.WHOLE_MAILBOX
    return place.mailbox, user, place.folder_id
