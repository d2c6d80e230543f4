"""The states in which a power cut may leave the disk.

What was synced is there. Each write and each name that was not synced may be there or not, whatever came before or after it;
a write may be there in part, in sectors; and a file may have its length already but zeros in place of its octets. That is what
POSIX leaves open, and more than most file systems make of it: a program that stands this stands them all. Only two things are
taken for granted: a rename happens at one stroke, and a write harms no octets beside its own (SQLite counts on both).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.crash.disk.history import History, Naming, Node, Sync, Write

_SECTOR = 512


@dataclass(frozen=True)
class Fate:
    """With what probability a name, and a write, that was not synced survives; ``grown``: lost writes leave zeros behind."""

    name: str
    names: float
    writes: float
    torn: bool = False
    grown: bool = False


NOTHING = Fate("only what was synced", 0, 0)
EVERYTHING = Fate("all that was asked for", 1, 1)
FATES = (
    NOTHING,
    EVERYTHING,
    Fate("names without octets", 1, 0),
    Fate("names without octets, but with zeros", 1, 0, grown=True),
    Fate("octets without names", 0, 1),
    Fate("some of both", 0.5, 0.5),
    Fate("some of both, torn", 0.5, 0.5, torn=True),
    Fate("much of both, torn, with zeros", 0.8, 0.8, torn=True, grown=True),
)


@dataclass
class _File:
    octets: bytearray = field(default_factory=bytearray)

    def put(self, offset: int, octets: bytes) -> None:
        self.reach(offset + len(octets))
        self.octets[offset : offset + len(octets)] = octets

    def reach(self, size: int) -> None:
        self.octets.extend(bytes(max(0, size - len(self.octets))))

    def cut(self, size: int) -> None:
        self.reach(size)
        del self.octets[size:]


class Disk:
    """The disk as it is after a power cut at a place in the log."""

    def __init__(self, history: History, at: int, fate: Fate, dice: random.Random) -> None:
        self._root = history.root
        self._fate = fate
        self._dice = dice
        self._names: defaultdict[Node, dict[str, Node]] = defaultdict(dict)
        self._files: defaultdict[Node, _File] = defaultdict(_File)
        events = [event for event in history.events if event.at <= at]
        synced: dict[Node, int] = {}
        for event in events:
            if isinstance(event, Sync):
                synced[event.node] = max(event.begun_at, synced.get(event.node, 0))
        for event in events:
            if isinstance(event, Write):
                self._write(event, durable=event.at <= synced.get(event.node, -1))
            elif isinstance(event, Naming):
                self._name(event, durable=event.at <= synced.get(event.folder, -1))

    def _name(self, event: Naming, *, durable: bool) -> None:
        if not durable and self._dice.random() >= self._fate.names:
            return
        for folder, name in event.removed:
            self._names[folder].pop(name, None)
        for folder, name, node in event.added:
            self._names[folder][name] = node

    def _write(self, event: Write, *, durable: bool) -> None:
        file = self._files[event.node]
        if event.size is not None:
            if durable or self._dice.random() < self._fate.writes:
                file.cut(event.size)
            return
        if durable:
            file.put(event.offset, event.octets)
            return
        for start, part in self._parts(event.octets):
            if self._dice.random() < self._fate.writes:
                file.put(event.offset + start, part)
        if self._fate.grown:
            file.reach(event.offset + len(event.octets))

    def _parts(self, octets: bytes) -> Iterator[tuple[int, bytes]]:
        step = _SECTOR if self._fate.torn else max(len(octets), 1)
        for start in range(0, len(octets), step):
            yield start, octets[start : start + step]

    def tree(self) -> dict[str, Node]:
        """Every file and folder by its path."""
        found: dict[str, Node] = {}
        left = [("", self._root)]
        while left:
            path, folder = left.pop()
            for name, node in self._names[folder].items():
                below = f"{path}/{name}".lstrip("/")
                found[below] = node
                if node.is_folder:
                    left.append((below, node))
        return found

    def octets(self, node: Node) -> bytes:
        return bytes(self._files[node].octets)

    def put_into(self, folder: Path) -> None:
        """Make the files and folders there."""
        folder.mkdir(parents=True)
        for path, node in sorted(self.tree().items()):
            if node.is_folder:
                (folder / path).mkdir()
            else:
                (folder / path).write_bytes(self.octets(node))
