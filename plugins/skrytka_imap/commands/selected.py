"""Commands of the selected state, but for FETCH and SEARCH. ``uid`` tells the UID form (RFC 3501 section 6.4.8)."""

from __future__ import annotations

from typing import Literal

import msgspec

from skrytka.plugin_api import model
from skrytka_imap.commands.sequence_set import SequenceSet


class Check(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.4.1."""


class Close(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.4.2."""


class Unselect(msgspec.Struct, frozen=True):
    """RFC 3691 section 2."""


class Expunge(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.4.3; ``uids`` makes it the UID EXPUNGE of RFC 4315 section 2.1."""

    uids: SequenceSet | None = None


class Store(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.4.6; ``unchanged_since`` is that of RFC 7162 section 3.1.3."""

    sequence: SequenceSet
    mode: Literal["add", "remove", "replace"]
    flags: model.Flags
    keywords: tuple[str, ...] = ()
    silent: bool = False
    uid: bool = False
    unchanged_since: int | None = None


class Copy(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.4.7."""

    sequence: SequenceSet
    name: str
    uid: bool = False


class Move(msgspec.Struct, frozen=True):
    """RFC 6851 section 3."""

    sequence: SequenceSet
    name: str
    uid: bool = False


class UidBatches(msgspec.Struct, frozen=True):
    """RFC 10022 section 3.1. ``batches`` are the first and the last wanted, as written, from 1, which has the highest UIDs."""

    size: int
    batches: tuple[int, int] | None = None
