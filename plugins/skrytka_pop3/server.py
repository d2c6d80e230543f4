"""The edge: moves octets between a connection and its conversation, with its timeouts."""

from __future__ import annotations

import asyncio
import time

from skrytka.plugin_api import Connection, Core, Signal
from skrytka_pop3 import replies
from skrytka_pop3.conversation import Conversation
from skrytka_pop3.replies import Reply, render
from skrytka_pop3.session import Peer, Session
from skrytka_pop3.settings import Pop3Settings

_TURN_S = 0.002


async def converse(core: Core, settings: Pop3Settings, connection: Connection) -> None:
    """Hold one conversation until either side ends it. A client that goes away is no error; its lock is given back."""
    conversation = Conversation(Session(core, settings, _peer(connection)))
    login_deadline = time.monotonic() + settings.login_timeout_s
    try:
        await _send(connection, conversation.greeting())
        while not conversation.closing:
            received = await _receive(conversation, connection, login_deadline)
            if received is Signal.WOKEN:
                continue
            if isinstance(received, Signal):
                await _farewell(received, conversation, connection)
                return
            if not received:
                return
            conversation.feed(received)
            await _answer(conversation, connection)
            await conversation.read_ahead()
    except ConnectionError:
        return
    finally:
        await conversation.end()


async def _receive(conversation: Conversation, connection: Connection, login_deadline: float) -> bytes | Signal:
    """Before login all of it must fit ``login_timeout_s``; afterwards every octet starts the idle time anew."""
    session = conversation.session
    if session.open_maildrop is not None:
        return await connection.receive(session.settings.idle_timeout_s)
    left_s = login_deadline - time.monotonic()
    return await connection.receive(left_s) if left_s > 0 else Signal.TIMED_OUT


async def _farewell(signal: Signal, conversation: Conversation, connection: Connection) -> None:
    """RFC 1939 section 3: an idle session is closed without a word, and nothing is deleted."""
    if signal is Signal.DRAINING:
        await _send(connection, replies.DRAINING)
    elif conversation.session.open_maildrop is None:
        await _send(connection, replies.TOO_SLOW)


async def _answer(conversation: Conversation, connection: Connection) -> None:
    """Answer all that was received, letting other connections run every 2 ms."""
    turn = time.perf_counter()
    while (reply := await conversation.step()) is not None:
        await _send(connection, reply)
        await conversation.sent(reply)
        if conversation.upgrading:
            await connection.start_tls()
            conversation.upgraded(_peer(connection))
        if time.perf_counter() - turn > _TURN_S:
            await asyncio.sleep(0)
            turn = time.perf_counter()


async def _send(connection: Connection, reply: Reply) -> None:
    """Write in chunks, never more ahead of the client than the connection allows."""
    if isinstance(reply, replies.Status) and reply.delay_s:
        await asyncio.sleep(reply.delay_s)
    for chunk in render(reply):
        connection.write(chunk)
        await connection.flush()


def _peer(connection: Connection) -> Peer:
    return Peer(connection.client_address, connection.channel, connection.tls, connection.can_start_tls)
