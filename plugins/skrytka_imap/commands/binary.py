"""Items of FETCH that ask for decoded parts (RFC 3516 section 4.2). ``part`` is empty for the whole mail."""

from __future__ import annotations

import msgspec

from skrytka_imap.commands.partial import Partial


class BinarySection(msgspec.Struct, frozen=True):
    """``BINARY[part]<partial>`` or ``BINARY.PEEK[part]<partial>``; the partial counts decoded octets."""

    part: tuple[int, ...] = ()
    peek: bool = False
    partial: Partial | None = None


class BinarySize(msgspec.Struct, frozen=True):
    """``BINARY.SIZE[part]``"""

    part: tuple[int, ...] = ()
