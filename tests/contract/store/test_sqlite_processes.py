"""Several processes on one SQLite file: fair turns, crashes, disks that fill up, logs that grow."""

from __future__ import annotations

import asyncio
import fcntl
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from skrytka import errors
from skrytka.store.engines.sqlite import SqliteDatabase
from skrytka.store.interface import StatementRefused, Tx
from tests.contract.store.conftest import TABLE
from tests.contract.store.operations import increment, value_of
from tests.contract.store.writer_process import CALLERS

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def database(disk_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = SqliteDatabase("shard-0", disk_path / "shard-0.db", 2.0)
    await opened.open()
    await opened.write(make, None)
    yield opened
    await opened.close()


async def make(tx: Tx, _: None) -> None:
    await tx.execute(TABLE)
    names = ["a", *(f"{process}{number}" for process in "xy" for number in range(CALLERS))]
    await tx.batch([("INSERT INTO counter (name, value) VALUES (?, 0)", (name,)) for name in names])


def start(path: Path, seconds: float, name: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.contract.store.writer_process", str(path), str(seconds), name],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def go(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()


async def test_two_processes_get_even_turns(database: SqliteDatabase) -> None:
    processes = [start(database.path, 3.0, name) for name in "xy"]
    for process in processes:
        go(process)
    outputs = await asyncio.gather(*(asyncio.to_thread(process.communicate) for process in processes))
    turns = sorted(int(output[0].split()[-1]) for output in outputs)
    assert turns[0] > 50
    assert turns[0] > 0.5 * turns[1], turns  # a busy machine makes them uneven, too
    for name, (output, _) in zip("xy", outputs, strict=True):
        for number, value in acknowledged(output).items():
            assert await database.read(value_of, f"{name}{number}") == value


async def test_a_commit_is_on_the_disk(database: SqliteDatabase) -> None:
    """What no test that kills processes can show: the kernel still has their pages. 2 is FULL."""

    async def setting(tx: Tx, name: str) -> object:
        row = await tx.row(f"PRAGMA {name}")
        return row and row[0]

    assert await database.write(setting, "synchronous") == 2
    assert await database.write(setting, "journal_mode") == "wal"


async def test_nothing_acknowledged_is_lost_at_kill_9(database: SqliteDatabase) -> None:
    process = start(database.path, 60.0, "x")
    go(process)
    assert process.stdout is not None
    output = b"".join(process.stdout.readline() for _ in range(2000))
    process.kill()
    with process:
        output += process.stdout.read()  # not by communicate(), which passes over what readline() has read ahead
    assert process.returncode == -signal.SIGKILL
    assert output.endswith(b"\n")
    told = acknowledged(output)
    assert len(told) == CALLERS
    for number, value in told.items():
        assert value <= await database.read(value_of, f"x{number}") <= value + 1
    assert await database.write(increment, "a") == 1  # the turn of the dead is free
    assert apsw.Connection(str(database.path)).execute("PRAGMA integrity_check").get == "ok"


def acknowledged(output: bytes) -> dict[int, int]:
    lines = [line.split() for line in output.splitlines() if not line.startswith(b"turns")]
    return {int(number): int(value) for number, value in lines}


async def fill(tx: Tx, octets: int) -> None:
    await tx.execute("UPDATE counter SET data = zeroblob(?) WHERE name = 'a'", octets)


async def test_a_full_disk_fails_the_whole_group_and_is_survived(database: SqliteDatabase) -> None:
    """The kernel refuses to let the log grow: COMMIT fails, as on a full disk."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = Path(f"{database.path}-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 65_536, hard))
    try:
        outcomes = await asyncio.gather(
            database.write(increment, "a"),
            database.write(fill, 2_000_000),
            database.write(increment, "a"),
            return_exceptions=True,
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
    first, *group = outcomes
    assert [type(outcome) for outcome in group] == [errors.Unavailable] * 2
    kept = 1 if first == 1 else 0  # on a busy machine it may have gone with a group of its own, before
    assert isinstance(first, errors.Unavailable) or kept
    assert await database.read(value_of, "a") == kept
    assert await database.write(increment, "a") == kept + 1
    assert apsw.Connection(str(database.path)).execute("PRAGMA integrity_check").get == "ok"


async def test_a_database_at_its_limit_refuses_one_operation(database: SqliteDatabase) -> None:
    async def limit(tx: Tx, pages: int) -> None:
        await tx.rows(f"PRAGMA max_page_count = {pages}")

    await database.write(limit, 20)
    outcomes = await asyncio.gather(
        database.write(fill, 2_000_000), database.write(increment, "a"), return_exceptions=True
    )
    assert isinstance(outcomes[0], errors.Unavailable)
    await database.write(limit, 1_000_000)
    assert await database.write(increment, "a") == (2 if outcomes[1] == 1 else 1)


async def test_a_foreign_lock_is_waited_for_and_then_reported(database: SqliteDatabase) -> None:
    foreign = apsw.Connection(str(database.path))
    foreign.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(database.write(increment, "a"))
    assert await database.read(value_of, "a") == 0  # the loop is free and reads go on
    with pytest.raises(errors.Unavailable):
        await waiting
    waiting = asyncio.create_task(database.write(increment, "a"))
    await asyncio.sleep(0.05)
    foreign.execute("ROLLBACK")
    assert await waiting == 1
    foreign.close()


async def test_a_turn_that_is_never_given_back_is_reported(database: SqliteDatabase) -> None:
    other = SqliteDatabase("shard-0", database.path, 2.0)
    await other.open()
    holder = os.open(f"{database.path}-turn", os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    with pytest.raises(errors.Unavailable, match="write turn"):
        await other.write(increment, "a")
    fcntl.flock(holder, fcntl.LOCK_UN)
    os.close(holder)
    assert await other.write(increment, "a") == 1
    await other.close()


async def test_opening_waits_for_the_turn_only_so_long(
    database: SqliteDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    other = SqliteDatabase("shard-0", database.path, 0.3)
    holder = os.open(f"{database.path}-turn", os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    with pytest.raises(errors.Unavailable, match="does not give it back"):
        await other.open()
    assert "another process holds the write turn of shard-0" in caplog.text
    os.close(holder)
    await other.open()
    assert await other.write(increment, "a") == 1
    assert await database.write(increment, "a") == 2
    await other.close()


STUCK = """
import asyncio, sys
from pathlib import Path
from skrytka.errors import Unavailable
from skrytka.store.engines.sqlite import SqliteDatabase

async def main():
    database = SqliteDatabase("shard-0", Path(sys.argv[1]), 0.3)
    await database.open()
    print("open", flush=True)
    sys.stdin.readline()
    try:
        await database.write(None, None)
    except Unavailable:
        print("unavailable", flush=True)
    await database.close()

asyncio.run(main())
"""


async def test_a_process_ends_although_the_turn_is_stuck(database: SqliteDatabase) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK, str(database.path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await asyncio.to_thread(process.stdout.readline) == b"open\n"
    holder = os.open(f"{database.path}-turn", os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        output, _ = await asyncio.to_thread(process.communicate, b"go\n", 30)
    finally:
        process.kill()
        os.close(holder)
    assert (output, process.returncode) == (b"unavailable\n", 0)
    assert await database.write(increment, "a") == 1


async def test_a_bug_that_ends_the_writer_locks_no_other_process_out(
    database: SqliteDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    other = SqliteDatabase("shard-0", database.path, 1.0)
    await other.open()

    async def end(tx: Tx, _: None) -> None:
        await increment(tx, "a")
        raise asyncio.CancelledError

    assert database.alive
    with pytest.raises(errors.Unavailable, match="stopped while it wrote"):
        await database.write(end, None)
    await asyncio.sleep(0)
    assert not database.alive
    assert await other.write(increment, "a") == 1
    with pytest.raises(errors.Unavailable):
        await database.write(increment, "a")
    await other.close()


async def test_a_commit_that_the_disk_holds_up_is_left_alone_at_the_end(
    database: SqliteDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    """The end comes while COMMIT runs in its thread: the turn stays taken until it is done."""
    other = SqliteDatabase("shard-0", database.path, 0.2)
    await other.open()
    stalled = threading.Event()

    def stall(connection: apsw.Connection, schema: str, pages: int) -> int:
        stalled.wait(30)
        return apsw.SQLITE_OK

    assert other._writer is not None
    other._writer._connection.set_wal_hook(stall)
    writing = asyncio.create_task(other.write(increment, "a"))
    await asyncio.sleep(0.05)
    await other.close()
    assert "the disk of shard-0 does not answer" in caplog.text
    with pytest.raises(errors.Unavailable):
        await writing
    waiting = asyncio.create_task(database.write(increment, "a"))
    await asyncio.wait({waiting}, timeout=0.2)
    assert not waiting.done()
    stalled.set()
    assert await waiting == 2


async def test_an_operation_that_waits_for_something_else_is_refused(database: SqliteDatabase) -> None:
    async def wait(tx: Tx, name: str) -> None:
        await value_of(tx, name)
        await asyncio.sleep(0)

    async def increment_and_wait(tx: Tx, name: str) -> None:
        await increment(tx, name)
        await asyncio.sleep(0)

    with pytest.raises(StatementRefused):
        await database.read(wait, "a")
    with pytest.raises(StatementRefused):
        await database.write(increment_and_wait, "a")
    assert await database.read(value_of, "a") == 0


RECOVERING = """
import fcntl, os, sys
file = os.open(sys.argv[1], os.O_RDWR)
for lock in (120, 122):  # WAL_WRITE_LOCK and WAL_RECOVER_LOCK of https://sqlite.org/walformat.html
    fcntl.lockf(file, fcntl.LOCK_EX, 1, lock)
os.pwrite(file, bytes(96), 0)
print("recovering", flush=True)
sys.stdin.readline()
"""


async def test_a_log_that_another_process_rebuilds_does_not_stop_the_loop(database: SqliteDatabase) -> None:
    """As after the kill of a process that wrote. If the loop waited, nobody could tell the other process to go on."""
    assert await database.write(increment, "a") == 1
    assert await database.read(value_of, "a") == 1
    with subprocess.Popen(
        [sys.executable, "-c", RECOVERING, f"{database.path}-shm"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"recovering\n"
        reading = asyncio.create_task(database.read(value_of, "a"))
        for _ in range(10):
            await asyncio.sleep(0.001)
        assert not reading.done()
        process.communicate(b"go on\n")
    assert await reading == 1


async def test_a_long_transaction_lets_the_loop_run_and_no_other_writer_in(database: SqliteDatabase) -> None:
    """Statements of about a millisecond: the loop has many turns between them, the next operation sees all or nothing."""
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT max(i) FROM n"
    turns = 0
    seen: list[int] = []

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def long(tx: Tx, name: str) -> int:
        await increment(tx, name)
        began = turns
        await tx.batch([(slow, ())] * 50)
        for _ in range(50):
            await tx.rows(slow)
        await increment(tx, name)
        return turns - began

    async def look(tx: Tx, name: str) -> int:
        seen.append(await increment(tx, name))
        return 0

    counting = asyncio.create_task(count_turns())
    during, *_ = await asyncio.gather(database.write(long, "a"), *(database.write(look, "a") for _ in range(3)))
    counting.cancel()
    assert during >= 10
    assert seen == [3, 4, 5]


async def test_the_log_is_kept_short_and_gone_after_the_last_close(database: SqliteDatabase) -> None:
    log = Path(f"{database.path}-wal")
    longest = 0
    for _ in range(150):
        await database.write(fill, 1_000_000)
        longest = max(longest, log.stat().st_size)
    assert longest < 80 * 1024 * 1024
    await database.close()
    assert not log.exists()
    await database.open()
    assert await database.write(increment, "a") == 1
