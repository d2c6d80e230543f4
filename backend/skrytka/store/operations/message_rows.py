"""Rows of the tables ``message`` and ``expunged`` as ``MessageRow``."""

from __future__ import annotations

from skrytka.model import Flags, MessageRow
from skrytka.store.interface import Row

COLUMNS = "uid, flags, keywords, modseq, internal_date, saved_at, size, content_id"

FLAGS = tuple(Flags(value) for value in range(32))
"""Every combination of flags, ready made: calling the enum costs more than reading the row."""


def message_row(row: Row) -> MessageRow:
    """A row that starts with ``COLUMNS``."""
    uid, flags, keywords, modseq, internal_date, saved_at, size, content_id = row[:8]
    names = tuple(keywords.split(" ")) if keywords else ()
    return MessageRow(uid, FLAGS[flags], names, modseq, internal_date, saved_at, size, content_id)
