"""The edge: moves octets between a connection and its conversation, with its timeouts."""

from __future__ import annotations

import asyncio
import socket
import time

from skrytka.plugin_api import Connection, Core, Pace, Signal
from skrytka_lmtp import replies
from skrytka_lmtp.conversation import Conversation
from skrytka_lmtp.replies import render
from skrytka_lmtp.session import Peer, Session
from skrytka_lmtp.settings import LmtpSettings

_FAREWELLS = {Signal.TIMED_OUT: render(replies.TIMED_OUT), Signal.DRAINING: render(replies.DRAINING)}
_TURN_S = 0.002


async def converse(core: Core, settings: LmtpSettings, connection: Connection) -> None:
    """Hold one conversation until either side ends it. A client that goes away is no error.

    Draining lets a mail that is on its way arrive; ``DRAINING`` comes again behind it.
    """
    hostname = core.settings.serve.hostname or socket.gethostname()
    conversation = Conversation(Session(core, settings, hostname, _peer(connection)))
    pace = Pace(settings.idle_timeout_s, settings.least_octets_per_s)
    try:
        connection.write(conversation.greeting())
        while not conversation.closing:
            left_s = pace.left_s
            received = await connection.receive(left_s) if left_s > 0 else Signal.TIMED_OUT
            if received is Signal.WOKEN or (received is Signal.DRAINING and conversation.receiving_mail):
                continue
            if isinstance(received, Signal):
                connection.write(_FAREWELLS[received])
                return
            if not received:
                return
            if conversation.receiving_mail:
                pace.came(len(received))
            conversation.feed(received)
            if await _answer(conversation, connection):
                pace.begin()
    except ConnectionError:
        return
    finally:
        conversation.end()


async def _answer(conversation: Conversation, connection: Connection) -> bool:
    """Answer all that was received, letting other connections run every 2 ms; whether something was to be answered."""
    answered = False
    turn = time.perf_counter()
    while (octets := await conversation.step()) is not None:
        if octets:
            answered = True
            connection.write(octets)
            await connection.flush()
        if conversation.upgrading:
            await connection.start_tls()
            conversation.upgraded(_peer(connection))
        if time.perf_counter() - turn > _TURN_S:
            await asyncio.sleep(0)
            turn = time.perf_counter()
    return answered


def _peer(connection: Connection) -> Peer:
    return Peer(connection.client_address, connection.tls, connection.can_start_tls)
