"""SQL of Idempotency-Key: the answer to a request, kept under its key, so that a repeat gets it again."""

from __future__ import annotations

import msgspec

from skrytka.store.interface import Tx


class Begin(msgspec.Struct, frozen=True):
    """What was begun before ``stale_before`` and not finished counts as dead, what is from before ``expired_before`` as gone."""

    key: str
    digest: str
    now: int
    stale_before: int
    expired_before: int


class Stored(msgspec.Struct, frozen=True):
    """``status`` None: the first request still runs."""

    digest: str
    status: int | None
    response: bytes | None


class Claim(msgspec.Struct, frozen=True):
    """Whose the key is: of the request that took it at that time. Who takes it over does so later, so the two differ."""

    key: str
    taken_at: int


class Finish(msgspec.Struct, frozen=True):
    claim: Claim
    status: int
    response: bytes


async def begin(tx: Tx, asked: Begin) -> Stored | Claim:
    """A claim: the key is the caller's now and the request is to be done. Else what an earlier request left."""
    row = await tx.row(
        "INSERT INTO idempotency (key, digest, created_at) VALUES (?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, status = NULL, response = NULL,"
        " created_at = excluded.created_at WHERE idempotency.created_at < ?"
        " OR (idempotency.status IS NULL AND idempotency.created_at < ?) RETURNING created_at",
        asked.key,
        asked.digest,
        asked.now,
        asked.expired_before,
        asked.stale_before,
    )
    if row is not None:
        return Claim(asked.key, row[0])
    found = await tx.row("SELECT digest, status, response FROM idempotency WHERE key = ?", asked.key)
    assert found is not None, "the row is locked since the INSERT met it"
    return Stored(*found)


async def finish(tx: Tx, done: Finish) -> None:
    """Unless another request has taken the key over: its answer counts."""
    await tx.execute(
        "UPDATE idempotency SET status = ?, response = ? WHERE key = ? AND created_at = ? AND status IS NULL",
        done.status,
        done.response,
        done.claim.key,
        done.claim.taken_at,
    )


async def forget(tx: Tx, claim: Claim) -> None:
    """The request failed and left nothing: the key may be used again. What is no longer its own stays."""
    await tx.execute(
        "DELETE FROM idempotency WHERE key = ? AND created_at = ? AND status IS NULL", claim.key, claim.taken_at
    )


class Expired(msgspec.Struct, frozen=True):
    before: int
    limit: int


async def delete_expired(tx: Tx, values: Expired) -> int:
    """The number that went."""
    return await tx.execute(
        "DELETE FROM idempotency WHERE key IN"
        " (SELECT key FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?)",
        values.before,
        values.limit,
    )
