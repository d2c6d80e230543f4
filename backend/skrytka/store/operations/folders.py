"""Folders: reading them with their counters, making, renaming and dooming them, subscriptions and ``\\Recent``."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from skrytka.errors import AlreadyExists, LimitReached, NotFound, TooManyFolders
from skrytka.model import Folder, FolderHead, FolderId, MailboxId, ModSeq, Role, Uid
from skrytka.store.interface import Row, Statement, Tx
from skrytka.store.operations.locking import advance, check_uid_validities, hold, no_folder
from skrytka.store.operations.metadata_rows import removal
from skrytka.store.operations.shard_mailboxes import INSERT_FOLDER, INSERT_SUBSCRIPTION

COLUMNS = "folder_id, name, role, uid_validity, uid_next, highest_modseq, messages, unseen, deleted, octets"
HEAD = "uid_validity, uid_next, highest_modseq, expunge_horizon, messages"
"""The columns of ``FolderHead`` ..."""
F_HEAD = ", ".join(f"f.{column}" for column in HEAD.split(", "))
"""... where ``f`` is the table."""

INHERIT_ACL = (
    "INSERT INTO acl (mailbox_id, folder_id, identifier, grantee_id, rights) SELECT mailbox_id, CAST(? AS BIGINT),"
    " identifier, grantee_id, rights FROM acl WHERE mailbox_id = ? AND folder_id = ?"
)
"""What a new folder has from the one above it (RFC 4314 section 4, CREATE)."""

DELETE_ACL = "DELETE FROM acl WHERE mailbox_id = ? AND folder_id = ?"


class FolderKey(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId


class FolderName(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    name: str


class FolderRole(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    role: Role


class NewFolder(msgspec.Struct, frozen=True):
    """Last of ``path`` is its name; superior names before it are made where missing (RFC 3501 section 6.3.3)."""

    mailbox_id: MailboxId
    path: tuple[str, ...]
    role: Role | None
    limit: int
    now: int


class Made(msgspec.Struct, frozen=True):
    modseq: ModSeq
    folder: Folder
    folder_ids: tuple[FolderId, ...]


class Doom(msgspec.Struct, frozen=True):
    """The folder has to be ``folder_id``, where that is given."""

    mailbox_id: MailboxId
    name: str
    actor: str
    now: int
    folder_id: FolderId | None = None


class Changed(msgspec.Struct, frozen=True):
    modseq: ModSeq
    folder_ids: tuple[FolderId, ...]


def folder_of(row: Row) -> Folder:
    """A row of ``COLUMNS``."""
    role = None if row[2] is None else Role(row[2])
    return Folder(row[0], row[1], role, *row[3:10])


async def list_all(tx: Tx, mailbox_id: MailboxId) -> list[Folder]:
    """All folders in no order."""
    rows = await tx.rows(f"SELECT {COLUMNS} FROM folder WHERE mailbox_id = ?", mailbox_id)
    return [folder_of(row) for row in rows]


async def by_name(tx: Tx, values: FolderName) -> Folder | None:
    row = await tx.row(
        f"SELECT {COLUMNS} FROM folder WHERE mailbox_id = ? AND name = ?",
        values.mailbox_id,
        values.name,
    )
    return None if row is None else folder_of(row)


async def by_id(tx: Tx, values: FolderKey) -> Folder | None:
    row = await tx.row(
        f"SELECT {COLUMNS} FROM folder WHERE mailbox_id = ? AND folder_id = ?",
        values.mailbox_id,
        values.folder_id,
    )
    return None if row is None else folder_of(row)


async def by_role(tx: Tx, values: FolderRole) -> Folder | None:
    row = await tx.row(
        f"SELECT {COLUMNS} FROM folder WHERE mailbox_id = ? AND role = ?",
        values.mailbox_id,
        values.role.value,
    )
    return None if row is None else folder_of(row)


async def names(tx: Tx, mailbox_id: MailboxId) -> dict[str, FolderId]:
    rows = await tx.rows("SELECT name, folder_id FROM folder WHERE mailbox_id = ?", mailbox_id)
    return {row[0]: FolderId(row[1]) for row in rows}


async def create(tx: Tx, values: NewFolder) -> Made:
    modseq = await advance(tx, values.mailbox_id)
    present = await names(tx, values.mailbox_id)
    name = values.path[-1]
    if name in present:
        raise AlreadyExists("folder", name)
    if values.role is not None and await by_role(tx, FolderRole(values.mailbox_id, values.role)) is not None:
        raise AlreadyExists("role", values.role.value)
    folder_ids = await make(tx, values, present, modseq)
    folder = await by_id(tx, FolderKey(values.mailbox_id, folder_ids[-1]))
    assert folder is not None
    return Made(modseq, folder, folder_ids)


async def make(tx: Tx, values: NewFolder, present: Mapping[str, FolderId], modseq: ModSeq) -> tuple[FolderId, ...]:
    """Insert what is missing of the path under fresh numbers and UIDVALIDITYs; each is shared as the one above it is.

    The caller holds the mailbox; the role goes to the last.
    """
    missing = [level for level in values.path if level not in present]
    count = len(missing)
    if not count:
        return ()
    row = await tx.row(
        "UPDATE mailbox SET next_folder_id = next_folder_id + ?, next_uid_validity = next_uid_validity + ?,"
        " folders = folders + ? WHERE mailbox_id = ? RETURNING next_folder_id, next_uid_validity, folders, own_folders",
        count,
        count,
        count,
        values.mailbox_id,
    )
    assert row is not None
    next_folder_id, next_uid_validity, folders, own_limit = row
    check_uid_validities(next_uid_validity)
    limit = values.limit if own_limit is None else min(own_limit, values.limit)
    if folders > limit:
        raise TooManyFolders(limit)
    statements: list[Statement] = []
    ids = dict(present)
    for index, name in enumerate(missing):
        role = values.role.value if values.role is not None and index == count - 1 else None
        ids[name] = folder_id = FolderId(next_folder_id - count + index)
        key = (values.mailbox_id, folder_id)
        statements.append(
            (INSERT_FOLDER, (*key, name, role, next_uid_validity - count + index, modseq, values.now)),
        )
        if (above := ids.get(name.rpartition("/")[0])) is not None:
            statements.append((INHERIT_ACL, (folder_id, values.mailbox_id, above)))
    await tx.batch(statements)
    return tuple(FolderId(next_folder_id - count + index) for index in range(count))


async def doom(tx: Tx, values: Doom) -> Changed:
    """Take the folder away at once; its rows are collected later, in batches, because there may be very many."""
    modseq = await advance(tx, values.mailbox_id)
    row = await tx.row(
        "DELETE FROM folder WHERE mailbox_id = ? AND name = ? RETURNING folder_id, messages, octets",
        values.mailbox_id,
        values.name,
    )
    if row is None or values.folder_id not in (None, row[0]):
        raise NotFound("folder", values.name)
    await tx.batch(
        [
            (
                "INSERT INTO doomed_folder (mailbox_id, folder_id, name, actor, deleted_at) VALUES (?, ?, ?, ?, ?)",
                (values.mailbox_id, row[0], values.name, values.actor, values.now),
            ),
            (DELETE_ACL, (values.mailbox_id, row[0])),
            (
                "UPDATE mailbox SET folders = folders - 1, used_messages = used_messages - ?,"
                " used_octets = used_octets - ? WHERE mailbox_id = ?",
                (row[1], row[2], values.mailbox_id),
            ),
            *removal(values.mailbox_id, FolderId(row[0])),
        ]
    )
    return Changed(modseq, (FolderId(row[0]),))


class Subscription(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    name: str
    limit: int


async def subscribe(tx: Tx, values: Subscription) -> None:
    await hold(tx, values.mailbox_id)
    await tx.execute(INSERT_SUBSCRIPTION, values.mailbox_id, values.name)
    row = await tx.row("SELECT COUNT(*) FROM subscription WHERE mailbox_id = ?", values.mailbox_id)
    if row is not None and row[0] > values.limit:
        raise LimitReached(f"A mailbox has at most {values.limit} subscriptions")


async def unsubscribe(tx: Tx, values: FolderName) -> bool:
    """False when the name was not subscribed."""
    await hold(tx, values.mailbox_id)
    sql = "DELETE FROM subscription WHERE mailbox_id = ? AND name = ?"
    return await tx.execute(sql, values.mailbox_id, values.name) > 0


async def subscriptions(tx: Tx, mailbox_id: MailboxId) -> list[str]:
    rows = await tx.rows("SELECT name FROM subscription WHERE mailbox_id = ?", mailbox_id)
    return [row[0] for row in rows]


class Recent(msgspec.Struct, frozen=True):
    """Messages from ``first`` up to, not including, ``end`` are ``\\Recent`` for whoever claims them."""

    first: Uid
    end: Uid


async def recent(tx: Tx, values: FolderKey) -> Recent:
    row = await tx.row(
        "SELECT recent_uid, uid_next FROM folder WHERE mailbox_id = ? AND folder_id = ?",
        values.mailbox_id,
        values.folder_id,
    )
    if row is None:
        raise no_folder(values.folder_id)
    return Recent(Uid(row[0]), Uid(row[1]))


async def claim_recent(tx: Tx, values: FolderKey) -> Recent:
    """The messages that no one claimed before; all up to now are claimed by this."""
    await hold(tx, values.mailbox_id)
    found = await recent(tx, values)
    await tx.execute(
        "UPDATE folder SET recent_uid = uid_next WHERE mailbox_id = ? AND folder_id = ?",
        values.mailbox_id,
        values.folder_id,
    )
    return found


async def head(tx: Tx, values: FolderKey) -> FolderHead | None:
    row = await tx.row(
        f"SELECT {HEAD} FROM folder WHERE mailbox_id = ? AND folder_id = ?",
        values.mailbox_id,
        values.folder_id,
    )
    return None if row is None else FolderHead(*row)
