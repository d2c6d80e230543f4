"""UIDBATCHES: the view has the UIDs in their order, so a batch is two look-ups, and no store is read."""

from __future__ import annotations

from skrytka_imap import responses
from skrytka_imap.commands import UidBatches
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.selected import Selected, ToldBatches
from skrytka_imap.session import Session

SMALLEST_BATCH = 500
"""RFC 10022 section 3.1.3.2: the least that a server may ask for; smaller ones would give sequence numbers away."""


async def uid_batches(session: Session, command: UidBatches) -> Reply:
    """RFC 10022 section 3.1."""
    selected = session.selected
    refusal = _refusal(selected, command, session.settings.uidbatches_messages)
    if refusal is not None:
        return refusal
    places = _places(command, len(selected.view.uids))
    await _tell(session, command.size, places)
    if places:
        selected.told_batches = ToldBatches(command, len(selected.view.uids), selected.view.uid_next)
    return ok("Those are the batches")


def _refusal(selected: Selected, command: UidBatches, most_messages: int) -> Reply | None:
    if command.size < SMALLEST_BATCH:
        return no(f"A batch has at least {SMALLEST_BATCH} messages", b"TOOFEW")
    if command.batches is not None:
        first, last = command.batches
        if first > last:
            return Reply(b"BAD", "Batches are named from the lowest number to the highest", b"CLIENTBUG")
        if (last - first + 1) * command.size > most_messages:
            return no(f"Ask for batches of at most {most_messages} messages together", b"TOOMANY")
    told = selected.told_batches
    if told is not None and told.command == command and told.are_good(selected.view):
        return no("Those batches are still good", b"LIMIT")
    return None


def _places(command: UidBatches, messages: int) -> range:
    """For each batch that is there the place behind its highest message, in the order of the answer."""
    if command.batches is None:
        return range(messages, 0, -command.size)
    first, last = command.batches
    return range(messages - (first - 1) * command.size, max(messages - last * command.size, 0), -command.size)


async def _tell(session: Session, size: int, places: range) -> None:
    """The lowest batch ends with UID 1, which says that none follows (RFC 10022 section 3.1.4)."""
    wire, uids = session.wire, session.selected.view.uids
    wire.write(responses.uid_batches_head(session.tag))
    separator = b" "
    for end in places:
        lowest = uids[end - size] if end > size else 1
        wire.write(separator + responses.uid_batch(uids[end - 1], lowest))
        separator = b","
        await wire.breathe()
    wire.write(b"\r\n")
