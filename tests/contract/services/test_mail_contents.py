"""Contents: exact octets, headers, renditions, blobs."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from skrytka.blobs.files import FileBlobs
from skrytka.core import Core
from skrytka.errors import NotFound, Unavailable
from skrytka.extensions import Rendition
from skrytka.mime.structure import Part
from skrytka.model import ContentId, MailboxRef, MessageRow, NewMessage, Uid
from skrytka.services import collecting, contents, folders, messages, packing, views
from skrytka.services.shards import shard_of
from skrytka.store.interface import Tx
from skrytka.store.operations import appending
from skrytka.store.operations.contents import RENDITION_COLUMNS, ContentKey, read
from tests.contract.provisioning import make_mailbox as make_directory_mailbox
from tests.contract.provisioning import vary
from tests.contract.services.conftest import RENDITIONS, Clock, MakeMailbox, size, with_extensions
from tests.contract.services.mails import ACTOR, INBOX, age_blobs, append, blob_keys, mail
from tests.contract.shards import ReadOnly

NAMES = ("imap.bodystructure", "test.extra", "imap.envelope", "preview")


async def add(core: Core, mailbox: MailboxRef, octets: bytes) -> MessageRow:
    appended = await messages.append(core, ACTOR, mailbox, INBOX, [NewMessage(octets)])
    return await messages.row(core, mailbox, INBOX, appended.uids[0])


def noise(count: int) -> bytes:
    """Octets that do not compress."""
    return random.Random(count).randbytes(count)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(octets=strategies.binary(max_size=2000))
async def test_any_octets_come_back_as_they_came(core: Core, make_mailbox: MakeMailbox, octets: bytes) -> None:
    mailbox = await make_mailbox()
    row = await add(core, mailbox, octets)
    assert row.size_octets == len(octets)
    assert await contents.octets(core, mailbox, row.content_id) == octets
    header = (await contents.header(core, mailbox, [row.content_id]))[row.content_id]
    assert octets.startswith(header)


@given(
    octets=strategies.binary(max_size=5000)
    | strategies.builds(lambda one, count: one * count, strategies.binary(max_size=9), strategies.integers(0, 999))
)
def test_packing(octets: bytes) -> None:
    packed = packing.pack(octets)
    assert packing.unpack(packed) == octets
    assert len(packed) <= len(octets) + 1


@pytest.mark.parametrize("body", [noise(200_000), b"x" * 3_000_000, noise(70_000) + b"line\r\n" * 100_000])
async def test_large_bodies(core: Core, make_mailbox: MakeMailbox, body: bytes) -> None:
    mailbox = await make_mailbox()
    octets = b"Subject: large\r\n\r\n" + body
    row = await add(core, mailbox, octets)
    stored = await shard_of(core, mailbox).read(read, ContentKey(mailbox.mailbox_id, row.content_id))
    assert stored is not None
    assert (stored.body is None) is (stored.blob_key is not None) is (body[:1] != b"x")
    assert await contents.octets(core, mailbox, row.content_id) == octets
    assert await contents.header(core, mailbox, [row.content_id]) == {row.content_id: b"Subject: large\r\n\r\n"}


async def test_small_mails_come_with_their_rows_and_the_head_of_their_folder(
    core: Core, make_mailbox: MakeMailbox
) -> None:
    mailbox = await make_mailbox()
    small, large = mail("small"), mail("large", "x\r\n" * 1_000)
    for octets in (small, large, mail("gone"), small):
        await add(core, mailbox, octets)
    await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(3)], deleted_only=False)
    asked = [Uid(1), Uid(2), Uid(3), Uid(4), Uid(5)]
    found = await contents.mails(core, mailbox, INBOX, asked, most_octets=len(large) - 1)
    assert [listing.row for listing in found.listings] == await messages.rows(core, mailbox, INBOX, asked)
    assert [listing.octets for listing in found.listings] == [small, None, None, small]
    assert found.head is not None
    view = await views.current(core, mailbox, INBOX)
    assert (found.head.highest_modseq, found.head.uid_next, found.head.uid_validity) == (
        view.highest_modseq,
        view.uid_next,
        view.uid_validity,
    )
    found = await contents.mails(core, mailbox, INBOX, [Uid(2)], most_octets=len(large))
    assert [listing.octets for listing in found.listings] == [large]
    found = await contents.mails(core, mailbox, INBOX, [Uid(3)], most_octets=len(large))
    assert (found.head, [listing.octets for listing in found.listings]) == (None, [None])


async def test_a_damaged_or_blob_mail_does_not_come_with_its_row(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    for octets in (mail(), mail("blob", "") + noise(200_000)):
        await add(core, mailbox, octets)
    await shard_of(core, mailbox).write(cut_short, ContentKey(mailbox.mailbox_id, ContentId(1)))
    found = await contents.mails(core, mailbox, INBOX, [Uid(1), Uid(2)], most_octets=1_000_000)
    assert [(listing.row.uid, listing.octets) for listing in found.listings] == [(1, None), (2, None)]


async def cut_short(tx: Tx, values: ContentKey) -> None:
    await tx.execute(
        "UPDATE body SET data = ? WHERE mailbox_id = ? AND content_id = ?", b"\0t", values.mailbox_id, values.content_id
    )


async def test_a_missing_blob_is_an_outage_and_a_missing_content_is_not(
    core: Core, make_mailbox: MakeMailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox = await make_mailbox()
    row = await add(core, mailbox, b"\r\n" + noise(100_000))
    for key in await blob_keys(core):
        await core.blobs.delete(key, 2**40)
    with caplog.at_level(logging.ERROR), pytest.raises(Unavailable):
        await contents.octets(core, mailbox, row.content_id)
    assert "is missing" in caplog.text
    with pytest.raises(NotFound):
        await contents.octets(core, mailbox, ContentId(12345))
    assert await contents.header(core, mailbox, [ContentId(12345)]) == {}


@pytest.mark.parametrize("damage", [b"", b"\x01", b"\x01half a frame", b"\x00raw"])
async def test_damaged_octets_are_an_outage_of_one_mail(
    core: Core, make_mailbox: MakeMailbox, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    mailbox = await make_mailbox()
    row = await add(with_extensions(core, renditions=[]), mailbox, b"Subject: lost\r\n\r\n" + noise(100_000))
    await append(core, mailbox)
    (key,) = await blob_keys(core)
    await core.blobs.delete(key, 2**40)
    await core.blobs.put(key, damage)
    with pytest.raises(Unavailable, match="cannot be read now"):
        await contents.octets(core, mailbox, row.content_id)
    assert f"content {row.content_id} of mailbox {mailbox.address} cannot be read" in caplog.text
    listings = await contents.renditions(core, mailbox, INBOX, [Uid(1), Uid(2)], ("imap.envelope",))
    assert [listing.renditions for listing in listings] == [(b"",), (b"number 0",)]


async def damage_header(tx: Tx, content_id: int) -> None:
    await tx.execute("UPDATE header SET data = ? WHERE content_id = ?", b"\x01no frame", content_id)


async def test_a_damaged_header_is_an_outage(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    row = await add(core, mailbox, mail())
    await shard_of(core, mailbox).write(damage_header, row.content_id)
    for reading in (
        contents.header(core, mailbox, [row.content_id]),
        contents.octets(core, mailbox, row.content_id),
    ):
        with pytest.raises(Unavailable):
            await reading


async def test_a_store_that_can_only_be_read_is_read(core: Core, make_mailbox: MakeMailbox) -> None:
    """As after an upgrade with other renditions on a full disk: SELECT and the listing work."""
    mailbox = await make_mailbox()
    await append(with_extensions(core, renditions=[]), mailbox, 2)
    full = replace(core, shards={mailbox.shard: ReadOnly(shard_of(core, mailbox))})
    for _ in range(2):
        listings = await contents.renditions(full, mailbox, INBOX, [Uid(1), Uid(2)], NAMES)
        assert [listing.renditions[2] for listing in listings] == [b"number 0", b"number 1"]
    assert len(await folders.claim_recent(full, mailbox, INBOX)) == 0
    assert list(await folders.claim_recent(core, mailbox, INBOX)) == [1, 2]


async def test_renditions_in_the_order_asked(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 4)
    await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(2)], deleted_only=False)
    listings = await contents.renditions(core, mailbox, INBOX, [Uid(9), Uid(3), Uid(1), Uid(2)], NAMES)
    assert [(listing.row.uid, listing.renditions) for listing in listings] == [
        (uid, (b"6", b"extra " + subject, subject, b"text"))
        for uid, subject in ((1, b"number 0"), (2, b"number 1"), (3, b"number 2"))
    ]
    plain = await contents.renditions(core, mailbox, INBOX, [Uid(1)], ())
    assert plain == [contents.Listing(listings[0].row, ())]
    with pytest.raises(NotFound, match="rendition"):
        await contents.renditions(core, mailbox, INBOX, [Uid(1)], ("nothing",))


async def test_missing_and_old_renditions_are_made_once(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(with_extensions(core, renditions=[]), mailbox, 2)
    await messages.copy(core, ACTOR, mailbox, INBOX, [Uid(1)], INBOX)
    calls: list[str] = []

    def newer(rendition: Rendition, version: int) -> Rendition:
        def derive(octets: bytes, part: Part) -> bytes:
            calls.append(rendition.name)
            return b"%d " % version + rendition.derive(octets, part)

        return Rendition(rendition.name, version, derive)

    for version in (1, 2):
        changed = with_extensions(core, renditions=[newer(one, version) for one in RENDITIONS])
        for _ in range(2):
            listings = await contents.renditions(changed, mailbox, INBOX, [Uid(1), Uid(2), Uid(3)], NAMES)
            assert [listing.renditions[2] for listing in listings] == [
                b"%d number 0" % version,
                b"%d number 1" % version,
                b"%d number 0" % version,
            ]
            assert listings[0].renditions[1] == b"%d extra number 0" % version
        assert sorted(calls) == sorted([*NAMES, *NAMES] * version)


async def test_a_rendition_that_fails_loses_no_mail(
    core: Core, make_mailbox: MakeMailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox = await make_mailbox()

    def fail(octets: bytes, part: Part) -> bytes:
        raise ZeroDivisionError

    broken = with_extensions(core, renditions=[Rendition("preview", 1, fail), RENDITIONS[0]])
    await append(broken, mailbox)
    listings = await contents.renditions(broken, mailbox, INBOX, [Uid(1)], ("preview", "imap.envelope"))
    assert [listing.renditions for listing in listings] == [(b"", b"number 0")]
    assert "the rendition preview failed" in caplog.text
    mended = await contents.renditions(core, mailbox, INBOX, [Uid(1)], ("preview",))
    assert mended[0].renditions == (b"text",)


async def test_what_is_not_derived_at_delivery_is_when_it_is_asked_for(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    late = with_extensions(core, renditions=[Rendition("preview", 1, size, at_delivery=False), RENDITIONS[0]])
    await append(late, mailbox)
    for expected in (None, b"6", b"6"):
        names = ("preview", "imap.envelope")
        if_stored = ("preview",) if expected is None else ()
        listings = await contents.renditions(late, mailbox, INBOX, [Uid(1)], names, if_stored)
        assert [listing.renditions for listing in listings] == [(expected, b"number 0")]
    (listing,) = await contents.renditions(late, mailbox, INBOX, [Uid(1)], ("preview",), ("preview",))
    assert listing.renditions == (b"6",)


async def test_one_of_the_header_is_derived_without_the_body(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    late = with_extensions(core, renditions=[Rendition("preview", 1, size, at_delivery=False, of_header=True)])
    await append(late, mailbox, 40)
    await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(2)], deleted_only=False)
    uids = [Uid(uid) for uid in range(1, 41)]
    for _ in range(2):
        listings = await contents.renditions(late, mailbox, INBOX, uids, ("preview",))
        assert [(listing.row.uid, listing.renditions) for listing in listings] == [(uid, (b"0",)) for uid in uids]


async def content_rows(tx: Tx, mailbox_id: int) -> list[int]:
    tables = ("content", "header", "body", "rendition", "rendition_extra")
    found = [await tx.rows(f"SELECT 1 FROM {table} WHERE mailbox_id = ?", mailbox_id) for table in tables]
    return [len(rows) for rows in found]


async def test_collecting_leaves_no_rows_behind(core: Core, make_mailbox: MakeMailbox, clock: Clock) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 3)
    assert set(RENDITION_COLUMNS) < {rendition.name for rendition in RENDITIONS}
    assert await shard_of(core, mailbox).read(content_rows, mailbox.mailbox_id) == [3] * 5
    await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(1), Uid(3)], deleted_only=False)
    clock.now += 601
    await collecting.collect_expired(core, "shard-0", int(clock.now) - 600)
    assert await shard_of(core, mailbox).read(content_rows, mailbox.mailbox_id) == [1] * 5
    await contents.renditions(core, mailbox, INBOX, [Uid(1), Uid(2)], NAMES)
    assert await shard_of(core, mailbox).read(content_rows, mailbox.mailbox_id) == [1] * 5


async def test_blobs_go_when_no_shard_names_them_and_they_are_old(
    core: Core, make_mailbox: MakeMailbox, clock: Clock
) -> None:
    mailbox = await make_mailbox()
    shared = b"\r\n" + noise(100_000)
    await add(core, mailbox, b"Subject: one" + shared)
    await add(core, mailbox, b"Subject: two" + b"\r\n" + shared)
    await add(core, mailbox, b"Subject: three\r\n" + shared)
    lonely = await add(core, mailbox, b"Subject: lonely\r\n\r\n" + noise(90_000))
    keys = await blob_keys(core)
    assert 2 <= len(keys) <= 3
    elapsed = Clock()
    core = replace(core, elapsed=elapsed)
    await age_blobs(core, 600)
    assert await collecting.collect_blobs(core) == 0
    await messages.expunge(core, ACTOR, mailbox, INBOX, [lonely.uid], deleted_only=False)
    clock.now += 601
    await collecting.collect_expired(core, "shard-0", int(clock.now) - 600)
    assert await collecting.collect_blobs(core) == 0
    elapsed.now += collecting.BLOB_GRACE_S
    assert await collecting.collect_blobs(core) == 0  # young
    await age_blobs(core, 3_600)
    assert await collecting.collect_blobs(core) == 0  # old, and seen for the first time
    elapsed.now += collecting.BLOB_GRACE_S - 1
    assert await collecting.collect_blobs(core) == 0
    elapsed.now += 1
    assert await collecting.collect_blobs(core) == 1
    assert len(keys - await blob_keys(core)) == 1
    for row in await messages.page(core, mailbox, INBOX, 0, 10):
        assert (await contents.octets(core, mailbox, row.content_id)).endswith(shared)
    again = await add(core, mailbox, b"Subject: lonely\r\n\r\n" + noise(90_000))
    assert (await contents.octets(core, mailbox, again.content_id)).endswith(noise(90_000))


class InterruptedBlobs(FileBlobs):
    """Does something else between the collector's decision to delete a blob and the deletion."""

    def __init__(self, root: Path, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__(root)
        self.meanwhile = meanwhile
        self.deletions = 0

    async def delete(self, key: str, put_before: int) -> bool:
        self.deletions += 1
        await self.meanwhile()
        return await super().delete(key, put_before)


async def test_a_blob_named_again_while_it_is_about_to_be_deleted_stays(
    core: Core, make_mailbox: MakeMailbox, clock: Clock
) -> None:
    mailbox = await make_mailbox()
    octets = b"Subject: same\r\n\r\n" + noise(90_000)
    first = await add(core, mailbox, octets)
    await messages.expunge(core, ACTOR, mailbox, INBOX, [first.uid], deleted_only=False)
    await collecting.collect_expired(core, "shard-0", int(clock.now) + 1)
    root = Path(core.settings.data_dir) / "blobs"
    elapsed = Clock()
    await age_blobs(core, 7_200)

    blobs = InterruptedBlobs(root, lambda: add(core, mailbox, octets))
    core = replace(core, blobs=blobs, elapsed=elapsed)
    assert await collecting.collect_blobs(core) == 0
    elapsed.now += collecting.BLOB_GRACE_S
    assert await collecting.collect_blobs(core) == 0
    assert blobs.deletions == 1
    (again,) = await messages.page(core, mailbox, INBOX, 0, 10)
    assert await contents.octets(core, mailbox, again.content_id) == octets


async def test_a_clock_set_forward_between_a_put_and_its_commit_loses_nothing(
    core: Core, make_mailbox: MakeMailbox
) -> None:
    mailbox = await make_mailbox()
    elapsed = Clock()
    core = replace(core, elapsed=elapsed)
    octets = b"Subject: slow\r\n\r\n" + noise(90_000)
    prepared = await contents.prepare(core, octets)
    await age_blobs(core, 7_200)
    assert await collecting.collect_blobs(core) == 0
    elapsed.now += 60
    assert await collecting.collect_blobs(core) == 0
    arrival = appending.Arrival(prepared, 0, (), 0)
    await shard_of(core, mailbox).write(appending.append, appending.Append(mailbox.mailbox_id, INBOX, (arrival,), 0))
    elapsed.now += collecting.BLOB_GRACE_S
    assert await collecting.collect_blobs(core) == 0
    (row,) = await messages.page(core, mailbox, INBOX, 0, 10)
    assert await contents.octets(core, mailbox, row.content_id) == octets


async def test_a_blob_put_again_waits_anew(core: Core) -> None:
    elapsed = Clock()
    core = replace(core, elapsed=elapsed)
    octets = b"Subject: again\r\n\r\n" + noise(90_000)
    await contents.prepare(core, octets)
    await age_blobs(core, 20_000)
    assert await collecting.collect_blobs(core) == 0
    elapsed.now += collecting.BLOB_GRACE_S - 60
    await contents.prepare(core, octets)
    await age_blobs(core, 7_200)  # the clock is set forward before the commit
    elapsed.now += 60
    assert await collecting.collect_blobs(core) == 0
    assert len(await blob_keys(core)) == 1
    elapsed.now += collecting.BLOB_GRACE_S
    assert await collecting.collect_blobs(core) == 1


async def test_blobs_stay_while_a_shard_is_not_configured(core: Core) -> None:
    ann, bob = await make_directory_mailbox(vary(core)), await make_directory_mailbox(vary(core), "bob@example.com")
    assert ann.ref.shard != bob.ref.shard
    elapsed = Clock()
    core = replace(core, elapsed=elapsed)
    for mailbox in (ann, bob):
        await add(core, mailbox.ref, b"\r\n" + noise(90_000 + mailbox.ref.mailbox_id))
    await age_blobs(core, 7_200)
    fewer = replace(core, shards={ann.ref.shard: core.shards[ann.ref.shard]})
    for _ in range(2):
        with pytest.raises(Unavailable, match=bob.ref.shard):
            await collecting.collect_blobs(fewer)
        elapsed.now += collecting.BLOB_GRACE_S
    assert len(await blob_keys(core)) == 2


async def test_a_shard_that_is_not_configured_is_an_outage(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = msgspec.structs.replace(await make_mailbox(), shard="elsewhere")
    with pytest.raises(Unavailable):
        await contents.octets(core, mailbox, ContentId(1))
    with pytest.raises(Unavailable):
        await append(replace(core, shards={}), await make_mailbox())


async def test_header_of_many_without_bodies(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 30)
    rows = await messages.page(core, mailbox, INBOX, 0, 100)
    headers = await contents.header(core, mailbox, [row.content_id for row in rows])
    assert [headers[row.content_id] for row in rows] == [
        mail(f"number {number}").removesuffix(b"text\r\n") for number in range(30)
    ]
