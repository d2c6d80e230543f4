"""SQL of failed logins: what is still held against a client, a login name or an API key. Times are Unix milliseconds.

A failure is forgotten every so often, one after the other: what is stored is only when none will be left.
"""

from __future__ import annotations

import msgspec

from skrytka.store.interface import Tx


class Subject(msgspec.Struct, frozen=True):
    """What failures are counted of. Another subject in its slot is not known any more."""

    kind: str
    slot: int
    digest: bytes


class Failure(msgspec.Struct, frozen=True):
    """One more of ``subject``, which takes ``decay_ms`` to be forgotten; ``most_ms`` is how much may be held against it."""

    subject: Subject
    now_ms: int
    decay_ms: int
    most_ms: int


async def settled_at(tx: Tx, subjects: tuple[Subject, ...]) -> tuple[int, ...]:
    """When nothing will be held against each of the subjects; 0 where nothing is known."""
    slots = " OR ".join("(kind = ? AND slot = ?)" for _ in subjects)
    values = [value for subject in subjects for value in (subject.kind, subject.slot)]
    rows = await tx.rows(f"SELECT kind, subject, settled_at_ms FROM login_failure WHERE {slots}", *values)
    known = {(kind, bytes(digest)): settled for kind, digest, settled in rows}
    return tuple(known.get((subject.kind, subject.digest), 0) for subject in subjects)


async def add(tx: Tx, failures: tuple[Failure, ...]) -> tuple[int, ...]:
    """Hold one more failure against each, and return until when. Callers name kinds in one order, so that none waits for another.

    A time that lies further ahead than could have been written was written before the clock was set back, and means nothing.
    """
    settled: list[int] = []
    for failure in failures:
        row = await tx.row(
            "INSERT INTO login_failure (kind, slot, subject, settled_at_ms) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, slot) DO UPDATE SET subject = excluded.subject, settled_at_ms = CASE"
            " WHEN login_failure.subject <> excluded.subject OR login_failure.settled_at_ms < ?"
            " OR login_failure.settled_at_ms > ? THEN excluded.settled_at_ms"
            " WHEN login_failure.settled_at_ms > ? THEN ?"
            " ELSE login_failure.settled_at_ms + ? END RETURNING settled_at_ms",
            failure.subject.kind,
            failure.subject.slot,
            failure.subject.digest,
            failure.now_ms + failure.decay_ms,
            failure.now_ms,
            failure.now_ms + 2 * failure.most_ms,
            failure.now_ms + failure.most_ms - failure.decay_ms,
            failure.now_ms + failure.most_ms,
            failure.decay_ms,
        )
        assert row is not None, "RETURNING gives the row"
        settled.append(row[0])
    return tuple(settled)
