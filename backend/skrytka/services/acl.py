"""Access control lists of folders, as their owners and the provider see them: read and changed.

The shard is the truth. The directory's index of grants, by which somebody finds what others share with him, is written before the
rights are, so that a crash between the two leaves a look that finds nothing, and never a grant that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from skrytka import rights
from skrytka.core import Core
from skrytka.errors import Fault, Invalid, LimitReached, NotPermitted
from skrytka.model import AclEntry, Actor, FolderId, MailboxId, MailboxRef, ModSeq
from skrytka.rights import NEGATIVE, Rights
from skrytka.services import addresses
from skrytka.services.faults import refuse
from skrytka.services.publishing import publish, wake
from skrytka.services.shards import now, shard_of
from skrytka.store.operations import acl, grants, routes
from skrytka.store.operations.acl import ChangeAcl, Entry, RemoveEntry, ReplaceAcl
from skrytka.store.operations.folders import FolderKey
from skrytka.store.operations.grants import ANYONE_ID, Grant, Noted

ANYONE = "anyone"
"""Everybody who logs in to a mailbox of the owner's domain."""

Mode = Literal["replace", "add", "remove"]


async def entries(core: Core, mailbox: MailboxRef, folder_id: FolderId) -> list[AclEntry]:
    """By identifier; the owner, who has all rights, is not among them."""
    found = await shard_of(core, mailbox).read(acl.entries, FolderKey(mailbox.mailbox_id, folder_id))
    return [AclEntry(entry.identifier, entry.rights) for entry in found]


async def change(
    core: Core,
    actor: Actor,
    mailbox: MailboxRef,
    folder_id: FolderId,
    identifier: str,
    given: Rights,
    mode: Mode,
    *,
    across_domains: bool = True,
) -> None:
    """RFC 4314 section 3.1. Taking rights from the owner is ``NotPermitted``, giving him some changes nothing.

    Not ``across_domains``: whom the identifier names has to be of the owner's domain, else it is ``NotPermitted``.
    """
    within = None if across_domains else addresses.domain_of(mailbox.address)
    entry = Entry(*await _grantee(core, identifier, within), rights.letters(given))
    if entry.grantee_id == mailbox.mailbox_id:
        if mode == "remove" or entry.identifier.startswith(NEGATIVE) or (mode == "replace" and given != rights.ALL):
            raise NotPermitted("The owner of a folder has all rights")
        return
    if mode != "remove":
        await _note(core, mailbox, [entry])
    values = ChangeAcl(mailbox.mailbox_id, folder_id, entry, mode, core.settings.limits.acl_entries)
    await shard_of(core, mailbox).write(acl.change, values, _publishing(core, mailbox, folder_id, [entry.grantee_id]))


async def remove(core: Core, actor: Actor, mailbox: MailboxRef, folder_id: FolderId, identifier: str) -> None:
    """RFC 4314 section 3.2. What is there under this name goes first: the entry of an address that is nobody's any more, or is
    somebody else's alias by now, can be removed too."""
    sign, who = _parted(identifier)
    target = None if who == ANYONE else await _mailbox(core, who)
    if target is not None and target.mailbox_id == mailbox.mailbox_id:
        raise NotPermitted("The owner of a folder has all rights")
    meant = who if target is None else target.address
    values = RemoveEntry(mailbox.mailbox_id, folder_id, (sign + who, sign + meant))
    grantees = [] if target is None else [target.mailbox_id]
    await shard_of(core, mailbox).write(acl.remove, values, _publishing(core, mailbox, folder_id, grantees))


async def replace(
    core: Core, actor: Actor, mailbox: MailboxRef, folder_id: FolderId, wanted: Sequence[AclEntry]
) -> None:
    """These entries instead of all that are there; those without rights are left out."""
    limit = core.settings.limits.acl_entries
    if len(wanted) > limit:
        raise LimitReached(f"A folder has at most {limit} entries in its access control list")
    found: dict[str, Entry] = {}
    faults: list[Fault] = []
    for number, one in enumerate(wanted):
        try:
            entry = Entry(*await _grantee(core, one.identifier, None), rights.letters(rights.parse(one.rights)))
        except Invalid as invalid:
            faults += [Fault(f"entries.{number}.{fault.field}", fault.reason) for fault in invalid.faults]
            continue
        if entry.grantee_id == mailbox.mailbox_id:
            faults.append(Fault(f"entries.{number}.identifier", "is the owner, who has all rights"))
        elif entry.identifier in found:
            faults.append(Fault(f"entries.{number}.identifier", "is there twice"))
        found[entry.identifier] = entry
    refuse(faults)
    kept = tuple(entry for entry in found.values() if entry.rights)
    await _note(core, mailbox, kept)
    values = ReplaceAcl(mailbox.mailbox_id, folder_id, kept)
    grantees = [entry.grantee_id for entry in kept]
    await shard_of(core, mailbox).write(acl.replace, values, _publishing(core, mailbox, folder_id, grantees))


async def _grantee(core: Core, identifier: str, within: str | None) -> tuple[str, int]:
    """The identifier as it is stored, and the mailbox that it means. An alias stands for its mailbox.

    Of another domain than ``within`` nothing is looked up: the answer tells nobody which mailboxes it has.
    """
    sign, who = _parted(identifier)
    if who == ANYONE:
        return identifier, ANYONE_ID
    _refuse_outside(who, within)
    target = await _mailbox(core, who)
    if target is None:
        raise Invalid("identifier", "is neither a mailbox here nor anyone")
    _refuse_outside(target.address, within)
    return sign + target.address, target.mailbox_id


def _refuse_outside(address: str, within: str | None) -> None:
    if within is not None and addresses.domain_of(address) != within:
        raise NotPermitted(f"Only mailboxes of {within} can be given rights here")


def _parted(identifier: str) -> tuple[str, str]:
    """The sign of a negative right, or none, and the address in its stored form; ``Invalid`` for what is none, nor anyone."""
    sign = NEGATIVE if identifier.startswith(NEGATIVE) else ""
    who = identifier.removeprefix(NEGATIVE)
    return sign, who if who == ANYONE else addresses.normalise_address(who, "identifier")


async def _mailbox(core: Core, address: str) -> MailboxRef | None:
    found = await core.directory.read(routes.find, routes.Address(address, addresses.domain_of(address)))
    return None if found is None else found.mailbox


async def _note(core: Core, mailbox: MailboxRef, entries: Sequence[Entry]) -> None:
    found = [grant_of(mailbox, entry.grantee_id) for entry in entries if not entry.identifier.startswith(NEGATIVE)]
    if found:
        await core.directory.write(grants.note, Noted(tuple(found), now(core)))


def grant_of(mailbox: MailboxRef, grantee_id: int) -> Grant:
    """The row of the index that says so."""
    domain = addresses.domain_of(mailbox.address) if grantee_id == ANYONE_ID else ""
    return Grant(grantee_id, domain, mailbox.mailbox_id)


def _publishing(
    core: Core, mailbox: MailboxRef, folder_id: FolderId, grantees: Sequence[int]
) -> Callable[[ModSeq], None]:
    """Sessions of others that watch the mailbox look again at what they may; and those of who is given rights, for they may watch
    nothing of it yet."""

    def tell(modseq: ModSeq) -> None:
        publish(core, mailbox, modseq, (folder_id,))
        for grantee_id in grantees:
            if grantee_id != ANYONE_ID:
                wake(core, MailboxId(grantee_id))

    return tell


class Owned(msgspec.Struct, frozen=True):
    """What ``LISTRIGHTS`` tells: rights that somebody always has, and those that he can be given one by one."""

    always: Rights
    optional: Rights


async def grantable(core: Core, mailbox: MailboxRef, identifier: str, *, across_domains: bool = True) -> Owned:
    """RFC 4314 section 3.4; whom ``change`` would not give any rights is ``NotPermitted``."""
    within = None if across_domains else addresses.domain_of(mailbox.address)
    _, grantee_id = await _grantee(core, identifier, within)
    if grantee_id == mailbox.mailbox_id:
        return Owned(rights.ALL, rights.NONE)
    return Owned(rights.NONE, rights.ALL)
