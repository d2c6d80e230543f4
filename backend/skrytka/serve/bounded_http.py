"""HTTP with bounds: uvicorn's protocol limits neither the head of a request, nor its pipeline, nor the time a client takes.

One client without a key could so fill the memory of a worker, or hold all its connections for ever. Here the octets that are
no body are counted before the parser keeps them, and ``Door.sweep`` closes the connections whose client owes something for
too long. A client beyond ``ConnectionLimits`` gets a 503, but probes are answered all the same.
"""

from __future__ import annotations

import asyncio
from collections import deque
from http import HTTPStatus
from typing import Any

import httptools
import msgspec
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from skrytka import metrics
from skrytka.connections import networks, slowness
from skrytka.connections.limits import ConnectionLimits
from skrytka.rest.problems import RETRY_AFTER_S, Problem
from skrytka.settings import Rest

LEAST_OCTETS = 32_768
"""A client that sends a body or reads an answer moves so many in ``rest.idle_timeout_s``, or ends."""

PIPELINED_REQUESTS = 16
RESERVED = 16
"""Connections beyond the limits that may wait for their first request, which may be a probe; the oldest makes room."""

PROBES = frozenset(("/healthz/live", "/healthz/ready"))


class _Refused(Exception):
    """The request is not taken; the parser wraps what its callbacks raise, so the protocol keeps the answer."""


class Door:
    """What the connections of one worker share."""

    def __init__(self, settings: Rest, listener: str) -> None:
        self.settings = settings
        self.listener = listener
        self.limits = ConnectionLimits(settings.max_connections, settings.max_connections_per_address)
        self.open = metrics.CONNECTIONS_OPEN.labels(listener)
        self.accepted = metrics.CONNECTIONS_ACCEPTED.labels(listener)
        self.connections: set[BoundedHttp] = set()
        self.leaving = False
        """The next answer on each connection is its last."""
        self._reserved: deque[BoundedHttp] = deque()

    def enter(self, connection: BoundedHttp, host: str) -> int | None:
        """The connection's entry in the limits; None for one beyond them."""
        self.connections.add(connection)
        self.accepted.inc()
        self.open.inc()
        client = networks.client_key(networks.parse_address(host))
        if not self.limits.enter():
            self._reserve(connection, "connections")
        elif not self.limits.enter_from(client):
            self.limits.leave()
            self._reserve(connection, "connections_per_address")
        else:
            return client
        return None

    def leave(self, connection: BoundedHttp, client: int | None) -> None:
        self.connections.discard(connection)
        self.open.dec()
        if client is not None:
            self.limits.leave_from(client)
            self.limits.leave()
        elif connection in self._reserved:
            self._reserved.remove(connection)

    def sweep(self, now: float) -> None:
        """To be called every second or so."""
        for connection in tuple(self.connections):
            connection.sweep(now)

    def awaits_clients(self, *, all_of_them: bool) -> bool:
        """Whether there are connections; or, not ``all_of_them``, one on which no request has come yet."""
        return any(all_of_them or each.cycle is None for each in self.connections)

    def _reserve(self, connection: BoundedHttp, reason: str) -> None:
        metrics.CONNECTIONS_REFUSED.labels(self.listener, reason).inc()
        self._reserved.append(connection)
        if len(self._reserved) > RESERVED:
            self._reserved.popleft().transport.abort()


class _Pace:
    """Whether octets move: ``moved`` is counted up by its owner."""

    def __init__(self) -> None:
        self.moved = 0
        self._mark = 0
        self._since: float | None = None

    def stands_still(self, now: float, timeout_s: float) -> bool:
        if self._since is None or self.moved - self._mark >= LEAST_OCTETS:
            self._mark, self._since = self.moved, now
        return now - self._since > timeout_s


class BoundedHttp(HttpToolsProtocol):
    """One connection of the REST API."""

    def __init__(self, door: Door, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._door = door
        self._limits = door.settings
        self.timeout_keep_alive = door.settings.keep_alive_s  # type: ignore[assignment]
        self._entry: int | None = None
        self._unparsed = 0
        """Octets since the last of a body, the end of a head or of a request: a head, chunk sizes, trailers."""
        self._progressed = False
        self._head_since: float | None = 0.0
        self._body = _Pace()
        self._in_body = False
        self._reading = _Pace()
        self._refusal: tuple[int, str, str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_since = self.loop.time()
        self._entry = self._door.enter(self, self.client[0] if self.client else "127.0.0.1")
        if self._entry is None:
            self.app = _turned_away(self.app)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.leave(self, self._entry)
        super().connection_lost(exc)
        self.pipeline.clear()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        while data and not self.transport.is_closing():
            room = self._limits.header_octets - self._unparsed
            piece, data = data[:room], data[room:]
            self._progressed = False
            self._feed(piece)
            self._unparsed = 0 if self._progressed else self._unparsed + len(piece)
            if self._unparsed >= self._limits.header_octets:
                self._refuse(431, "header_too_large", f"A head has at most {self._limits.header_octets} octets")

    def _feed(self, piece: bytes) -> None:
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            self._progressed = True  # none is supported: the request was answered as if it had not asked
        except httptools.HttpParserError:
            self._refuse(*(self._refusal or (400, "malformed_request", "This is no HTTP request")))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_since is None:
            self._head_since = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) >= self._limits.header_fields:
            self._refusal = (431, "header_too_large", f"A head has at most {self._limits.header_fields} fields")
            raise _Refused
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= PIPELINED_REQUESTS:
            raise _Refused
        self._progressed = self._in_body = True
        self._head_since = None
        self._body = _Pace()
        super().on_headers_complete()
        if self._entry is None or self._door.leaving:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._progressed = True
        self._body.moved += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._progressed = True
        self._in_body = False
        super().on_message_complete()

    def resume_writing(self) -> None:
        self._reading = _Pace()  # a whole buffer was read
        super().resume_writing()

    def sweep(self, now: float) -> None:
        """Close the connection if its client takes too long; one that is closing is cut if nobody reads the rest."""
        idle_s = self._limits.idle_timeout_s
        unsent = self.transport.get_write_buffer_size()
        self._reading.moved = -unsent
        if not unsent:
            self._reading = _Pace()
        elif self._reading.stands_still(now, idle_s):
            self._too_slow("reading")
            self.transport.abort()
            return
        if self._head_since is not None:
            if now - self._head_since > self._limits.header_timeout_s:
                self._time_out("The head of the request did not come in time")
        elif self._in_body and not self.flow.read_paused and self._body.stands_still(now, idle_s):
            self._time_out("The body of the request did not come in time")

    def _time_out(self, detail: str) -> None:
        if not self.transport.is_closing():
            self._too_slow("sending")
        self._refuse(408, "request_timeout", detail)

    def _too_slow(self, direction: slowness.Direction) -> None:
        slowness.note(self._door.listener, self.client[0] if self.client else "a client", direction)

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answer where an answer is due and nothing of another one is on its way, and close."""
        if self.transport.is_closing():
            return
        unasked = status == 408 and self._head_since is not None and not self._unparsed
        if not (unasked or self.pipeline or (self.cycle is not None and self._is_answering())):
            self.transport.write(_answer(status, code, detail))
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _is_answering(self) -> bool:
        """A head that is wrong has no request of its own yet: the one there is came before it."""
        return not self.cycle.response_complete and (self.cycle.response_started or not self._in_body)


def _answer(status: int, code: str, detail: str) -> bytes:
    head, body = _problem(status, code, detail)
    lines = b"".join(b"%b: %b\r\n" % field for field in head)
    return STATUS_LINE[status] + lines + b"\r\n" + body


def _problem(status: int, code: str, detail: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The fields of the head, and the document."""
    body = msgspec.json.encode(Problem("about:blank", HTTPStatus(status).phrase, status, code, detail))
    head = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        head.append((b"retry-after", b"%d" % RETRY_AFTER_S))
    return head, body


def _turned_away(app: ASGI3Application) -> ASGI3Application:
    """Instead of ``app`` on a connection beyond the limits."""

    async def answer(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "http" and scope["path"] in PROBES:
            await app(scope, receive, send)
            return
        head, body = _problem(
            503, "too_many_connections", "There are too many connections, in all or from this address"
        )
        await send({"type": "http.response.start", "status": 503, "headers": head})
        await send({"type": "http.response.body", "body": body})

    return answer
