"""Octets as they are stored: one octet that says how, then the octets themselves or their zstd frame."""

from __future__ import annotations

import threading

import zstandard

LEVEL = 3
RAW = b"\x00"
ZSTD = b"\x01"
WORTH_TRYING_OCTETS = 256
"""Below this a frame saves next to nothing."""


class Damaged(Exception):
    """Octets that are not what was packed: cut short, or changed by a broken disk."""


class _Contexts(threading.local):
    """zstd contexts are costly to make and may not be shared between threads."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()
        self.checking = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)


_contexts = _Contexts()


def pack(octets: bytes) -> bytes:
    """Compressed where that saves at least an eighth."""
    if len(octets) >= WORTH_TRYING_OCTETS:
        frame = _contexts.compressor.compress(octets)
        if len(frame) < len(octets) - len(octets) // 8:
            return ZSTD + frame
    return RAW + octets


def unpack(packed: bytes | None) -> bytes:
    """``Damaged`` for what is not there or no frame. Raw octets say nothing of themselves: their length is checked elsewhere."""
    if not packed:
        raise Damaged("nothing is there")
    if packed[:1] != ZSTD:
        return packed[1:]
    try:
        return _contexts.decompressor.decompress(memoryview(packed)[1:])
    except zstandard.ZstdError as error:
        raise Damaged(str(error)) from error


def frame(octets: bytes) -> bytes:
    """A zstd frame that has a checksum of what is in it."""
    return _contexts.checking.compress(octets)


def unframe(packed: bytes | memoryview) -> bytes:
    """The octets of a frame; ``Damaged`` for anything else."""
    try:
        return _contexts.decompressor.decompress(packed)
    except zstandard.ZstdError as error:
        raise Damaged(str(error)) from error
