"""What a transcript cannot show: settings, time, draining, large mails, bugs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import cast

import pytest

from skrytka import errors
from skrytka.connections.interface import Channel
from skrytka.core import Core
from skrytka.model import NewMessage
from skrytka.services import downloads, folders, messages, outgoing
from skrytka.services.shards import shard_of
from skrytka.store.interface import Database, Tx
from skrytka.store.operations import messages as stamping
from skrytka_pop3 import replies
from skrytka_pop3.conversation import Conversation
from skrytka_pop3.session import Peer, Session
from skrytka_pop3.settings import Pop3Settings
from tests.contract.shards import Interrupted
from tests.front_ends import ACTOR, Serve, Served, actions, mailbox

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
LOGIN = b"USER ann@example.org\r\nPASS open sesame\r\n"


async def logged_in(served: Served) -> Streams:
    """A client after its login; the reply to PASS is next."""
    reader, writer = await served.connect()
    writer.write(LOGIN)
    await reader.readline()
    await reader.readline()
    return reader, writer


async def test_a_client_that_does_not_log_in_is_told_and_closed(serve: Serve[Pop3Settings]) -> None:
    """Octets do not prolong it."""
    reader, writer = await serve(Pop3Settings(login_timeout_s=0.1)).connect()
    talking = asyncio.create_task(_talk(writer))
    lines = (await reader.read()).split(b"\r\n")
    assert lines[0] == b"+OK Skrytka POP3 ready"
    assert set(lines[1:-2]) <= {b"+OK en English it is"}
    assert lines[-2:] == [b"-ERR No login came for too long, closing", b""]
    writer.close()
    await talking


async def _talk(writer: asyncio.StreamWriter) -> None:
    for _ in range(100):
        if writer.is_closing():
            return
        writer.write(b"LANG en\r\n")
        await asyncio.sleep(0.01)


async def test_an_idle_session_is_closed_without_a_word(core: Core, serve: Serve[Pop3Settings]) -> None:
    await actions(core)["append"](["ann@example.org", "Subject: 1\\r\\n"])
    served = serve(Pop3Settings(idle_timeout_s=0.05))
    reader, writer = await logged_in(served)
    writer.write(b"DELE 1\r\n")
    assert await reader.read() == b"+OK 1 messages (12 octets)\r\n+OK Message 1 marked as deleted\r\n"
    writer.close()
    await served.ended()
    await actions(core)["stored"](["ann@example.org", "1"])
    reader, writer = await logged_in(served)
    assert await reader.readline() == b"+OK 1 messages (12 octets)\r\n"
    writer.close()


async def test_draining_deletes_nothing(core: Core, serve: Serve[Pop3Settings]) -> None:
    await actions(core)["append"](["ann@example.org", "Subject: 1\\r\\n"])
    served = serve(Pop3Settings())
    reader, writer = await logged_in(served)
    writer.write(b"DELE 1\r\n")
    await reader.readuntil(b"deleted\r\n")
    served.connections[0].drain()
    assert await reader.read() == b"-ERR [SYS/TEMP] The service is shutting down, try again\r\n"
    writer.close()
    await actions(core)["stored"](["ann@example.org", "1"])


async def test_login_delay_is_announced_and_enforced(serve: Serve[Pop3Settings]) -> None:
    served = serve(Pop3Settings(login_delay_s=60, expire="30"))
    reader, writer = await served.connect()
    writer.write(b"CAPA\r\n" + LOGIN + b"QUIT\r\n")
    lines = (await reader.read()).split(b"\r\n")
    assert b"LOGIN-DELAY 60" in lines
    assert b"EXPIRE 30" in lines
    assert lines[-3] == b"+OK 0 messages (0 octets)"
    writer.close()
    reader, writer = await logged_in(served)
    assert await reader.readline() == b"-ERR [LOGIN-DELAY] Log in every 60 seconds at most\r\n"
    writer.close()


async def test_a_wrong_password_is_answered_late(serve: Serve[Pop3Settings]) -> None:
    reader, writer = await serve(Pop3Settings(login_failure_delay_s=0.2)).connect()
    writer.write(b"USER ann@example.org\r\nPASS wrong\r\n")
    await reader.readline()
    await reader.readline()
    asked = time.monotonic()
    assert await reader.readline() == b"-ERR [AUTH] Wrong login or password\r\n"
    assert time.monotonic() - asked >= 0.15
    writer.close()


async def test_a_large_mail_to_a_slow_client(core: Core, serve: Serve[Pop3Settings]) -> None:
    """Every octet arrives, and no more of it is queued than the connection allows."""
    text = ".x\\r\\n" * 1_000_000
    await actions(core)["append"](["ann@example.org", f"Subject: large\\r\\n\\r\\n{text}"])
    served = serve(Pop3Settings())
    reader, writer = await logged_in(served)
    writer.write(b"RETR 1\r\nQUIT\r\n")
    await reader.readuntil(b"+OK 4000018 octets\r\n")
    assert served.connections[0]._transport.get_write_buffer_size() < 1_000_000
    sent = b"Subject: large\r\n\r\n" + b"..x\r\n" * 1_000_000 + b".\r\n+OK 0 messages deleted, good-bye\r\n"
    assert await reader.read() == sent
    writer.close()


async def test_a_bug_is_logged_and_ends_the_session(core: Core, caplog: pytest.LogCaptureFixture) -> None:
    """The bug is a core that lacks a part."""
    broken = replace(core, directory=cast(Database, None))
    talk = Conversation(Session(broken, Pop3Settings(), Peer("192.0.2.1", Channel(True), False, False)))
    talk.feed(LOGIN + b"CAPA\r\n")
    assert await talk.step() == replies.ok("Send the password")
    assert await talk.step() == replies.BUG
    assert await talk.step() is None
    assert talk.closing
    assert [record.message for record in caplog.records] == ["bug in a POP3 conversation with 192.0.2.1"]


async def test_the_client_does_not_wait_for_stamps_and_none_is_lost(core: Core) -> None:
    """The first commit of stamps is held up and then fails; those of QUIT have them all."""
    ref = await mailbox(core, "ann@example.org")
    inbox = await folders.get(core, ref, "INBOX")
    count = 2 * downloads.STAMPED_AT_ONCE + 5
    mails = [NewMessage(b"Subject: %d\r\n" % number) for number in range(count)]
    await messages.append(core, ACTOR, ref, inbox.folder_id, mails)
    may_fail = asyncio.Event()
    held_up = 0

    async def hold_up() -> None:
        nonlocal held_up
        held_up += 1
        if held_up == 1:
            await may_fail.wait()
            raise errors.Unavailable("The disk is full")

    shard = Interrupted(shard_of(core, ref), stamping.stamp_downloads, hold_up)
    talk = Conversation(
        Session(
            replace(core, shards={ref.shard: shard}), Pop3Settings(), Peer("192.0.2.1", Channel(True), False, False)
        )
    )
    talk.feed(LOGIN + b"".join(b"RETR %d\r\n" % number for number in range(1, count + 1)))
    async with asyncio.timeout(10):
        while (reply := await talk.step()) is not None:
            assert reply.ok
            await talk.sent(reply)
            await asyncio.sleep(0)
    assert held_up == 1
    may_fail.set()
    talk.feed(b"QUIT\r\n")
    assert await talk.step() == replies.ok("0 messages deleted, good-bye")
    stamped = await shard_of(core, ref).read(count_stamped, ref.mailbox_id)
    assert (held_up, stamped) == (2, count)


async def count_stamped(tx: Tx, mailbox_id: int) -> int:
    (count,) = await tx.row("SELECT COUNT(last_download_at) FROM message WHERE mailbox_id = ?", mailbox_id) or (0,)
    return int(count)


async def test_a_mail_counts_as_on_its_way_out_until_it_is_sent(core: Core, serve: Serve[Pop3Settings]) -> None:
    """``limits.outgoing_octets``: a client that reads gives its place back, and so does one that goes away."""
    mail = b"Subject: large\r\n\r\n" + b"x" * 2_000_000
    ref = await mailbox(core, "ann@example.org")
    inbox = await folders.get(core, ref, "INBOX")
    await messages.append(core, ACTOR, ref, inbox.folder_id, [NewMessage(mail)])
    served = serve(Pop3Settings())
    reader, writer = await logged_in(served)
    await reader.readline()
    writer.write(b"RETR 1\r\n")
    await reader.readline()
    assert outgoing.held(core) == 2 * len(mail)
    await reader.readexactly(len(mail) + len(b"\r\n.\r\n"))
    writer.write(b"NOOP\r\n")
    await reader.readline()
    assert outgoing.held(core) == 0
    writer.write(b"RETR 1\r\n")
    await reader.readline()
    writer.transport.abort()
    await served.ended()
    assert outgoing.held(core) == 0
