"""SQL of retention policies."""

from __future__ import annotations

import msgspec

from skrytka import errors
from skrytka.model import RetentionPolicy, Role
from skrytka.store.interface import Row, Tx
from skrytka.store.operations.domains import check_version

COLUMNS = "name, action, days, domain, mailbox, role, folder, enabled, version, created_at"


class PolicyWrite(msgspec.Struct, frozen=True):
    policy: RetentionPolicy
    if_match: int | None


class PolicyDelete(msgspec.Struct, frozen=True):
    name: str
    if_match: int | None


class PolicyPage(msgspec.Struct, frozen=True):
    after: str
    limit: int


def read_policy(row: Row) -> RetentionPolicy:
    name, action, days, domain, mailbox, role, folder, enabled, version, created_at = row
    return RetentionPolicy(
        name, action, days, domain, mailbox, Role(role) if role else None, folder, bool(enabled), version, created_at
    )


async def _lock(tx: Tx, name: str) -> RetentionPolicy | None:
    row = await tx.row(f"UPDATE retention_policy SET version = version WHERE name = ? RETURNING {COLUMNS}", name)  # noqa: S608
    return read_policy(row) if row else None


async def put(tx: Tx, write: PolicyWrite) -> tuple[RetentionPolicy, bool]:
    """Create or replace; version and time of creation are the store's."""
    asked = write.policy
    current = await _lock(tx, asked.name)
    check_version(current.version if current else None, write.if_match, "retention policy")
    if current is None:
        stored = msgspec.structs.replace(asked, version=1)
    else:
        kept = msgspec.structs.replace(asked, version=current.version, created_at=current.created_at)
        if kept == current:
            return current, False
        stored = msgspec.structs.replace(kept, version=current.version + 1)
    await tx.execute(
        f"INSERT INTO retention_policy ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"  # noqa: S608
        " action = excluded.action, days = excluded.days, domain = excluded.domain, mailbox = excluded.mailbox,"
        " role = excluded.role, folder = excluded.folder, enabled = excluded.enabled, version = excluded.version",
        stored.name,
        stored.action,
        stored.days,
        stored.domain,
        stored.mailbox,
        stored.role.value if stored.role else None,
        stored.folder,
        int(stored.enabled),
        stored.version,
        stored.created_at,
    )
    return stored, current is None


async def get(tx: Tx, name: str) -> RetentionPolicy | None:
    row = await tx.row(f"SELECT {COLUMNS} FROM retention_policy WHERE name = ?", name)  # noqa: S608
    return read_policy(row) if row else None


async def delete(tx: Tx, asked: PolicyDelete) -> None:
    current = await _lock(tx, asked.name)
    if current is None:
        raise errors.NotFound("retention policy", asked.name)
    check_version(current.version, asked.if_match, "retention policy")
    await tx.execute("DELETE FROM retention_policy WHERE name = ?", asked.name)


async def page(tx: Tx, asked: PolicyPage) -> list[RetentionPolicy]:
    sql = f"SELECT {COLUMNS} FROM retention_policy WHERE name > ? ORDER BY name LIMIT ?"  # noqa: S608
    return [read_policy(row) for row in await tx.rows(sql, asked.after, asked.limit)]


async def enabled(tx: Tx, values: None) -> list[RetentionPolicy]:
    rows = await tx.rows(f"SELECT {COLUMNS} FROM retention_policy WHERE enabled = 1 ORDER BY name")  # noqa: S608
    return [read_policy(row) for row in rows]
