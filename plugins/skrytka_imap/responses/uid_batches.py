"""UIDBATCHES: one line, however long, so that it is written in parts.

RFC 10022 section 4:

uidbatches-response = "UIDBATCHES" search-correlator [SP uid-range *("," uid-range)]
"""

from __future__ import annotations


def uid_batches_head(tag: bytes) -> bytes:
    """Up to the ranges. RFC 4466 section 2.6.2: search-correlator = SP "(" "TAG" SP tag-string ")"; a tag needs no escapes."""
    return b'* UIDBATCHES (TAG "%b")' % tag


def uid_batch(highest: int, lowest: int) -> bytes:
    """uid-range = (uniqueid ":" uniqueid), the higher UID first, also for one message"""
    return b"%d:%d" % (highest, lowest)
