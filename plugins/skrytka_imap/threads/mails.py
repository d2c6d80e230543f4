"""The messages to be threaded, in few octets each: folders are large."""

from __future__ import annotations

from array import array

Key = tuple[int, int]
"""The sent date and the place: what siblings are sorted by (RFC 5256 section 2.2)."""


class Mails:
    """In the order of their folder. ``places`` are there, ``sent`` and ``arrived`` dates, ``subjects`` base subjects."""

    def __init__(self) -> None:
        self.places: array[int] = array("L")
        self.sent: array[int] = array("q")
        self.arrived: array[int] = array("q")
        self.subjects: list[bytes] = []
        self.replies = bytearray()

    def __len__(self) -> int:
        return len(self.places)

    def add(self, place: int, sent: int, arrived: int, subject: bytes, *, is_reply: bool) -> None:
        self.places.append(place)
        self.sent.append(sent)
        self.arrived.append(arrived)
        self.subjects.append(subject)
        self.replies.append(is_reply)

    def key(self, mail: int) -> Key:
        return self.sent[mail], self.places[mail]
