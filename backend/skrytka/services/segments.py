"""Segments of the search index: the folded texts of some mails, packed, with a filter of the trigrams that occur in them.

A segment has three pieces, so that a search reads no more than it needs: the filter, the headers, the bodies. Headers and
bodies are frames: the version, what it is of, then zstd with a checksum. Unpacked, a frame is a little-endian count, the
content ids, for each of these where its middle and its end lie, and the texts, with octets between them that are no UTF-8.

Pure. Whatever is no frame of this version is ``Damaged``.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from zlib import adler32

import msgspec

from skrytka.mime.texts import SearchTexts
from skrytka.services.packing import Damaged, frame, unframe

HEADERS, BODIES = b"\x01h", b"\x01b"
"""The version, and what a frame is of."""

TRIGRAM = 3
LONGEST_NEEDLE = 64
"""Of a longer one the filters are asked for so many octets."""

BITS_PER_TRIGRAM = 4
SMALLEST_FILTER, LARGEST_FILTER = 64, 65_536
CHECKSUM_OCTETS = 4
"""Octets, powers of two."""

_BETWEEN_TEXTS = b"\xff"
_COUNT_OCTETS, _NUMBER_OCTETS = 4, 8
_MULTIPLIER = 0x9E3779B1
_MASK = 0xFFFFFFFF


class Document(msgspec.Struct, frozen=True):
    """The texts of one content as UTF-8. ``middle`` is where the part headers end and the bodies begin."""

    content_id: int
    header: bytes
    body: bytes
    middle: int

    @property
    def size_octets(self) -> int:
        return len(self.header) + len(self.body)


class Segment(msgspec.Struct, frozen=True):
    """The pieces as they are stored."""

    filter: bytes
    headers: bytes
    bodies: bytes


def document(content_id: int, texts: SearchTexts) -> Document:
    parts, bodies = _joined(texts.part_headers), _joined(texts.bodies)
    return Document(content_id, octets_of(texts.header), parts + bodies, len(parts))


def octets_of(text: str) -> bytes:
    """A text as it lies in a segment, and so as it is looked for there."""
    return text.encode("utf-8", "surrogatepass")


def _joined(texts: Sequence[str]) -> bytes:
    return b"".join([octets_of(text) + _BETWEEN_TEXTS for text in texts])


def pack_segment(documents: Sequence[Document]) -> Segment:
    ids = [one.content_id for one in documents]
    headers = HEADERS + _frame(ids, [0] * len(ids), [one.header for one in documents])
    bodies = BODIES + _frame(ids, [one.middle for one in documents], [one.body for one in documents])
    return Segment(
        _filter(_BETWEEN_TEXTS.join([piece for one in documents for piece in (one.header, one.body)])), headers, bodies
    )


def _frame(ids: Sequence[int], middles: Sequence[int], pieces: Sequence[bytes]) -> bytes:
    bounds: list[int] = []
    at = 0
    for middle, piece in zip(middles, pieces, strict=True):
        bounds += (at + middle, at + len(piece))
        at += len(piece) + 1
    count = len(ids)
    return frame(struct.pack(f"<I{3 * count}Q", count, *ids, *bounds) + _BETWEEN_TEXTS.join(pieces))


class Pages:
    """An unpacked frame. Where its documents lie is worked out when something is found in it: in most frames nothing is."""

    def __init__(self, packed: bytes | None, kind: bytes) -> None:
        if not packed or packed[:2] != kind:
            raise Damaged("no frame of this version")
        self.octets = octets = unframe(memoryview(packed)[2:])
        self._count = count = int.from_bytes(octets[:_COUNT_OCTETS], "little")
        self._start = start = _COUNT_OCTETS + 3 * _NUMBER_OCTETS * count
        if start > len(octets):
            raise Damaged("cut short")
        self._places: tuple[Sequence[int], Sequence[int], Sequence[int]] | None = None

    @property
    def ids(self) -> Sequence[int]:
        return struct.unpack_from(f"<{self._count}Q", self.octets, _COUNT_OCTETS)

    def content_id(self, place: int) -> int:
        at = _COUNT_OCTETS + _NUMBER_OCTETS * place
        return int.from_bytes(self.octets[at : at + _NUMBER_OCTETS], "little")

    def _bounds(self) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
        """Where each document's begin, middle and end are."""
        if self._places is None:
            start, count = self._start, self._count
            numbers = struct.unpack_from(f"<{2 * count}Q", self.octets, _COUNT_OCTETS + _NUMBER_OCTETS * count)
            ends = [start + end for end in numbers[1::2]]
            middles = [start + middle for middle in numbers[::2]]
            self._places = [start, *(end + 1 for end in ends)][:count], middles, ends
        return self._places

    def is_of_those_in(self, other: Pages) -> bool:
        """Whether both are of the same contents, in the same order."""
        end = _COUNT_OCTETS + _NUMBER_OCTETS * self._count
        return self.octets[:end] == other.octets[:end]

    def holding(self, needle: bytes, *, in_bodies: bool = False) -> Iterator[int]:
        """The places of the documents that hold the needle; ``in_bodies``: behind their middle."""
        find = self.octets.find
        at = find(needle, self._start) if self._count else -1
        if at < 0:
            return
        begins, middles, ends = self._bounds()
        while at >= 0:
            place = bisect_right(begins, at) - 1
            middle = middles[place]
            if not in_bodies or at >= middle:
                yield place
                at = ends[place]
            else:
                at = middle - 1
            at = find(needle, at + 1)

    def text(self, place: int) -> str:
        begins, _, ends = self._bounds()
        return self.octets[begins[place] : ends[place]].decode("utf-8", "surrogatepass")


def checksum(octets: bytes | bytearray | memoryview) -> bytes:
    return adler32(octets).to_bytes(CHECKSUM_OCTETS, "little")


def is_sound(filter_: bytes) -> bool:
    """Whether a filter is one, and nothing in it has changed."""
    size = len(filter_) - CHECKSUM_OCTETS
    if size < SMALLEST_FILTER or size & size - 1:
        return False
    return checksum(memoryview(filter_)[:size]) == filter_[size:]


def _filter(octets: bytes) -> bytes:
    """One bit for each trigram. Four octets at a time are taken as one number, at each of four offsets."""
    view = memoryview(octets + b"\xff" * 8)
    grams: set[int] = set()
    for offset in range(4):
        length = (len(view) - offset) // 4 * 4
        grams.update(view[offset : offset + length].cast("I"))
    trigrams = {gram & 0xFFFFFF for gram in grams}
    size = SMALLEST_FILTER
    while size * 8 < BITS_PER_TRIGRAM * len(trigrams) and size < LARGEST_FILTER:
        size *= 2
    bits = bytearray(size)
    shift = 32 - (size * 8).bit_length() + 1
    for trigram in trigrams:
        bit = (trigram * _MULTIPLIER & _MASK) >> shift
        bits[bit >> 3] |= 1 << (bit & 7)
    return bytes(bits) + checksum(bits)


def passing(filters: Sequence[bytes], needles: Sequence[bytes]) -> list[int]:
    """The places of the sound filters that rule none of the needles out; those of less than three octets rule out nothing.

    Each trigram is looked for only where all before it may be: few are left after the first ones.
    """
    by_size: dict[int, list[int]] = {}
    for place, one in enumerate(filters):
        by_size.setdefault(len(one), []).append(place)
    trigrams = {
        int.from_bytes(needle[at : at + TRIGRAM], "little")
        for needle in needles
        for at in range(min(len(needle), LONGEST_NEEDLE) - TRIGRAM + 1)
    }
    found: list[int] = []
    for length, places in by_size.items():
        shift = 32 - ((length - CHECKSUM_OCTETS) * 8).bit_length() + 1
        left = places
        for trigram in trigrams:
            bit = (trigram * _MULTIPLIER & _MASK) >> shift
            octet, mask = bit >> 3, 1 << (bit & 7)
            left = [place for place in left if filters[place][octet] & mask]
        found += left
    return sorted(found)
