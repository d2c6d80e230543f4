"""Another process on the bus: ``python -m tests.contract.bus.peer DATA_DIR REDIS_URL FIRST LAST``.

Watches the mailboxes from FIRST to LAST and says ``ready``; then ``changed N`` for each call, and publishes the mailbox that
a line on its input names.
"""

from __future__ import annotations

import asyncio
import functools
import sys

from skrytka.bus.opening import open_bus
from skrytka.model import MailboxId
from skrytka.settings import Bus, Redis, Settings
from tests.contract.bus.calls import hint


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def main(data_dir: str, redis_url: str, first: int, last: int) -> None:
    bus = await open_bus(Settings(data_dir=data_dir, redis=Redis(url=redis_url), bus=Bus(poll_interval_s=3_600)))
    for number in range(first, last + 1):
        await bus.watch(MailboxId(number), functools.partial(say, f"changed {number}"))
    say("ready")
    while line := await asyncio.to_thread(sys.stdin.readline):
        bus.publish(hint(int(line)))
    await bus.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
