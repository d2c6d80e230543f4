"""SQL of leases and of recurring jobs. A lease's number rises with every new holder: shards refuse an older one."""

from __future__ import annotations

import msgspec

from skrytka.store.interface import Tx
from skrytka.store.operations import sequences

CLOCK_SLACK_S = 300
"""How far the clocks of two hosts may be apart; what ends or is due later than can be was so written by a wrong clock."""


class LeaseAsk(msgspec.Struct, frozen=True):
    name: str
    holder: str
    now: int
    expires_at: int


class LeaseHeld(msgspec.Struct, frozen=True):
    name: str
    holder: str
    number: int


class LeaseRenew(msgspec.Struct, frozen=True):
    lease: LeaseHeld
    expires_at: int


class JobAsk(msgspec.Struct, frozen=True):
    """Begin a kind of work if it is due, or go on with it if an earlier holder did not finish.

    ``interval_s`` is how long after a run the next is due at most.
    """

    kind: str
    lease_number: int
    now: int
    interval_s: float

    @property
    def latest(self) -> int:
        """No right clock would have put it off beyond this."""
        return int(self.now + self.interval_s + CLOCK_SLACK_S)


class JobRun(msgspec.Struct, frozen=True):
    kind: str
    lease_number: int
    progress: int


class JobFinish(msgspec.Struct, frozen=True):
    kind: str
    lease_number: int
    now: int
    due_at: int


async def acquire(tx: Tx, ask: LeaseAsk) -> LeaseHeld | None:
    """The lease under a new number, or None while another holder's has not run out.

    One that ends later than any that begins now was taken by a clock that was ahead: it counts as run out, the number
    keeps it harmless.
    """
    row = await tx.row(
        "INSERT INTO lease (name, holder, number, expires_at) VALUES (?, ?, 1, ?) ON CONFLICT (name) DO UPDATE SET"
        " holder = excluded.holder, number = lease.number + 1, expires_at = excluded.expires_at"
        " WHERE lease.expires_at <= ? OR lease.expires_at > ? OR lease.holder = excluded.holder RETURNING number",
        ask.name,
        ask.holder,
        ask.expires_at,
        ask.now,
        ask.expires_at + CLOCK_SLACK_S,
    )
    return LeaseHeld(ask.name, ask.holder, row[0]) if row else None


async def renew(tx: Tx, renewal: LeaseRenew) -> bool:
    """False when it was taken over."""
    changed = await tx.execute(
        "UPDATE lease SET expires_at = ? WHERE name = ? AND holder = ? AND number = ?",
        renewal.expires_at,
        renewal.lease.name,
        renewal.lease.holder,
        renewal.lease.number,
    )
    return changed > 0


async def release(tx: Tx, lease: LeaseHeld) -> None:
    """Let the next holder in at once; the number stays, so that it never repeats."""
    await tx.execute(
        "UPDATE lease SET expires_at = 0 WHERE name = ? AND holder = ? AND number = ?",
        lease.name,
        lease.holder,
        lease.number,
    )


async def due(tx: Tx, ask: JobAsk) -> bool:
    """Whether ``begin`` would: asked without writing. A kind that never ran is due."""
    row = await tx.row("SELECT due_at, state FROM job WHERE kind = ? AND subject = ''", ask.kind)
    return row is None or not ask.now < row[0] <= ask.latest or row[1] == "running"


async def begin(tx: Tx, ask: JobAsk) -> JobRun | None:
    """The run with the progress so far, None when the work is not due or a later holder has it."""
    if not await tx.row("SELECT 1 FROM job WHERE kind = ? AND subject = ''", ask.kind):
        await tx.execute(
            "INSERT INTO job (id, kind, subject, state, progress, due_at, lease_number)"
            " VALUES (?, ?, '', 'waiting', 0, 0, 0) ON CONFLICT (kind, subject) DO NOTHING",
            await sequences.next_value(tx, "job"),
            ask.kind,
        )
    row = await tx.row(
        "UPDATE job SET state = 'running', lease_number = ?, started_at = ? WHERE kind = ? AND subject = ''"
        " AND lease_number <= ? AND (due_at <= ? OR due_at > ? OR state = 'running') RETURNING progress",
        ask.lease_number,
        ask.now,
        ask.kind,
        ask.lease_number,
        ask.now,
        ask.latest,
    )
    return JobRun(ask.kind, ask.lease_number, row[0]) if row else None


async def save_progress(tx: Tx, run: JobRun) -> bool:
    """False when a later holder has the job."""
    changed = await tx.execute(
        "UPDATE job SET progress = ? WHERE kind = ? AND subject = '' AND lease_number = ?",
        run.progress,
        run.kind,
        run.lease_number,
    )
    return changed > 0


async def finish(tx: Tx, done: JobFinish) -> None:
    await tx.execute(
        "UPDATE job SET state = 'waiting', progress = 0, finished_at = ?, due_at = ? WHERE kind = ? AND subject = ''"
        " AND lease_number = ?",
        done.now,
        done.due_at,
        done.kind,
        done.lease_number,
    )
