"""A line at a time over a plain socket: for tests that say exactly what they send and read exactly what comes."""

from __future__ import annotations

import re
import socket
import time
from typing import Self


class Dialogue:
    """One connection. Every wait is bounded; a wait that ends early fails the test with what came instead."""

    def __init__(self, port: int, timeout_s: float = 20.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        self.timeout_s = timeout_s
        self._buffer = bytearray()
        self._tag = 0

    def send(self, text: str | bytes) -> None:
        octets = text.encode() if isinstance(text, str) else text
        self.socket.sendall(octets + b"\r\n")

    def line(self, timeout_s: float | None = None) -> bytes:
        """The next line without its line end."""
        while b"\n" not in self._buffer:
            self._fill(self.timeout_s if timeout_s is None else timeout_s)
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        return line.removesuffix(b"\r")

    def octets(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._fill(self.timeout_s)
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def octets_until(self, end: bytes) -> bytes:
        """All that comes up to ``end``, after which the server waits for the client."""
        while not self._buffer.endswith(end):
            self._fill(self.timeout_s)
        return self.octets(len(self._buffer))

    def until(self, wanted: bytes, timeout_s: float) -> list[bytes]:
        """Lines up to and with the first that is ``wanted``."""
        lines: list[bytes] = []
        deadline = time.monotonic() + timeout_s
        while wanted not in lines:
            assert time.monotonic() < deadline, f"no {wanted!r} within {timeout_s} s, but {lines}"
            lines.append(self.line(deadline - time.monotonic()))
        return lines

    def until_tagged(self, tag: bytes) -> bytes:
        """The line with this tag; what comes untagged before it is skipped."""
        while not (line := self._line_with_literals()).startswith(tag + b" "):
            assert line.startswith(b"* "), line
        return line

    def rest(self) -> list[bytes]:
        """All lines until the server closes. A connection that it resets fails the test."""
        self.socket.settimeout(self.timeout_s)
        while octets := self.socket.recv(65536):
            self._buffer += octets
        lines, self._buffer = bytes(self._buffer).split(b"\r\n"), bytearray()
        assert lines.pop() == b"", lines
        return lines

    def command(self, text: str, status: str = "OK") -> list[bytes]:
        """Send an IMAP command; its untagged lines, literals joined in, after the tagged one has the status."""
        self._tag += 1
        tag = f"t{self._tag}".encode()
        self.send(tag + b" " + text.encode())
        lines: list[bytes] = []
        while True:
            line = self._line_with_literals()
            if line.startswith(tag + b" "):
                assert line.startswith(tag + b" " + status.encode()), (text, line, lines)
                return lines
            lines.append(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def _line_with_literals(self) -> bytes:
        line = self.line()
        while literal := re.search(rb"\{([0-9]+)\}$", line):
            line += b"\r\n" + self.octets(int(literal[1])) + self.line()
        return line

    def _fill(self, timeout_s: float) -> None:
        self.socket.settimeout(max(timeout_s, 0.01))
        octets = self.socket.recv(65536)
        assert octets, f"the server closed; left over: {bytes(self._buffer)!r}"
        self._buffer += octets
