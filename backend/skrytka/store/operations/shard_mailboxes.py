"""The shard's side of a mailbox: its row with counters and a versioned copy of limits and status, made and removed.

Every operation is idempotent, because a job repeats it when a crash came between the directory and the shard.
"""

from __future__ import annotations

import msgspec

from skrytka.errors import NotFound
from skrytka.model import FolderId, MailboxId, Quota, Role, Seen, Status, Usage
from skrytka.store.interface import Statement, Tx
from skrytka.store.operations.locking import check_uid_validities

INBOX_FOLDER_ID = FolderId(1)
"""INBOX is made first and can neither be deleted nor renamed away, so every mailbox has it under this number."""

DEFAULT_FOLDERS: tuple[tuple[str, Role], ...] = (
    ("INBOX", Role.INBOX),
    ("Sent", Role.SENT),
    ("Drafts", Role.DRAFTS),
    ("Trash", Role.TRASH),
    ("Junk", Role.JUNK),
    ("Archive", Role.ARCHIVE),
)

ROWS_PER_BATCH = 1_000

INSERT_FOLDER = (
    "INSERT INTO folder (mailbox_id, folder_id, name, role, uid_validity, uid_next, recent_uid, highest_modseq,"
    " messages, unseen, deleted, octets, expunge_horizon, created_at)"
    " VALUES (?, ?, ?, ?, ?, 1, 1, ?, 0, 0, 0, 0, 0, ?)"
)

INSERT_SUBSCRIPTION = (
    "INSERT INTO subscription (mailbox_id, name) VALUES (?, ?) ON CONFLICT (mailbox_id, name) DO NOTHING"
)

_KEYS: tuple[tuple[str, str], ...] = (
    ("folder", "folder_id"),
    ("acl", "folder_id, identifier"),
    ("subscription", "name"),
    ("metadata", "folder_id, user_id, entry"),
    ("message", "folder_id, uid"),
    ("seen_mark", "folder_id, uid, reader_id"),
    ("expunged", "folder_id, uid"),
    ("doomed_folder", "folder_id"),
    ("header", "content_id"),
    ("body", "content_id"),
    ("rendition", "content_id"),
    ("rendition_extra", "content_id, name"),
    ("content", "content_id"),
    ("pop3_lock", "session"),
    ("job_fence", "job"),
    ("search_header", "first_id"),
    ("search_body", "first_id"),
    ("search_segment", "first_id"),
    ("search_progress", "indexed_id"),
)
"""Every table of a mailbox besides its own, with the rest of its key."""


class NewShardMailbox(msgspec.Struct, frozen=True):
    """``uid_validity`` is the first of its folders': above any that a mailbox of the same address ever had."""

    mailbox_id: MailboxId
    quota: Quota
    status: Status
    config_version: int
    now: int
    uid_validity: int
    seen: Seen = Seen.SHARED


class ShardConfig(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    quota: Quota
    status: Status
    config_version: int
    seen: Seen = Seen.SHARED


async def create_mailbox(tx: Tx, values: NewShardMailbox) -> None:
    """Make the mailbox with its default folders, subscribed; one that exists takes the configuration if it is newer."""
    check_uid_validities(values.uid_validity + len(DEFAULT_FOLDERS))
    made = await tx.row(
        "INSERT INTO mailbox (mailbox_id, modseq, next_folder_id, next_content_id, next_uid_validity, quota_octets,"
        " quota_messages, used_octets, used_messages, folders, status, config_version, private_seen, seen_modseq)"
        " VALUES (?, 1, ?, 1, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?) ON CONFLICT (mailbox_id) DO NOTHING RETURNING mailbox_id",
        values.mailbox_id,
        len(DEFAULT_FOLDERS) + 1,
        values.uid_validity + len(DEFAULT_FOLDERS),
        values.quota.storage_octets,
        values.quota.messages,
        len(DEFAULT_FOLDERS),
        values.status.value,
        values.config_version,
        *[int(values.seen is Seen.PRIVATE)] * 2,
    )
    if made is None:
        config = ShardConfig(values.mailbox_id, values.quota, values.status, values.config_version, values.seen)
        await configure_mailbox(tx, config)
        return
    statements: list[Statement] = []
    for index, (name, role) in enumerate(DEFAULT_FOLDERS):
        folder_id = INBOX_FOLDER_ID + index
        uid_validity = values.uid_validity + index
        statements.append(
            (INSERT_FOLDER, (values.mailbox_id, folder_id, name, role.value, uid_validity, 1, values.now))
        )
        statements.append((INSERT_SUBSCRIPTION, (values.mailbox_id, name)))
    await tx.batch(statements)


async def configure_mailbox(tx: Tx, values: ShardConfig) -> None:
    """Take over limits and status unless the shard has newer ones. A mailbox that is gone is no error."""
    await _configure(tx, values, "config_version < ?", values.config_version)


async def _configure(tx: Tx, values: ShardConfig, if_version: str, version: int) -> None:
    """Where ``\\Seen`` becomes private, or shared again, readers may see other flags on every message: all get a new modseq for
    them, the same one, and so do the folders."""
    private = int(values.seen is Seen.PRIVATE)
    row = await tx.row(
        "UPDATE mailbox SET quota_octets = ?, quota_messages = ?, status = ?, config_version = ?, private_seen = ?,"
        " modseq = CASE WHEN private_seen = ? THEN modseq ELSE modseq + 1 END,"
        " seen_modseq = CASE WHEN private_seen = ? THEN seen_modseq ELSE modseq + 1 END"
        f" WHERE mailbox_id = ? AND {if_version} RETURNING modseq, seen_modseq",
        values.quota.storage_octets,
        values.quota.messages,
        values.status.value,
        values.config_version,
        *[private] * 3,
        values.mailbox_id,
        version,
    )
    if row is not None and row[0] == row[1]:
        await tx.execute("UPDATE folder SET highest_modseq = ? WHERE mailbox_id = ?", row[0], values.mailbox_id)


async def config(tx: Tx, mailbox_id: MailboxId) -> ShardConfig | None:
    """The shard's copy of limits and status."""
    row = await tx.row(
        "SELECT quota_octets, quota_messages, status, config_version, private_seen FROM mailbox WHERE mailbox_id = ?",
        mailbox_id,
    )
    if row is None:
        return None
    seen = Seen.PRIVATE if row[4] else Seen.SHARED
    return ShardConfig(mailbox_id, Quota(row[0], row[1]), Status(row[2]), row[3], seen)


class Reconfigure(msgspec.Struct, frozen=True):
    """``right`` in place of what was found under this version, which may be the newer one after a restore."""

    right: ShardConfig
    found_version: int


async def reconfigure_mailbox(tx: Tx, values: Reconfigure) -> None:
    """Take limits and status over unless they have been changed since they were found wrong."""
    await _configure(tx, values.right, "config_version = ?", values.found_version)


async def next_uid_validity(tx: Tx, mailbox_id: MailboxId) -> int:
    """What the next folder would get, 0 where there is no mailbox."""
    row = await tx.row("SELECT next_uid_validity FROM mailbox WHERE mailbox_id = ?", mailbox_id)
    return 0 if row is None else int(row[0])


async def delete_some(tx: Tx, mailbox_id: MailboxId) -> bool:
    """Delete a batch of the mailbox's rows; True while there may be more. Its own row goes first: no write follows."""
    await tx.execute("DELETE FROM mailbox WHERE mailbox_id = ?", mailbox_id)
    left = ROWS_PER_BATCH
    for table, key in _KEYS:
        left -= await tx.execute(
            f"DELETE FROM {table} WHERE mailbox_id = ? AND ({key}) IN"
            f" (SELECT {key} FROM {table} WHERE mailbox_id = ? LIMIT ?)",
            mailbox_id,
            mailbox_id,
            left,
        )
        if left <= 0:
            return True
    return False


async def usage(tx: Tx, mailbox_id: MailboxId) -> tuple[Quota, Usage]:
    """Limits and use as the write transactions see them."""
    row = await tx.row(
        "SELECT quota_octets, quota_messages, used_octets, used_messages, folders FROM mailbox WHERE mailbox_id = ?",
        mailbox_id,
    )
    if row is None:
        raise NotFound("mailbox", str(mailbox_id))
    return Quota(row[0], row[1]), Usage(row[2], row[3], row[4])


class MailboxPage(msgspec.Struct, frozen=True):
    after: int
    limit: int


async def mailbox_ids(tx: Tx, values: MailboxPage) -> list[MailboxId]:
    """Every mailbox of the shard, page by page: for checks and sweeps."""
    rows = await tx.rows(
        "SELECT mailbox_id FROM mailbox WHERE mailbox_id > ? ORDER BY mailbox_id LIMIT ?", values.after, values.limit
    )
    return [MailboxId(row[0]) for row in rows]
