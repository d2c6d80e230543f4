"""SQL of retention policies."""

from __future__ import annotations

import msgspec

from skrytka import errors
from skrytka.model import Precondition, RetentionPolicy, Role
from skrytka.store.interface import Row, Tx, Value
from skrytka.store.operations.domains import check_version

COLUMNS = "name, action, days, domain, mailbox, role, folder, enabled, version, created_at"


class PolicyWrite(msgspec.Struct, frozen=True):
    policy: RetentionPolicy
    only_if: Precondition


class PolicyDelete(msgspec.Struct, frozen=True):
    name: str
    only_if: Precondition


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
    """Create or replace; version and time of creation are the store's. ``Duplicate`` when it was created meanwhile."""
    asked = write.policy
    current = await _lock(tx, asked.name)
    check_version(current.version if current else None, write.only_if, "retention policy")
    if current is None:
        stored = msgspec.structs.replace(asked, version=1)
    else:
        kept = msgspec.structs.replace(asked, version=current.version, created_at=current.created_at)
        if kept == current:
            return current, False
        stored = msgspec.structs.replace(kept, version=current.version + 1)
    if current is None:
        sql = f"INSERT INTO retention_policy ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        await tx.execute(sql, *_row(stored))
        return stored, True
    await tx.execute(
        "UPDATE retention_policy SET name = ?, action = ?, days = ?, domain = ?, mailbox = ?, role = ?, folder = ?,"
        " enabled = ?, version = ?, created_at = ? WHERE name = ?",
        *_row(stored),
        stored.name,
    )
    return stored, False


def _row(policy: RetentionPolicy) -> tuple[Value, ...]:
    return (
        policy.name,
        policy.action,
        policy.days,
        policy.domain,
        policy.mailbox,
        policy.role.value if policy.role else None,
        policy.folder,
        int(policy.enabled),
        policy.version,
        policy.created_at,
    )


async def get(tx: Tx, name: str) -> RetentionPolicy | None:
    row = await tx.row(f"SELECT {COLUMNS} FROM retention_policy WHERE name = ?", name)  # noqa: S608
    return read_policy(row) if row else None


async def delete(tx: Tx, asked: PolicyDelete) -> None:
    current = await _lock(tx, asked.name)
    if current is None:
        raise errors.NotFound("retention policy", asked.name)
    check_version(current.version, asked.only_if, "retention policy")
    await tx.execute("DELETE FROM retention_policy WHERE name = ?", asked.name)


async def page(tx: Tx, asked: PolicyPage) -> list[RetentionPolicy]:
    sql = f"SELECT {COLUMNS} FROM retention_policy WHERE name > ? ORDER BY name LIMIT ?"  # noqa: S608
    return [read_policy(row) for row in await tx.rows(sql, asked.after, asked.limit)]


async def enabled(tx: Tx, values: None) -> list[RetentionPolicy]:
    rows = await tx.rows(f"SELECT {COLUMNS} FROM retention_policy WHERE enabled = 1 ORDER BY name")  # noqa: S608
    return [read_policy(row) for row in rows]
