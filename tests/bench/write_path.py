"""The write path of the store.

A delivery of 4 KB is four statements: the mailbox row with RETURNING, then message, header and body in one batch. 20 callers
deliver at a time, each to a mailbox of its own. Rows: one process, two and four processes on one SQLite file, one process
whose loop is saturated by other work (as when it formats FETCH lines), and PostgreSQL with fsync on the same disk.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from skrytka.store.engines.postgres import PostgresDatabase
from skrytka.store.engines.sqlite import SqliteDatabase
from skrytka.store.interface import Database, Tx
from skrytka.store.migrate import migrate
from skrytka.store.schema import for_engine
from tests import servers
from tests.bench.rows import Row

CALLERS = 20
PROCESSES = 4
BODY = os.urandom(3_600)
HEADER = os.urandom(496)
SLICE_S = 0.002
TABLES = (
    "CREATE TABLE bench_mailbox (mailbox_id INTEGER NOT NULL PRIMARY KEY, modseq INTEGER NOT NULL)",
    "CREATE TABLE bench_message (mailbox_id INTEGER NOT NULL, uid INTEGER NOT NULL, PRIMARY KEY (mailbox_id, uid))",
    "CREATE TABLE bench_header (mailbox_id INTEGER NOT NULL, uid INTEGER NOT NULL, data BLOB, PRIMARY KEY (mailbox_id, uid))",
    "CREATE TABLE bench_body (mailbox_id INTEGER NOT NULL, uid INTEGER NOT NULL, data BLOB, PRIMARY KEY (mailbox_id, uid))",
)


async def make(tx: Tx, engine: str) -> None:
    for table in TABLES:
        await tx.execute(for_engine(table, engine))
    sql = "INSERT INTO bench_mailbox (mailbox_id, modseq) VALUES (?, 0)"
    await tx.batch([(sql, (number,)) for number in range(CALLERS * PROCESSES)])


async def deliver(tx: Tx, mailbox_id: int) -> int:
    row = await tx.row("UPDATE bench_mailbox SET modseq = modseq + 1 WHERE mailbox_id = ? RETURNING modseq", mailbox_id)
    assert row is not None
    uid = int(row[0])
    await tx.batch(
        [
            ("INSERT INTO bench_message (mailbox_id, uid) VALUES (?, ?)", (mailbox_id, uid)),
            ("INSERT INTO bench_header (mailbox_id, uid, data) VALUES (?, ?, ?)", (mailbox_id, uid, HEADER)),
            ("INSERT INTO bench_body (mailbox_id, uid, data) VALUES (?, ?, ?)", (mailbox_id, uid, BODY)),
        ]
    )
    return uid


async def saturate(end: float) -> None:
    """Works for 2 ms and yields, all the time: what a loop looks like that formats FETCH lines for somebody."""
    while time.perf_counter() < end:
        until = time.perf_counter() + SLICE_S
        while time.perf_counter() < until:
            b" ".join(b"%d" % number for number in range(100))
        await asyncio.sleep(0)


async def load(database: Database, seconds: float, first: int, *, saturated: bool = False) -> list[float]:
    """The latencies of all deliveries of that many seconds."""
    end = time.perf_counter() + seconds
    latencies: list[float] = []

    async def caller(mailbox_id: int) -> None:
        while (began := time.perf_counter()) < end:
            await database.write(deliver, mailbox_id)
            latencies.append(time.perf_counter() - began)

    others = [saturate(end)] if saturated else []
    await asyncio.gather(*(caller(first + number) for number in range(CALLERS)), *others)
    return latencies


async def member(path: str, seconds: float, number: int) -> None:
    """One of several processes on a file: waits for the start, prints how many it delivered."""
    database = SqliteDatabase("shard-0", Path(path), 30.0)
    await database.open()
    print("ready", flush=True)
    sys.stdin.readline()
    latencies = await load(database, seconds, number * CALLERS)
    print(len(latencies), flush=True)
    await database.close()


def several(path: Path, seconds: float, count: int) -> float:
    """Deliveries a second of that many processes on one file."""
    command = [sys.executable, "-m", "tests.bench.write_path", str(path), str(seconds)]
    members = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(count)
    ]
    for process in members:
        assert process.stdout is not None
        process.stdout.readline()
    for process in members:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return sum(int(process.communicate()[0]) for process in members) / seconds


async def rates(database: Database, rounds: int, seconds: float, *, saturated: bool = False) -> tuple[float, ...]:
    """Deliveries a second of one process, round by round."""
    found = []
    for _ in range(rounds):
        found.append(len(await load(database, seconds, 0, saturated=saturated)) / seconds)
    return tuple(found)


async def sqlite(path: Path, rounds: int, seconds: float) -> list[Row]:
    database = SqliteDatabase("shard-0", path, 30.0)
    await database.open()
    await database.write(make, database.engine)
    await load(database, seconds / 4, 0)
    found = [
        Row("store: deliveries, SQLite, one process", "/s", await rates(database, rounds, seconds)),
        Row("store: deliveries, SQLite, loop saturated", "/s", await rates(database, rounds, seconds, saturated=True)),
    ]
    await database.close()
    return found


async def postgresql(url: str, rounds: int, seconds: float) -> list[Row]:
    database = PostgresDatabase("shard-0", url, "skrytka_shard_0", 10, 30.0)
    await database.open()
    await migrate(database)
    await database.write(make, database.engine)
    await load(database, seconds / 4, 0)
    found = [
        Row("store: deliveries, PostgreSQL", "/s", await rates(database, rounds, seconds)),
        Row(
            "store: deliveries, PostgreSQL, loop saturated",
            "/s",
            await rates(database, rounds, seconds, saturated=True),
        ),
    ]
    await database.close()
    return found


def measure(rounds: int, seconds: float) -> Iterator[Row]:
    """The rows, on the disk of the temporary folder."""
    sys.setswitchinterval(0.0002)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shard-0.db"
        yield from uvloop.run(sqlite(path, rounds, seconds))
        for count in (2, PROCESSES):
            found = tuple(several(path, seconds, count) for _ in range(rounds))
            yield Row(f"store: deliveries, SQLite, {count} processes on one file", "/s", found)
    server = servers.Postgres(fsync=True)
    server.start()
    try:
        yield from uvloop.run(postgresql(server.url(), rounds, seconds))
    finally:
        server.remove()


if __name__ == "__main__":
    sys.setswitchinterval(0.0002)
    uvloop.run(member(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
