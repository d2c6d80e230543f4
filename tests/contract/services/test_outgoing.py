"""Large mails on their way out are bounded; who comes later waits its turn."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.model import MailboxId, MailboxRef
from skrytka.services import outgoing
from tests.contract.services.conftest import with_limits

SIZE = 100_000


ANN, BOB = (MailboxRef(MailboxId(number), "shard-0", f"{number}@example.org") for number in (1, 2))


async def send(core: Core, size: int, go: asyncio.Event, mailbox: MailboxRef = ANN) -> None:
    async with outgoing.sending(core, mailbox, size):
        await go.wait()


async def test_later_mails_wait_their_turn(core: Core) -> None:
    small = with_limits(core, outgoing_octets=4 * SIZE)
    events = [asyncio.Event() for _ in range(4)]
    tasks = [asyncio.create_task(send(small, SIZE, event)) for event in events]
    await asyncio.sleep(0)
    assert outgoing.held(small) == 4 * SIZE
    async with outgoing.sending(small, ANN, outgoing.LARGE_OCTETS - 1):
        assert outgoing.held(small) == 4 * SIZE, "small mails do not wait"
    tasks[2].cancel()
    events[0].set()
    await tasks[0]
    assert outgoing.held(small) == 4 * SIZE, "the fourth came in for the first, the third had gone"
    for event in events:
        event.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert outgoing.held(small) == 0


async def test_a_mail_over_the_limit_goes_alone(core: Core) -> None:
    small = with_limits(core, outgoing_octets=1)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(outgoing.sending(small, ANN, SIZE))
        second = asyncio.create_task(send(small, SIZE, asyncio.Event()))
        await asyncio.sleep(0)
        assert outgoing.held(small) == 2 * SIZE
        second.cancel()
    assert outgoing.held(small) == 0


async def test_who_waits_too_long_is_told(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "PATIENCE_S", 0.01)
    small = with_limits(core, outgoing_octets=1)
    async with outgoing.sending(small, ANN, SIZE):
        with pytest.raises(Unavailable):
            await send(small, SIZE, asyncio.Event())
        assert outgoing.held(small) == 2 * SIZE
    assert outgoing.held(small) == 0


async def test_a_mailbox_has_its_share_and_others_pass_by(core: Core) -> None:
    """``limits.outgoing_octets_per_mailbox``; a mail over it goes alone."""
    small = with_limits(core, outgoing_octets=8 * SIZE, outgoing_octets_per_mailbox=2 * SIZE)
    go = asyncio.Event()
    ann = [asyncio.create_task(send(small, SIZE, go)) for _ in range(2)]
    bob = [asyncio.create_task(send(small, size, go, BOB)) for size in (2 * SIZE, SIZE)]
    await asyncio.sleep(0)
    assert outgoing.held(small) == 2 * SIZE + 4 * SIZE, "one of each, though the second of ann came before those of bob"
    ann[1].cancel()
    go.set()
    await asyncio.gather(*ann, *bob, return_exceptions=True)
    assert outgoing.held(small) == 0
    assert not bob[1].cancelled(), "it came in for the first"
