"""Brings a database to this release's schema: all missing migrations in one transaction, so that it is all or nothing.

Two processes that start at once are safe: SQLite's write transaction, and an advisory lock on PostgreSQL, let one of them
do the work, and the other then finds nothing to do.
"""

from __future__ import annotations

import logging

import msgspec

from skrytka.store.interface import Database, Tx
from skrytka.store.schema import Kind, Migration, Version, for_engine, kind_of, load, read_version

_ADVISORY_LOCK = 7_310_579_024_116_350_561  # any number, but the same in every release

_log = logging.getLogger(__name__)


class _Plan(msgspec.Struct, frozen=True):
    engine: str
    name: str
    migrations: tuple[Migration, ...]


def postgresql_schema(database_name: str) -> str:
    """The PostgreSQL schema of a logical database: one server may hold all of them."""
    return "skrytka_" + database_name.replace("-", "_")


async def migrate(database: Database) -> Version:
    """Run what is missing on an opened database and return its version."""
    kind: Kind = kind_of(database.name)
    return await database.write(_run_missing, _Plan(database.engine, database.name, load(kind)))


async def _run_missing(tx: Tx, plan: _Plan) -> Version:
    if plan.engine == "postgresql":
        await tx.rows("SELECT pg_advisory_xact_lock(?)", _ADVISORY_LOCK)
        await tx.rows("SELECT set_config('statement_timeout', '0', true)")
        await tx.execute(f"CREATE SCHEMA IF NOT EXISTS {postgresql_schema(plan.name)}")
    found = await read_version(tx, plan.engine)
    missing = plan.migrations[found.version :]
    if not missing:
        return found
    if found.version == 0:
        await tx.execute(
            for_engine(
                "CREATE TABLE schema_version (version INTEGER NOT NULL, min_compatible INTEGER NOT NULL)", plan.engine
            )
        )
        await tx.execute("INSERT INTO schema_version (version, min_compatible) VALUES (0, 0)")
    for migration in missing:
        for statement in migration.statements:
            await tx.execute(for_engine(statement, plan.engine))
    reached = Version(missing[-1].number, max(migration.min_compatible for migration in plan.migrations))
    await tx.execute(
        "UPDATE schema_version SET version = ?, min_compatible = ?", reached.version, reached.min_compatible
    )
    _log.info("%s migrated from schema version %d to %d", plan.name, found.version, reached.version)
    return reached
