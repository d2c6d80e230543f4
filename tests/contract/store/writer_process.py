"""A process that writes to a SQLite file which others share: ``python -m tests.contract.store.writer_process PATH SECONDS``.

It says ``ready``, waits for a line, and then writes with 20 callers; every acknowledged value is printed as ``caller value``.
At the end comes ``turns N``.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import uvloop

from skrytka.store.engines.sqlite import SqliteDatabase
from tests.contract.store.operations import increment

CALLERS = 20


async def main(path: Path, seconds: float) -> None:
    database = SqliteDatabase("shard-0", path, 30.0)
    await database.open()
    os.write(1, b"ready\n")
    sys.stdin.readline()
    end = time.monotonic() + seconds

    async def caller(number: int) -> None:
        while time.monotonic() < end:
            value = await database.write(increment, f"{sys.argv[3]}{number}")
            os.write(1, b"%d %d\n" % (number, value))

    await asyncio.gather(*(caller(number) for number in range(CALLERS)))
    os.write(1, b"turns %d\n" % database.groups)
    await database.close()


if __name__ == "__main__":
    sys.setswitchinterval(0.0002)
    uvloop.run(main(Path(sys.argv[1]), float(sys.argv[2])))
