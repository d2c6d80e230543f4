"""SQL of domains. ``addresses`` counts a domain's mailboxes and aliases; taking it locks the domain."""

from __future__ import annotations

import msgspec

from skrytka import errors
from skrytka.model import Domain, Precondition, Status
from skrytka.store.interface import Row, Tx

DEFAULT_TENANT = 1
COLUMNS = "name, status, created_at, version"


class DomainWrite(msgspec.Struct, frozen=True):
    """``status`` None keeps what is there (at creation: active)."""

    name: str
    status: Status | None
    only_if: Precondition
    now: int


class DomainDelete(msgspec.Struct, frozen=True):
    name: str
    only_if: Precondition


class DomainPage(msgspec.Struct, frozen=True):
    after: str
    limit: int


def read_domain(row: Row) -> Domain:
    name, status, created_at, version = row
    return Domain(name, Status(status), created_at, version)


def check_version(version: int | None, only_if: Precondition, what: str) -> None:
    """``version`` is None when the thing is not there."""
    if not only_if.holds(version):
        raise errors.Conflict(f"There is no {what}" if version is None else f"The {what} is at version {version}")


async def lock(tx: Tx, name: str) -> Domain | None:
    """Take the domain's row lock, so that what is read next stays true until the commit."""
    row = await tx.row(f"UPDATE domain SET version = version WHERE name = ? RETURNING {COLUMNS}", name)  # noqa: S608
    return read_domain(row) if row else None


async def put(tx: Tx, write: DomainWrite) -> tuple[Domain, bool]:
    """Create or change; True when it was created. ``Duplicate`` when another transaction created it meanwhile."""
    current = await lock(tx, write.name)
    check_version(current.version if current else None, write.only_if, "domain")
    if current is None:
        made = Domain(write.name, write.status or Status.ACTIVE, write.now, 1)
        await tx.execute(
            "INSERT INTO domain (name, tenant_id, status, addresses, version, created_at) VALUES (?, ?, ?, 0, 1, ?)",
            made.name,
            DEFAULT_TENANT,
            made.status.value,
            made.created_at,
        )
        return made, True
    if write.status in (None, current.status):
        return current, False
    row = await tx.row(
        f"UPDATE domain SET status = ?, version = version + 1 WHERE name = ? RETURNING {COLUMNS}",  # noqa: S608
        write.status.value,
        write.name,
    )
    assert row is not None
    return read_domain(row), False


async def get(tx: Tx, name: str) -> Domain | None:
    row = await tx.row(f"SELECT {COLUMNS} FROM domain WHERE name = ?", name)  # noqa: S608
    return read_domain(row) if row else None


async def page(tx: Tx, asked: DomainPage) -> list[Domain]:
    sql = f"SELECT {COLUMNS} FROM domain WHERE name > ? ORDER BY name LIMIT ?"  # noqa: S608
    return [read_domain(row) for row in await tx.rows(sql, asked.after, asked.limit)]


async def delete(tx: Tx, asked: DomainDelete) -> None:
    """Only an empty domain goes."""
    current = await lock(tx, asked.name)
    if current is None:
        raise errors.NotFound("domain", asked.name)
    check_version(current.version, asked.only_if, "domain")
    if not await tx.execute("DELETE FROM domain WHERE name = ? AND addresses = 0", asked.name):
        raise errors.NotEmpty(f"The domain {asked.name!r} still has mailboxes or aliases")


async def take_address(tx: Tx, domain: str) -> None:
    """Count one more address and hold the domain until the commit: no other address of it can come into being meanwhile."""
    if not await tx.execute("UPDATE domain SET addresses = addresses + 1 WHERE name = ?", domain):
        raise errors.NotFound("domain", domain)


async def give_addresses(tx: Tx, domain: str, count: int) -> None:
    await tx.execute("UPDATE domain SET addresses = addresses - ? WHERE name = ?", count, domain)


async def recount(tx: Tx, repair: bool) -> list[tuple[str, int, int]]:
    """Domains whose count is wrong: (name, counted as, really)."""
    rows = await tx.rows(
        "SELECT name, addresses, real FROM (SELECT d.name, d.addresses,"
        " (SELECT count(*) FROM mailbox m WHERE m.domain = d.name AND m.address IS NOT NULL)"
        " + (SELECT count(*) FROM alias a WHERE a.domain = d.name) AS real FROM domain d) AS counted"
        " WHERE addresses <> real ORDER BY name"
    )
    if repair:
        for name, _, real in rows:
            await tx.execute("UPDATE domain SET addresses = ? WHERE name = ?", real, name)
    return [(name, counted, real) for name, counted, real in rows]
