"""Commands of the TRANSACTION state (RFC 1939 sections 5 and 7)."""

from __future__ import annotations

from contextlib import AsyncExitStack

from skrytka.plugin_api import contents, errors, model, outgoing
from skrytka_pop3 import commands
from skrytka_pop3.replies import Listing, Mail, Status, ok
from skrytka_pop3.session import Session


async def stat(session: Session, _command: commands.Stat) -> Status:
    """``+OK nn mm``: messages and octets, exactly as stored."""
    count, octets = session.maildrop.totals()
    return ok(f"{count} {octets}")


async def list_(session: Session, command: commands.List) -> Status | Listing:
    """``+OK n octets`` or a scan listing of all."""
    maildrop = session.maildrop
    if command.number is not None:
        return ok(f"{command.number} {maildrop.sizes[maildrop.index(command.number)]}")
    count, octets = maildrop.totals()
    lines = (f"{index + 1} {maildrop.sizes[index]}" for index in maildrop.indexes())
    return Listing(f"{count} messages ({octets} octets)", lines)


async def uidl(session: Session, command: commands.Uidl) -> Status | Listing:
    """``+OK n unique-id`` or a listing of all."""
    maildrop = session.maildrop
    if command.number is not None:
        return ok(f"{command.number} {maildrop.uidls[maildrop.index(command.number)]}")
    lines = (f"{index + 1} {maildrop.uidls[index]}" for index in maildrop.indexes())
    return Listing("Unique-ids follow", lines)


async def retr(session: Session, command: commands.Retr) -> Mail:
    """The whole mail; once it is sent it counts as downloaded."""
    maildrop = session.maildrop
    octets = await _octets(session, command.number)
    return Mail(f"{len(octets)} octets", octets, model.Uid(maildrop.uids[maildrop.index(command.number)]))


async def top(session: Session, command: commands.Top) -> Mail:
    """The header, its blank line and the first lines of the body. TOP is no download."""
    header = await _header(session, command.number)
    if not command.lines:
        return Mail("The header follows", header)
    octets = await _octets(session, command.number)
    return Mail("The top follows", octets[: _end_of_lines(octets, len(header), command.lines)])


async def _octets(session: Session, number: int) -> bytes:
    """The mail, which counts as on its way out until the reply is sent; ``NotFound`` once another session's expunge is so
    long ago that its content is gone."""
    maildrop = session.maildrop
    index = maildrop.index(number)
    if maildrop.sizes[index] >= outgoing.LARGE_OCTETS:
        session.sending = AsyncExitStack()
        sending = outgoing.sending(session.core, maildrop.lock.mailbox, maildrop.sizes[index])
        await session.sending.enter_async_context(sending)
    try:
        return await maildrop.octets(index)
    except errors.NotFound:
        raise errors.NotFound("message", str(number)) from None


async def _header(session: Session, number: int) -> bytes:
    """The header with its blank line, where the mail has one; ``NotFound`` as for the mail."""
    maildrop = session.maildrop
    content_id = model.ContentId(maildrop.contents[maildrop.index(number)])
    headers = await contents.header(session.core, maildrop.lock.mailbox, [content_id])
    if content_id not in headers:
        raise errors.NotFound("message", str(number))
    return headers[content_id]


def _end_of_lines(octets: bytes, start: int, lines: int) -> int:
    """Where the line after so many ends, at most the end of the octets."""
    if lines >= octets.count(b"\n", start):
        return len(octets)
    end = start
    for _ in range(lines):
        end = octets.index(b"\n", end) + 1
    return end


async def dele(session: Session, command: commands.Dele) -> Status:
    """Marks only: QUIT deletes."""
    session.maildrop.deleted.add(session.maildrop.index(command.number))
    return ok(f"Message {command.number} marked as deleted")


async def rset(session: Session, _command: commands.Rset) -> Status:
    """Takes the marks away."""
    session.maildrop.deleted.clear()
    count, octets = session.maildrop.totals()
    return ok(f"{count} messages ({octets} octets)")


async def noop(_session: Session, _command: commands.Noop) -> Status:
    """Nothing."""
    return ok("Nothing done")
