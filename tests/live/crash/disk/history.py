"""What the log says of files and folders: each write with the file it went to, each name with the file it was given, and up to
where a file or a folder was synced when."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.live.crash.disk import records
from tests.live.crash.disk.records import Record


@dataclass(eq=False)
class Node:
    """A file or a folder, whatever it is called at the moment. ``mapped``: written through memory, which the log cannot see."""

    is_folder: bool
    mapped: bool = False
    names: dict[str, Node] = field(default_factory=dict)


@dataclass(frozen=True)
class Write:
    """``size`` is that of a truncation; then there are no octets."""

    at: int
    node: Node
    offset: int
    octets: bytes
    size: int | None = None


@dataclass(frozen=True)
class Naming:
    """Names that go and a name that comes, at one stroke: a rename has both. It is durable with ``folder``."""

    at: int
    folder: Node
    removed: tuple[tuple[Node, str], ...]
    added: tuple[tuple[Node, str, Node], ...]


@dataclass(frozen=True)
class Sync:
    """Since ``at`` everything is durable that was asked of the node before ``begun_at``."""

    at: int
    node: Node
    begun_at: int


class History:
    """Built from all records, in order."""

    def __init__(self, log: Iterable[Record]) -> None:
        self.root = Node(is_folder=True)
        self.events: list[Write | Naming | Sync] = []
        self._begun: dict[int, tuple[Node, int]] = {}
        for record in log:
            _TAKE[record.kind](self, record)

    def _find(self, path: str) -> Node | None:
        node: Node | None = self.root
        for name in filter(None, path.split("/")):
            node = node.names.get(name) if node is not None else None
        return node

    def _place(self, path: str) -> tuple[Node, str]:
        folder, name = posixpath.split(path)
        found = self._find(folder)
        assert found is not None, f"nobody made the folder of {path}"
        return found, name

    def _write(self, record: Record) -> None:
        node = self._known(record)
        self.events.append(Write(record.at, node, record.number, record.octets))

    def _truncate(self, record: Record) -> None:
        self.events.append(Write(record.at, self._known(record), 0, b"", record.number))

    def _map(self, record: Record) -> None:
        self._known(record).mapped = True

    def _known(self, record: Record) -> Node:
        node = self._find(record.path)
        assert node is not None, f"nobody made {record.path}"
        return node

    def _sync(self, record: Record) -> None:
        self._begun[record.number] = self._known(record), record.at

    def _synced(self, record: Record) -> None:
        node, begun_at = self._begun.pop(record.number)
        self.events.append(Sync(record.at, node, begun_at))

    def _add(self, record: Record, path: str, node: Node) -> None:
        folder, name = self._place(path)
        folder.names[name] = node
        self.events.append(Naming(record.at, folder, (), ((folder, name, node),)))

    def _create(self, record: Record) -> None:
        self._add(record, record.path, Node(is_folder=False))

    def _mkdir(self, record: Record) -> None:
        self._add(record, record.path, Node(is_folder=True))

    def _link(self, record: Record) -> None:
        self._add(record, record.other, self._known(record))

    def _unlink(self, record: Record) -> None:
        folder, name = self._place(record.path)
        if folder.names.pop(name, None) is not None:  # None: a socket, which is nothing to a disk
            self.events.append(Naming(record.at, folder, ((folder, name),), ()))

    def _rename(self, record: Record) -> None:
        folder, name = self._place(record.path)
        target, new_name = self._place(record.other)
        node = folder.names.pop(name, None)
        if node is not None:
            target.names[new_name] = node
            self.events.append(Naming(record.at, target, ((folder, name),), ((target, new_name, node),)))


_TAKE = {
    records.CREATE: History._create,
    records.WRITE: History._write,
    records.TRUNCATE: History._truncate,
    records.MAP: History._map,
    records.SYNC: History._sync,
    records.SYNCED: History._synced,
    records.RENAME: History._rename,
    records.LINK: History._link,
    records.UNLINK: History._unlink,
    records.MKDIR: History._mkdir,
}
