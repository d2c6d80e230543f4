"""SQL of REST keys. Only digests are stored; the secrets have enough entropy that a plain hash keeps them."""

from __future__ import annotations

import msgspec

from skrytka.model import ApiKey
from skrytka.store.interface import Row, Tx

COLUMNS = "key_id, name, created_at, last_used_at"
_INSERT = "INSERT INTO api_key (key_id, name, digest, created_at)"


class KeyWrite(msgspec.Struct, frozen=True):
    key_id: str
    name: str
    digest: bytes
    now: int


class KeyUse(msgspec.Struct, frozen=True):
    key_id: str
    now: int


def read_key(row: Row) -> ApiKey:
    return ApiKey(*row)


async def insert(tx: Tx, write: KeyWrite) -> None:
    await tx.execute(f"{_INSERT} VALUES (?, ?, ?, ?)", *_values(write))


async def replace(tx: Tx, write: KeyWrite) -> None:
    """The key of this id has this digest from now on."""
    sql = f"{_INSERT} VALUES (?, ?, ?, ?) ON CONFLICT (key_id) DO UPDATE SET digest = excluded.digest"
    await tx.execute(sql, *_values(write))


async def insert_first(tx: Tx, write: KeyWrite) -> bool:
    """Store the key if there is none at all; True when it is the stored one afterwards, whoever stored it."""
    none = "WHERE NOT EXISTS (SELECT 1 FROM api_key)"
    await tx.execute(f"{_INSERT} SELECT ?, ?, ?, ? {none} ON CONFLICT (key_id) DO NOTHING", *_values(write))
    return await find(tx, write.digest) is not None


def _values(write: KeyWrite) -> tuple[str, str, bytes, int]:
    return write.key_id, write.name, write.digest, write.now


async def find(tx: Tx, digest: bytes) -> ApiKey | None:
    row = await tx.row(f"SELECT {COLUMNS} FROM api_key WHERE digest = ?", digest)
    return read_key(row) if row else None


async def any_key(tx: Tx, values: None) -> bool:
    return await tx.row("SELECT 1 FROM api_key LIMIT 1") is not None


async def mark_used(tx: Tx, use: KeyUse) -> None:
    await tx.execute("UPDATE api_key SET last_used_at = ? WHERE key_id = ?", use.now, use.key_id)


async def list_all(tx: Tx, values: None) -> list[ApiKey]:
    rows = await tx.rows(f"SELECT {COLUMNS} FROM api_key ORDER BY created_at, key_id")
    return [read_key(row) for row in rows]


async def delete(tx: Tx, key_id: str) -> bool:
    return await tx.execute("DELETE FROM api_key WHERE key_id = ?", key_id) > 0
