"""Sweeps that take long, clocks that were wrong, shards that are down."""

from __future__ import annotations

import dataclasses
from typing import Literal

from skrytka.core import Core
from skrytka.model import RetentionPolicy, Role
from skrytka.services import collecting, messages, retention, retention_sweep
from skrytka.services.retention_sweep import BATCH, Sweep
from tests.contract.provisioning import ADMIN, DAY_S, Clock, add_messages, make_mailbox, uids_of, vary
from tests.contract.shards import Down

DAY = RetentionPolicy("day", "delete", 1)


async def test_a_long_sweep_leaves_the_whole_grace(core: Core) -> None:
    """A session that has not been told yet can fetch what the end of the sweep took."""
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    folder_id, uids = await add_messages(core, mailbox, 1)
    clock.forward(DAY_S)
    run = Sweep([DAY], 1, int(clock()))
    clock.forward(1_200)
    assert await retention_sweep.sweep_mailbox(core, mailbox, run) == 1
    for seconds, kept in ((0, 1), (600, 1), (1, 0)):
        clock.forward(seconds)
        await collecting.collect_expired(core, mailbox.ref.shard, int(clock()) - 600)
        assert len(await messages.rows(core, mailbox.ref, folder_id, uids)) == kept


async def test_what_a_long_sweep_moves_to_trash_stays_there_its_whole_time(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    await add_messages(core, mailbox, 1)
    clock.forward(DAY_S)
    trash = policy("trash", "trash", Role.INBOX)
    run = Sweep([trash], 1, int(clock()))
    clock.forward(7_200)
    assert await retention_sweep.sweep_mailbox(core, mailbox, run) == 1
    clock.forward(DAY_S - 1)
    again = Sweep([policy("empty", "delete", Role.TRASH)], 1, int(clock()))
    assert await retention_sweep.sweep_mailbox(core, mailbox, again) == 0


def policy(name: str, action: Literal["delete", "trash"], role: Role) -> RetentionPolicy:
    return RetentionPolicy(name, action, 1, role=role)


async def test_messages_from_the_future_hide_nothing_that_is_due(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    clock.forward(3_650 * DAY_S)
    await add_messages(core, mailbox, BATCH)
    clock.forward(-3_650 * DAY_S)
    await add_messages(core, mailbox, 20)
    clock.forward(30 * DAY_S)
    assert await retention_sweep.sweep_mailbox(core, mailbox, Sweep([DAY], 1, int(clock()))) == 20
    assert await uids_of(core, mailbox, Role.INBOX) == list(range(1, BATCH + 1))


async def test_a_shard_that_is_down_is_asked_once_in_a_sweep(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    boxes = [await make_mailbox(core, f"user{number}@example.org") for number in range(6)]
    for mailbox in boxes:
        await add_messages(core, mailbox, 1)
    await retention.put(core, ADMIN, DAY)
    clock.forward(DAY_S)
    down = Down(core.shards[boxes[0].ref.shard])
    half = dataclasses.replace(core, shards={**core.shards, down.name: down})

    async def save(progress: int) -> None:
        """Kept by the job."""

    assert await retention_sweep.sweep(half, 1, 0, save) == 3
    assert down.refused == 1
