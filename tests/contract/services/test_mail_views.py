"""Views and counters: what changed step by step is what a full read says, after any sequence of operations."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from skrytka.core import Core
from skrytka.errors import NotFound
from skrytka.model import OWNER, FlagChange, Flags, FolderId, FolderView, MailboxId, MailboxRef, Role, Uid
from skrytka.services import collecting, contents, folders, messages, view_merging, views
from skrytka.services.shards import shard_of
from skrytka.store.operations import collecting as collecting_rows
from skrytka.store.operations import viewing
from tests.contract.services.conftest import Clock, MakeMailbox
from tests.contract.services.mails import ACTOR, INBOX, append, assert_counted, expunged_since, role_id
from tests.contract.shards import Interrupted


async def full(core: Core, mailbox: MailboxRef, folder_id: FolderId) -> FolderView:
    """The view as a process that knows nothing loads it."""
    core.states.pop(views.ViewCache)
    return await views.current(core, mailbox, folder_id)


async def assert_current(core: Core, mailbox: MailboxRef, folder_id: FolderId) -> None:
    view = await views.current(core, mailbox, folder_id)
    kept = core.states[views.ViewCache]
    assert view == await full(core, mailbox, folder_id)
    core.states[views.ViewCache] = kept
    rows = await messages.page(core, mailbox, folder_id, 0, 10_000)
    assert list(view.uids) == [row.uid for row in rows]
    assert list(view.flags) == [row.flags for row in rows]
    assert list(view.modseqs) == [row.modseq for row in rows]
    assert view.keywords == {row.uid: row.keywords for row in rows if row.keywords}
    folder = await folders.get_by_id(core, mailbox, folder_id)
    assert (view.highest_modseq, view.uid_next, view.uid_validity) == (
        folder.highest_modseq,
        folder.uid_next,
        folder.uid_validity,
    )


async def test_an_unchanged_folder_is_the_same_object(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 3)
    first = await views.current(core, mailbox, INBOX)
    await append(core, mailbox, 1, await role_id(core, mailbox, Role.SENT))
    assert await views.current(core, mailbox, INBOX) is first
    await messages.store_flags(core, ACTOR, mailbox, INBOX, [Uid(2)], FlagChange("add", Flags.SEEN, ("k",)))
    second = await views.current(core, mailbox, INBOX)
    assert (list(first.flags), list(second.flags)) == ([0, 0, 0], [0, 1, 0])
    assert (first.keywords, second.keywords) == ({}, {2: ("k",)})
    await append(core, mailbox)
    third = await views.current(core, mailbox, INBOX)
    assert third.keywords is second.keywords
    with pytest.raises(NotFound):
        await views.current(core, mailbox, FolderId(99))


async def test_a_head_that_was_read_with_mails_says_whether_a_view_is_current(
    core: Core, make_mailbox: MakeMailbox
) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 2)
    first = await views.current(core, mailbox, INBOX)
    old = (await contents.mails(core, mailbox, INBOX, [Uid(1)], 0)).head
    await append(core, mailbox)
    new = (await contents.mails(core, mailbox, INBOX, [Uid(1)], 0)).head
    assert old is not None
    assert new is not None
    second = await views.current(core, mailbox, INBOX)
    assert [[views.is_current(view, head) for head in (old, new)] for view in (first, second)] == [
        [True, False],
        [False, True],
    ]


async def test_sessions_share_one_load(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 50)
    loaded = await asyncio.gather(*(views.current(core, mailbox, INBOX) for _ in range(10)))
    assert all(view is loaded[0] for view in loaded)
    cancelled = asyncio.ensure_future(views.current(core, mailbox, INBOX))
    await append(core, mailbox)
    others = [asyncio.ensure_future(views.current(core, mailbox, INBOX)) for _ in range(3)]
    await asyncio.sleep(0)
    cancelled.cancel()
    assert {len((await other).uids) for other in others} == {51}


async def test_a_log_that_is_trimmed_during_a_long_catch_up_leaves_no_ghosts(
    core: Core, make_mailbox: MakeMailbox, clock: Clock
) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 100)
    await views.current(core, mailbox, INBOX)
    for uid in range(1, 71, 10):
        await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(uid + n) for n in range(10)], deleted_only=False)
    trimmed: list[int] = []

    async def trim() -> None:
        if not trimmed:
            values = collecting_rows.Collect(mailbox.mailbox_id, int(clock.now) + 1)
            await shard_of(core, mailbox).write(collecting_rows.collect_expunged, values)
            trimmed.append(await shard_of(core, mailbox).write(collecting_rows.trim_log, values))

    shard = Interrupted(shard_of(core, mailbox), viewing.expunged_page, trim)
    with patch.object(viewing, "CHUNK", 20):
        view = await views.current(replace(core, shards={mailbox.shard: shard}), mailbox, INBOX)
    assert trimmed == [70]
    assert list(view.uids) == list(range(71, 101))
    await assert_current(core, mailbox, INBOX)


async def test_large_folders_load_in_chunks_while_they_change(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 300, keywords=("k",))
    with patch.object(viewing, "CHUNK", 20):
        loading = asyncio.ensure_future(views.current(core, mailbox, INBOX))
        for uid in range(1, 290, 9):
            await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(uid)], deleted_only=False)
            await messages.store_flags(core, ACTOR, mailbox, INBOX, [Uid(uid + 1)], FlagChange("add", Flags.SEEN))
        await append(core, mailbox, 50)
        await loading
        await assert_current(core, mailbox, INBOX)
        every = [Uid(uid) for uid in range(1, 200)]
        await messages.store_flags(core, ACTOR, mailbox, INBOX, every, FlagChange("replace", Flags.DELETED))
        await messages.expunge(core, ACTOR, mailbox, INBOX, every[:150])
        await assert_current(core, mailbox, INBOX)


async def test_a_trimmed_log_means_a_full_load(core: Core, make_mailbox: MakeMailbox, clock: Clock) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 5)
    await views.current(core, mailbox, INBOX)
    await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(1), Uid(5)], deleted_only=False)
    clock.now += collecting.LOG_KEPT_S + 1000
    await collecting.collect_expired(core, "shard-0", int(clock.now))
    assert (await folders.get(core, mailbox, "INBOX")).highest_modseq == (
        await expunged_since(core, mailbox, INBOX, 0)
    )[0]
    assert list((await views.current(core, mailbox, INBOX)).uids) == [2, 3, 4]
    await assert_current(core, mailbox, INBOX)


async def test_the_longest_unused_views_are_dropped(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    sent = await role_id(core, mailbox, Role.SENT)
    core.states[views.ViewCache] = views.ViewCache(messages_kept=5)
    await append(core, mailbox, 3)
    await append(core, mailbox, 3, sent)
    first = await views.current(core, mailbox, INBOX)
    second = await views.current(core, mailbox, sent)
    assert await views.current(core, mailbox, sent) is second
    assert await views.current(core, mailbox, INBOX) is not first


UIDS = strategies.lists(strategies.integers(1, 30), min_size=1, max_size=8)
FLAGS = strategies.builds(Flags, strategies.integers(0, 31))
KEYWORDS = strategies.lists(strategies.sampled_from(["a", "A", "b", "$c"]), max_size=3).map(tuple)
FOLDER = strategies.sampled_from([Role.INBOX, Role.ARCHIVE])
STEP = strategies.one_of(
    strategies.tuples(strategies.just("append"), FOLDER, strategies.integers(1, 4), FLAGS, KEYWORDS),
    strategies.tuples(
        strategies.just("flags"), FOLDER, UIDS, strategies.sampled_from(["add", "remove", "replace"]), FLAGS, KEYWORDS
    ),
    strategies.tuples(strategies.just("expunge"), FOLDER, strategies.none() | UIDS, strategies.booleans()),
    strategies.tuples(strategies.just("copy"), FOLDER, UIDS, FOLDER),
    strategies.tuples(strategies.just("move"), FOLDER, UIDS, FOLDER),
    strategies.tuples(strategies.just("look"), FOLDER),
    strategies.tuples(strategies.just("rename inbox"), FOLDER),
)


async def take(core: Core, mailbox: MailboxRef, step: tuple[Any, ...], number: int) -> None:
    folder_id = await role_id(core, mailbox, step[1])
    match step:
        case ("append", _, count, flags, keywords):
            await append(core, mailbox, count, folder_id, flags, keywords)
        case ("flags", _, uids, mode, flags, keywords):
            await messages.store_flags(core, ACTOR, mailbox, folder_id, uids, FlagChange(mode, flags, keywords))
        case ("expunge", _, uids, deleted_only):
            await messages.expunge(core, ACTOR, mailbox, folder_id, uids, deleted_only=deleted_only)
        case ("copy", _, uids, target):
            await messages.copy(core, ACTOR, mailbox, folder_id, uids, await role_id(core, mailbox, target))
        case ("move", _, uids, target):
            await messages.move(core, ACTOR, mailbox, folder_id, uids, await role_id(core, mailbox, target))
        case ("look", _):
            await views.current(core, mailbox, folder_id)
        case ("rename inbox", _):
            await folders.rename(core, ACTOR, mailbox, "INBOX", f"Old {number}")


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=strategies.lists(STEP, min_size=5, max_size=25))
async def test_any_operations_leave_views_and_counters_right(
    core: Core, make_mailbox: MakeMailbox, steps: list[tuple[Any, ...]]
) -> None:
    mailbox = await make_mailbox()
    archive = await role_id(core, mailbox, Role.ARCHIVE)
    await append(core, mailbox, 10)
    for number, step in enumerate(steps):
        await take(core, mailbox, step, number)
        if number % 5 == 0:
            await assert_current(core, mailbox, INBOX)
    await assert_current(core, mailbox, INBOX)
    await assert_current(core, mailbox, archive)
    await assert_counted(core, mailbox)


async def test_a_load_that_has_ended_is_not_asked_again() -> None:
    """Its task is done and its callback not yet called: who awaits it then gets the old view without any suspension."""
    cache, key = views.ViewCache(), ("0", MailboxId(1), FolderId(1), OWNER)
    old, new = view_merging.empty(FolderId(1)), view_merging.empty(FolderId(1))
    late: list[object] = []

    async def load_new() -> FolderView:
        return new

    def arrive() -> None:
        session = cache.load(key, load_new)
        try:
            late.append(session.send(None))
        except StopIteration as ended:
            late.append(ended.value)
        session.close()

    async def load_old() -> FolderView:
        asyncio.get_running_loop().call_soon(arrive)  # runs after this task's end and before its callbacks
        return old

    assert await cache.load(key, load_old) is old
    assert isinstance(late[0], asyncio.Future), "the late session waits for a load of its own"
    assert await cache.load(key, load_new) is new
