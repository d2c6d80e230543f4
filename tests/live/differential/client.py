"""A client of either server, that reads answers into structures: lists for parentheses, octets for strings, None for NIL."""

from __future__ import annotations

import re
import socket
from typing import Any

LITERAL = re.compile(rb"\{([0-9]+)\}\r\n\Z")
ATOM = re.compile(rb"(?:BODY\[[^\]]*\](?:<[0-9]+>)?|\\?[^ ()\"{\r\n]+)", re.IGNORECASE)
QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\.)*)"', re.DOTALL)
LITERAL_HERE = re.compile(rb"\{([0-9]+)\}\r\n")


class Client:
    """One session, logged in."""

    def __init__(self, port: int, address: str, password: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self._file = self.socket.makefile("rwb")
        self._tags = 0
        self._line()
        self.ask(f"LOGIN {address} {password}".encode())

    def ask(self, command: bytes) -> list[bytes]:
        """The untagged answers to a command that must succeed."""
        self._tags += 1
        tag = b"t%d " % self._tags
        self._file.write(tag + command + b"\r\n")
        self._file.flush()
        answers = []
        while not (line := self._line()).startswith(tag):
            answers.append(line)
        assert line.startswith(tag + b"OK"), (command, line)
        return answers

    def append(self, mail: bytes) -> None:
        self.ask(b'APPEND INBOX "17-Jul-1996 02:44:25 -0700" {%d+}\r\n%b' % (len(mail), mail))

    def fetch(self, number: int, items: str) -> dict[bytes, Any]:
        """The items of a message by their names."""
        for line in self.ask(f"FETCH {number} ({items})".encode()):
            if line.startswith(b"* %d FETCH " % number):
                values = parsed(line[line.index(b"(") :].rstrip(b"\r\n"))
                return {name.upper(): value for name, value in zip(values[::2], values[1::2], strict=True)}
        raise AssertionError(f"no answer for {number}")

    def search(self, keys: bytes) -> list[int]:
        """The numbers found."""
        answers = self.ask(b"SEARCH " + keys)
        return [int(word) for line in answers if line.startswith(b"* SEARCH") for word in line.split()[2:]]

    def sort(self, criteria: str) -> list[int]:
        """All messages in an order."""
        (answer,) = [line for line in self.ask(f"SORT {criteria} UTF-8 ALL".encode()) if line.startswith(b"* SORT")]
        return [int(word) for word in answer.split()[2:]]

    def thread(self, algorithm: str) -> list[Any]:
        """All messages in threads, as lists in lists."""
        answers = self.ask(f"THREAD {algorithm} UTF-8 ALL".encode())
        (answer,) = [line for line in answers if line.startswith(b"* THREAD")]
        lists: list[Any] = parsed(b"(%b)" % answer.removeprefix(b"* THREAD").strip())
        return lists

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def _line(self) -> bytes:
        line = self._file.readline()
        while literal := LITERAL.search(line):
            line += self._file.read(int(literal[1])) + self._file.readline()
        assert line.endswith(b"\r\n"), line
        return line


def parsed(text: bytes) -> Any:
    """One value of RFC 3501 section 9: a parenthesized list, a string, a number or an atom (both as octets), or NIL."""
    stack: list[list[Any]] = [[]]
    place = 0
    while place < len(text):
        if text[place] == 0x28:
            stack.append([])
            place += 1
        elif text[place] == 0x29:
            stack[-2].append(stack.pop())
            place += 1
        elif text[place] == 0x20:
            place += 1
        elif quoted := QUOTED.match(text, place):
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted[1]))
            place = quoted.end()
        elif literal := LITERAL_HERE.match(text, place):
            place = literal.end() + int(literal[1])
            stack[-1].append(text[literal.end() : place])
        else:
            atom = ATOM.match(text, place)
            assert atom, text[place : place + 40]
            stack[-1].append(None if atom[0].upper() == b"NIL" else atom[0])
            place = atom.end()
    (values,) = stack
    return values[0]
