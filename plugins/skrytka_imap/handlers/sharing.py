"""SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS."""

from __future__ import annotations

from skrytka.plugin_api import acl, errors, rights
from skrytka_imap import responses
from skrytka_imap.access import find
from skrytka_imap.commands import DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from skrytka_imap.replies import Reply, ok
from skrytka_imap.session import Session

SHOWING = frozenset("lrikxa")
"""RFC 4314 section 4: who has one of these may ask for his rights."""


async def set_acl(session: Session, command: SetAcl) -> Reply:
    """RFC 4314 section 3.1."""
    place = await find(session, command.name, "a")
    await acl.change(
        session.core,
        session.actor,
        place.mailbox,
        place.folder_id,
        command.identifier,
        command.rights,
        command.mode,
        across_domains=session.settings.share_across_domains,
    )
    return ok("The rights are set")


async def delete_acl(session: Session, command: DeleteAcl) -> Reply:
    """RFC 4314 section 3.2."""
    place = await find(session, command.name, "a")
    await acl.remove(session.core, session.actor, place.mailbox, place.folder_id, command.identifier)
    return ok("The entry is gone")


async def get_acl(session: Session, command: GetAcl) -> Reply:
    """RFC 4314 section 3.3. The owner comes first, with all rights."""
    place = await find(session, command.name, "a")
    entries = await acl.entries(session.core, place.mailbox, place.folder_id)
    told = [(place.mailbox.address, rights.ALL), *((entry.identifier, frozenset(entry.rights)) for entry in entries)]
    session.wire.write(responses.acl_line(place.folder.name, told, utf8=session.utf8_names))
    return ok("Those are the rights")


async def list_rights(session: Session, command: ListRights) -> Reply:
    """RFC 4314 section 3.4. The identifier is told as the client wrote it."""
    place = await find(session, command.name, "a")
    across = session.settings.share_across_domains
    found = await acl.grantable(session.core, place.mailbox, command.identifier, across_domains=across)
    name, identifier = place.folder.name, command.identifier
    session.wire.write(
        responses.list_rights_line(name, identifier, found.always, found.optional, utf8=session.utf8_names)
    )
    return ok("Those are the rights that can be given")


async def my_rights(session: Session, command: MyRights) -> Reply:
    """RFC 4314 section 3.5."""
    place = await find(session, command.name, "")
    if not place.rights & SHOWING:
        raise errors.NotFound("folder", command.name)
    session.wire.write(responses.my_rights_line(place.folder.name, place.rights, utf8=session.utf8_names))
    return ok("Those are your rights")
