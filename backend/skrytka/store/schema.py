"""Schema versions: which migrations a release has, and whether it may serve a database.

``store/migrations/directory/NNNN_subject.sql`` and ``store/migrations/shard/NNNN_subject.sql`` are run in order, each once.
A file is written in SQLite's dialect with ``INTEGER``, ``TEXT``, ``BLOB`` and ``REAL`` as its only types; in CREATE TABLE and
ALTER TABLE PostgreSQL gets them as in ``_POSTGRESQL_TYPES``. A statement ends with ``;`` at the end of a line, and no other
line ends so.

A database keeps its version (the last migration it had) and the oldest release that may still use it, ``min_compatible``.
Migrations expand first and contract a release later, so a migration leaves ``min_compatible`` at the version before its own;
where a release has several, a line ``-- min_compatible: N`` names the last version of the release before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from skrytka.store.interface import Database, Tx, Unsuitable

Kind = Literal["directory", "shard"]

_FILE = re.compile(r"(\d{4})_\w+\.sql")
_MIN_COMPATIBLE = re.compile(r"^-- min_compatible: (\d+)$", re.MULTILINE)
_TABLE = re.compile(r"(CREATE|ALTER) TABLE\b")
_TYPE = re.compile(r"\b(INTEGER|BLOB|REAL|TEXT)\b")
_COMMENT_LINE = re.compile(r"^\s*--.*\n?", re.MULTILINE)
# COLLATE "C" compares by code point, as SQLite does: the same order of names and pages on both engines.
_POSTGRESQL_TYPES: Mapping[str, str] = {
    "INTEGER": "BIGINT",
    "BLOB": "BYTEA",
    "REAL": "DOUBLE PRECISION",
    "TEXT": 'TEXT COLLATE "C"',
}
_VERSION_TABLE_EXISTS = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'",
    "postgresql": "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_version'",
}


class Migration(msgspec.Struct, frozen=True):
    """One numbered file: what it does and which older schema version its readers may still expect."""

    number: int
    min_compatible: int
    statements: tuple[str, ...]


class Version(msgspec.Struct, frozen=True):
    """What a database says about its schema; an empty one has version 0."""

    version: int = 0
    min_compatible: int = 0


def kind_of(database_name: str) -> Kind:
    return "directory" if database_name == "directory" else "shard"


@cache
def load(kind: Kind) -> tuple[Migration, ...]:
    """The migrations of this release, in order."""
    found: list[Migration] = []
    for file in resources.files("skrytka.store").joinpath("migrations", kind).iterdir():
        name = _FILE.fullmatch(file.name)
        if name is not None:
            found.append(parse(int(name[1]), file.read_text("utf-8")))
    found.sort(key=lambda migration: migration.number)
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise Unsuitable(f"the migrations of the {kind} are not numbered 1, 2, 3 ...")
    return tuple(found)


def parse(number: int, sql: str) -> Migration:
    """One file's statements. Comment lines go, so that a word in them is no type and a ``;`` in them ends nothing."""
    header = _MIN_COMPATIBLE.search(sql)
    min_compatible = int(header[1]) if header else max(1, number - 1)
    statements = re.split(r";[ \t]*(?:\n|$)", _COMMENT_LINE.sub("", sql))
    return Migration(number, min_compatible, tuple(text.strip() for text in statements if text.strip()))


def for_engine(statement: str, engine: str) -> str:
    """A migration's statement in the engine's types."""
    if engine == "sqlite" or not _TABLE.match(statement):
        return statement
    return _TYPE.sub(lambda word: _POSTGRESQL_TYPES[word[1]], statement)


async def read_version(tx: Tx, engine: str) -> Version:
    """The version of the database that ``tx`` works on."""
    if await tx.row(_VERSION_TABLE_EXISTS[engine]) is None:
        return Version()
    row = await tx.row("SELECT version, min_compatible FROM schema_version")
    return Version(*row) if row is not None else Version()


async def refuse_newer(database: Database) -> None:
    """Stop the start on a schema that is newer than this release can serve."""
    found = await database.read(read_version, database.engine)
    ours = len(load(kind_of(database.name)))
    if found.min_compatible > ours:
        raise Unsuitable(
            f"the schema of {database.name} is version {found.version} and serves releases from version "
            f"{found.min_compatible} on, but this release has version {ours}: install a newer release"
        )


async def is_behind(database: Database) -> bool:
    """Whether migrations of this release are still to be run."""
    found = await database.read(read_version, database.engine)
    return found.version < len(load(kind_of(database.name)))


async def refuse_older(database: Database) -> None:
    """Stop the start on a schema that still has to be migrated."""
    found = await database.read(read_version, database.engine)
    ours = len(load(kind_of(database.name)))
    if found.version < ours:
        raise Unsuitable(
            f"the schema of {database.name} is version {found.version}, but this release has version {ours}: "
            f"migrate it first"
        )
